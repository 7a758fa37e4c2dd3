import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.network.blas import Gemm
from stages.network.parallel import MIN_FLOPS, divide_rows, one_thread, run


@given(st.integers(1, 3000), st.floats(0, 1e12))
def test_the_parts_are_all_rows_in_order(n_rows: int, n_flops: float) -> None:
    parts = divide_rows(n_rows, n_flops)
    assert len(parts) <= 2
    assert (parts[0].start, parts[-1].stop) == (0, n_rows)
    assert all(one.stop == other.start for one, other in pairwise(parts))
    assert all(part.stop > part.start for part in parts)


@given(st.integers(1, 3000))
def test_small_work_is_not_divided(n_rows: int) -> None:
    assert divide_rows(n_rows, MIN_FLOPS / 2) == [slice(0, n_rows)]


def test_large_work_is_divided_unless_it_has_too_few_rows() -> None:
    assert len(divide_rows(800, MIN_FLOPS)) == 2
    assert len(divide_rows(4, 1e12)) == 1


def test_the_second_part_is_the_smaller_one_and_almost_half_of_large_work() -> None:
    middles = [divide_rows(800, n_flops)[1].start for n_flops in (MIN_FLOPS, 4 * MIN_FLOPS, 1e12)]
    assert middles == [480, 420, 400]


def test_the_second_task_runs_in_another_thread_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=30)
    names: list[str] = []

    def task() -> None:
        meet.wait()
        names.append(threading.current_thread().name)

    run([task, task])
    assert len(set(names)) == 2


@pytest.mark.parametrize("broken", [0, 1])
def test_an_error_of_either_task_is_raised_after_both_are_done(broken: int) -> None:
    done = []

    def task(index: int) -> None:
        if index == broken:
            raise ZeroDivisionError
        done.append(index)

    with pytest.raises(ZeroDivisionError):
        run([lambda: task(0), lambda: task(1)])
    assert done == [1 - broken]


@pytest.mark.parametrize("shape", [(800, 785, 128), (400, 785, 64), (801, 333, 100)])
def test_a_divided_product_is_that_of_all_rows(shape: tuple[int, int, int]) -> None:
    m, k, n = shape
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((m, k), np.float32), rng.standard_normal((k, n), np.float32)
    whole, divided = np.empty((m, n), np.float32), np.empty((m, n), np.float32)
    Gemm(a, b, whole)()
    parts = divide_rows(m, 2 * m * k * n)
    assert len(parts) == 2
    run([Gemm(a[rows], b, divided[rows]) for rows in parts])
    np.testing.assert_allclose(divided, whole, rtol=1e-4, atol=1e-4)


def test_tasks_stay_in_a_thread_that_shares_the_machine_with_other_networks() -> None:
    names: list[str] = []
    with one_thread():
        run([lambda: names.append(threading.current_thread().name)] * 2)
    assert names == [threading.current_thread().name] * 2


def test_second_thread_is_silent_about_overflow() -> None:
    state: dict[str, object] = {}
    run([lambda: None, lambda: state.update(np.geterr())])
    assert set(state.values()) == {"ignore"}
