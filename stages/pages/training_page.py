"""The page of a training that goes on: its learning curves, loaded anew until it is over."""

from collections.abc import Mapping

import numpy as np

from stages.pages.description import describe_history
from stages.pages.html import assemble


def render(history: Mapping[str, np.ndarray], n_epochs: int) -> str:
    """Return the page as HTML that makes no network requests.

    Parameters
    ----------
    history
        The columns of `history.csv`, so far.
    n_epochs
        Number of epochs at the end.
    """
    data = {"history": describe_history(history), "nEpochs": n_epochs}
    return assemble("training.html", data)
