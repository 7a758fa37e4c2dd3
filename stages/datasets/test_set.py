"""Chooses the images for testing where nothing tells which they are."""

from collections.abc import Sequence


def choose_test(classes: Sequence[object], digests: Sequence[bytes], fraction: float) -> list[bool]:
    """Choose the images for testing by what they hold, so that adding some moves few others.

    Parameters
    ----------
    classes, digests
        The class of each image, and a hash of it.
    fraction
        Fraction of each class that is for testing.

    Returns
    -------
    list of bool
        Whether an image is for testing.
    """
    by_class: dict[object, list[bytes]] = {}
    for name, digest in zip(classes, digests, strict=True):
        by_class.setdefault(name, []).append(digest)
    chosen = {
        digest
        for found in by_class.values()
        for digest in sorted(found)[: count_test(len(found), fraction)]
    }
    return [digest in chosen for digest in digests]


def count_test(n: int, fraction: float) -> int:
    """Count the test images among `n`: at least one, and one at least is left."""
    return min(n - 1, max(1, round(fraction * n)))
