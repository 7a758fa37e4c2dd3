"""Work that two threads share, about half of it each.

A thread that has nothing to do sleeps, so that a machine with one free core, or with other work,
only loses the time of handing over. Whether work is divided depends on its size alone and not
on the machine: dividing it otherwise could change the last digits of the results.
"""

from collections.abc import Callable, Iterator
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
# The first part is a multiple of this many rows or columns, as BLAS's kernels work on.
_BLOCK = 8
_this_thread = local()


def divide(length: int, n_flops: float) -> tuple[slice, slice]:
    """Divide an axis for two threads; the second part is smaller, since its thread starts late.

    Parameters
    ----------
    length
        Length of the axis, at least 1.
    n_flops
        Floating-point operations that the whole takes.
    """
    share = (n_flops + _WAKE_UP_FLOPS) / (2 * n_flops)
    middle = min(length, round(length * share / _BLOCK) * _BLOCK)
    return slice(0, middle), slice(middle, length)


def run_both(first: Task, second: Task) -> None:
    """Run two tasks, the second in the other thread, and wait for both.

    Parameters
    ----------
    first, second
        Functions that write to arrays, neither to what the other uses.

    Raises
    ------
    BaseException
        What a task raised, when both are done.
    """
    if getattr(_this_thread, "is_alone", False):
        first()
        second()
        return
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    _second_thread().put((second, done))
    try:
        first()
    finally:
        error = done.get()
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
