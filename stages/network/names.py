"""Names that parameters can have; without NumPy, so that `--help` is quick."""

from typing import Literal

ActivationName = Literal["sigmoid", "tanh", "relu", "leaky_relu"]
InitialisationName = Literal["suited", "normal"]
OptimizerName = Literal["sgd", "nesterov", "adam"]
LossName = Literal["squared_error", "cross_entropy"]
ScheduleName = Literal["constant", "linear", "cosine"]
