"""Answers in words: a class and its probability, "not sure", or the best guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Doubt = Literal["not sure", "no digit"]
UNLIKE = "unlike the training images"


@dataclass(frozen=True)
class Answer:
    """What a network says of one image.

    Attributes
    ----------
    probabilities
        Of each class, (classes,).
    doubt
        Why the most likely class is not to be relied on; None if it is.
    """

    probabilities: np.ndarray
    doubt: Doubt | None

    @property
    def predicted(self) -> int:
        """Index of the most likely class."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Probability of the most likely class."""
        return float(self.probabilities.max())

    def text(self, classes: Sequence[str]) -> str:
        """Return the answer in words, with these names of the classes."""
        if self.doubt == "no digit":
            return f"best guess: {classes[self.predicted]}, but {UNLIKE}"
        if self.doubt is None:
            return f"{classes[self.predicted]}, {self.confidence:.1%} sure"
        if self.confidence == self.probabilities.min():
            return "not sure"  # all outputs are 0
        first, second = np.argsort(-self.probabilities, kind="stable")[:2]
        return (
            f"not sure: {classes[first]} or {classes[second]},"
            f" {self.probabilities[first]:.1%} and {self.probabilities[second]:.1%}"
        )


def answers(probabilities: np.ndarray, is_unsure: np.ndarray, is_novel: np.ndarray) -> list[Answer]:
    """Make the answer for each image.

    Parameters
    ----------
    probabilities
        (n, classes).
    is_unsure, is_novel
        bool, (n,): the most likely class is not likely enough; the image is like none known.
    """
    doubts: list[Doubt | None] = [
        "no digit" if novel else "not sure" if unsure else None
        for unsure, novel in zip(is_unsure, is_novel, strict=True)
    ]
    return [Answer(*both) for both in zip(probabilities, doubts, strict=True)]
