import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.network.dense import matmul
from stages.network.parallel import MIN_FLOPS, divide, one_thread, run_both
from tests.helpers.commands import HANGS_AFTER


@given(st.integers(1, 3000), st.floats(MIN_FLOPS, 1e12))
def test_the_parts_are_all_in_order(length: int, n_flops: float) -> None:
    first, second = divide(length, n_flops)
    assert (first.start, second.stop) == (0, length)
    assert first.stop == second.start


def test_the_second_part_is_the_smaller_one_and_almost_half_of_large_work() -> None:
    middles = [divide(800, n_flops)[1].start for n_flops in (MIN_FLOPS, 4 * MIN_FLOPS, 1e12)]
    assert middles == [480, 416, 400]


def test_the_second_task_runs_in_another_thread_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=HANGS_AFTER)
    names: list[str] = []

    def task() -> None:
        meet.wait()
        names.append(threading.current_thread().name)

    run_both(task, task)
    assert len(set(names)) == 2


@pytest.mark.parametrize("broken", [0, 1])
def test_an_error_of_either_task_is_raised_after_both_are_done(broken: int) -> None:
    done = []

    def task(index: int) -> None:
        if index == broken:
            raise ZeroDivisionError
        done.append(index)

    with pytest.raises(ZeroDivisionError):
        run_both(lambda: task(0), lambda: task(1))
    assert done == [1 - broken]


@pytest.mark.parametrize("shape", [(800, 785, 128), (64, 784, 400), (801, 333, 100)])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_divided_product_is_that_of_the_whole(
    shape: tuple[int, int, int], transposed: bool
) -> None:
    m, k, n = shape
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((m, k), np.float32), rng.standard_normal((k, n), np.float32)
    if transposed:
        a, b = np.ascontiguousarray(a.T).T, np.ascontiguousarray(b.T).T
    assert 2 * m * k * n > MIN_FLOPS
    out = np.empty((m, n), np.float32)
    assert matmul(a, b, out) is out
    np.testing.assert_allclose(out, a @ b, rtol=1e-4, atol=1e-4)


def test_tasks_stay_in_a_thread_that_shares_the_machine_with_other_networks() -> None:
    names: list[str] = []
    with one_thread():
        run_both(*[lambda: names.append(threading.current_thread().name)] * 2)
    assert names == [threading.current_thread().name] * 2


def test_second_thread_is_silent_about_overflow() -> None:
    state: dict[str, object] = {}
    run_both(lambda: None, lambda: state.update(np.geterr()))
    assert set(state.values()) == {"ignore"}
