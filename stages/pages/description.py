"""What every page says of a model, and of its training."""

from collections.abc import Mapping

import numpy as np

from stages.classifier.model_file import Model


def describe_model(model: Model) -> dict[str, object]:
    """Return what every page says of a model, as JSON can hold it."""
    first = model.ensemble.networks[0]
    return {
        "dataset": model.dataset,
        "classes": model.classes,
        "ensembleSize": len(model.ensemble.networks),
        "sizes": first.sizes,
        "activation": first.activation,
        "loss": first.loss_name,
    }


def describe_history(history: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
    """Return the columns of `history.csv`; those without a value, such as of validation, not."""
    return {name: rows.tolist() for name, rows in history.items() if not np.isnan(rows).any()}
