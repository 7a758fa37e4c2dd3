"""The lab: an HTML file that trains networks on some images of a dataset."""

from collections.abc import Sequence

import numpy as np

from stages.pages.encoding import compress, to_base64
from stages.pages.html import assemble

MAX_TRAIN_IMAGES, MAX_TEST_IMAGES = 2000, 500
# Bytes of text for all images, in a page of 1.5 MB at most.
_MAX_BYTES = 1_350_000

Split = tuple[np.ndarray, np.ndarray]


def render(dataset: str, classes: Sequence[str], train: Split, test: Split) -> str:
    """Return the page as HTML that makes no network requests.

    Parameters
    ----------
    dataset
        Name of the dataset.
    classes
        Names of its classes.
    train, test
        Images, uint8, (n, rows, columns), and labels, (n,). The page has up to `MAX_TRAIN_IMAGES`
        and `MAX_TEST_IMAGES` of them, fewer where these do not fit.
    """
    scale = 1.0
    while True:
        splits = {
            "train": _encode(*train, round(scale * MAX_TRAIN_IMAGES)),
            "test": _encode(*test, round(scale * MAX_TEST_IMAGES)),
        }
        if sum(len(split["images"]) for split in splits.values()) <= _MAX_BYTES:
            break
        scale *= 0.9
    shape = {"rows": train[0].shape[1], "columns": train[0].shape[2]}
    return assemble("lab.html", {"dataset": dataset, "classes": classes, **shape, **splits})


def _encode(images: np.ndarray, labels: np.ndarray, n: int) -> dict[str, str]:
    """Encode n images from all over the file, which may be sorted by class; or all, if fewer."""
    indices = np.unique(np.linspace(0, len(images) - 1, n).astype(int))
    return {"images": compress(images[indices]), "labels": to_base64(labels[indices], "u1")}
