"""The words in which a network is asked for; apart from NumPy, so that `--help` is quick."""

from typing import Literal

ActivationName = Literal["sigmoid", "relu"]
LossName = Literal["squared_error", "cross_entropy"]
ScheduleName = Literal["constant", "linear", "cosine"]
