"""What every page says of a model."""

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
