"""Work that two threads share: the rows of a layer, about half of them each.

A thread that has nothing to do sleeps, so that a machine with one free core, or with other work,
only loses the time of handing over. Whether work is divided depends on its size alone and not on
the machine: dividing it otherwise could change the last digits of the results.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from queue import SimpleQueue
from threading import Thread, local

import numpy as np

Task = Callable[[], object]

# Floating-point operations below which handing over to the other thread (30 to 100 microseconds)
# costs more than it gains: a product that one thread computes in a sixth of a millisecond.
MIN_FLOPS = 15e6
# Floating-point operations that the first thread computes while the second wakes up: the second
# gets so many fewer, or the first would wait for it.
_WAKE_UP_FLOPS = 3e6
# The first part is a multiple of this many rows, as BLAS's kernels work on.
_ROW_BLOCK = 4
_this_thread = local()


def divide_rows(n_rows: int, n_flops: float) -> list[slice]:
    """Divide the rows of an array for one thread, or for two where there is enough to do.

    The second part is the smaller one: its thread starts late.

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
    middle = n_rows
    if n_flops >= MIN_FLOPS:
        first_share = (n_flops + _WAKE_UP_FLOPS) / (2 * n_flops)
        middle = max(1, round(n_rows * first_share / _ROW_BLOCK)) * _ROW_BLOCK
    if middle >= n_rows:
        return [slice(0, n_rows)]
    return [slice(0, middle), slice(middle, n_rows)]


def run(tasks: Sequence[Task]) -> None:
    """Run one or two tasks, the second in the other thread, and wait for both.

    Parameters
    ----------
    tasks
        Functions that write to arrays, neither to what the other uses.

    Raises
    ------
    BaseException
        What a task raised, when both are done.
    """
    if len(tasks) == 1 or getattr(_this_thread, "is_alone", False):
        for task in tasks:
            task()
        return
    first, *others = tasks
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for task in others:
        _second_thread().put((task, done))
    try:
        first()
    finally:
        errors = [done.get() for _ in others]
    for error in errors:
        if error:
            raise error


@contextmanager
def one_thread() -> Iterator[None]:
    """Run all tasks in this thread within the block: other networks keep the other cores busy."""
    _this_thread.is_alone = True
    try:
        yield
    finally:
        _this_thread.is_alone = False


# Two queues, and not a ThreadPoolExecutor: its futures take twice as long to hand over.
@cache
def _second_thread() -> "SimpleQueue[tuple[Task, SimpleQueue[BaseException | None]]]":
    """Start the thread, and return the queue from which it takes tasks."""
    tasks: SimpleQueue[tuple[Task, SimpleQueue[BaseException | None]]] = SimpleQueue()

    def work() -> None:
        np.seterr(all="ignore")  # overflow is found by the loss, as in the thread that trains
        while True:
            task, done = tasks.get()
            try:
                task()
            except BaseException as error:
                done.put(error)
            else:
                done.put(None)

    Thread(target=work, name="second", daemon=True).start()
    return tasks
