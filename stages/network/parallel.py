"""Work that two threads share: the rows of a layer, half of them each.

A thread that has nothing to do sleeps, so that a machine with one free core, or with other work,
only loses the time of handing over. Whether work is divided depends on its size alone and not on
the machine: dividing it otherwise could change the last digits of the results.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

# Floating-point operations below which handing over to the other thread (50 to 100 microseconds)
# costs more than it gains: a product that one thread computes in about a third of a millisecond.
MIN_FLOPS = 30e6
# Each half is a multiple of this many rows, as BLAS's kernels work on.
_ROW_BLOCK = 16

# Overflow is found by the loss, as in the thread that trains.
_SECOND_THREAD = ThreadPoolExecutor(1, "second", partial(np.seterr, all="ignore"))


def divide_rows(n_rows: int, n_flops: float) -> list[slice]:
    """Divide the rows of an array for one thread, or for two where there is enough to do.

    Parameters
    ----------
    n_rows
        Number of rows, at least 1.
    n_flops
        Floating-point operations that all rows together take.

    Returns
    -------
    list of slice
        One or two, which together are all rows.
    """
    middle = -(-n_rows // (2 * _ROW_BLOCK)) * _ROW_BLOCK
    if n_flops < MIN_FLOPS or middle >= n_rows:
        return [slice(0, n_rows)]
    return [slice(0, middle), slice(middle, n_rows)]


def run(tasks: Sequence[Callable[[], None]]) -> None:
    """Run one or two tasks, the second in the other thread, and wait for both."""
    first, *others = tasks
    futures = [_SECOND_THREAD.submit(task) for task in others]
    try:
        first()
    finally:
        for future in futures:
            future.result()
