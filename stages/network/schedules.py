"""Learning-rate schedules: how the rate falls from its first value towards 0."""

import math
from collections.abc import Callable

from stages.network.names import ScheduleName

# Each gives the part of the first rate that is left, 1 to 0, when a part of the way, 0 to 1, is
# done. Cosine: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
SCHEDULES: dict[ScheduleName, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "linear": lambda done: 1 - done,
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
}
