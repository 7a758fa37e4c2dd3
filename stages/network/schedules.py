"""Learning rate schedules: how the learning rate falls from its initial value towards 0."""

import math
from collections.abc import Callable

from stages.network.names import ScheduleName

# Factor of the initial learning rate, 1 to 0, by the fraction of training that is done, 0 to 1.
# Cosine: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
SCHEDULES: dict[ScheduleName, Callable[[float], float]] = {
    "constant": lambda fraction_done: 1.0,
    "linear": lambda fraction_done: 1 - fraction_done,
    "cosine": lambda fraction_done: (1 + math.cos(math.pi * fraction_done)) / 2,
}
