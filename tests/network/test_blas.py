import subprocess
import sys
from collections.abc import Callable, Iterator

import hypothesis.extra.numpy as st_numpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.network import blas
from stages.network.blas import Axpy, Gemm

SIDES = st.integers(1, 7)


@pytest.fixture(params=["by ctypes", "by NumPy"], scope="module")
def routines(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test with BLAS's routines, and without them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        if request.param == "by NumPy":
            monkeypatch.setattr(blas, "_ROUTINES", {})
        yield


@given(
    st.tuples(SIDES, SIDES, SIDES),
    st.sampled_from([np.float32, np.float64]),
    st.tuples(*[st.sampled_from([np.asarray, np.asfortranarray, lambda x: padded(x)])] * 2),
    st.sampled_from([0.0, 0.9, 1.0]),
    st.integers(0, 2**32 - 1),
)
def test_product_equals_numpys(
    routines: None,
    shape: tuple[int, int, int],
    dtype: type,
    layouts: tuple[Callable[[np.ndarray], np.ndarray], ...],
    beta: float,
    seed: int,
) -> None:
    m, k, n = shape
    rng = np.random.default_rng(seed)
    a: np.ndarray = rng.standard_normal((m, k)).astype(dtype)
    b: np.ndarray = rng.standard_normal((k, n)).astype(dtype)
    out: np.ndarray = rng.standard_normal((m, n)).astype(dtype)
    expected = a @ b + beta * out
    Gemm(layouts[0](a), layouts[1](b), out, beta)()
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)


def padded(array: np.ndarray) -> np.ndarray:
    """Return the same numbers as the first columns of a wider array."""
    return np.pad(array, ((0, 0), (0, 3)))[:, : array.shape[1]]


@given(st_numpy.arrays(np.float32, (4, 6), elements=st.floats(-9, 9, width=32)))
def test_without_beta_the_old_output_is_ignored(routines: None, a: np.ndarray) -> None:
    out = np.full((4, 4), np.nan, np.float32)
    Gemm(a, a.T, out)()
    assert np.isfinite(out).all()


def test_prepared_product_reads_its_arrays_at_each_call(routines: None) -> None:
    a, b, out = (np.ones((2, 2), np.float32) for _ in range(3))
    product = Gemm(a, b, out, beta=1.0)
    product()
    np.testing.assert_array_equal(out, 3)
    a[:] = 2
    product()
    np.testing.assert_array_equal(out, 7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_axpy_adds_a_multiple(routines: None, dtype: type) -> None:
    x: np.ndarray = np.arange(6, dtype=dtype).reshape(2, 3)
    y: np.ndarray = np.ones((2, 3), dtype)
    add = Axpy(x, y)
    add(-0.5)
    add(0.25)
    np.testing.assert_allclose(y, 1 - 0.25 * x)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        (np.ones((2, 3)), np.ones((4, 5)), np.ones((2, 5))),
        (np.ones((2, 3)), np.ones((3, 5)), np.ones((2, 4))),
        (np.ones((2, 3)), np.ones((3, 5)), np.ones((5, 2)).T),
        (np.ones((2, 3), np.float32), np.ones((3, 5)), np.ones((2, 5))),
        (np.ones((2, 3)), np.ones((3, 5, 1)), np.ones((2, 5))),
        (np.ones((2, 3)), np.ones(3), np.ones((2, 1))),
        (np.ones((2, 3), int), np.ones((3, 5), int), np.ones((2, 5), int)),
        (np.ones((2, 3)), np.ones((3, 5)), np.broadcast_to(np.ones((2, 5)), (2, 5))),
        (np.ones((4, 6))[::2, ::2], np.ones((3, 5)), np.ones((2, 5))),
        (np.ones((2, 6))[:, ::-2], np.ones((3, 5)), np.ones((2, 5))),
    ],
)
def test_arrays_that_do_not_fit_are_refused(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"does not go into|in C order|two dimensions"):
        Gemm(a, b, out)


def test_axpy_refuses_arrays_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="one shape and type"):
        Axpy(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="one shape and type"):
        Axpy(np.ones((2, 4))[:, ::2], np.ones((2, 2)))


def test_blas_has_one_thread_whatever_the_environment_says() -> None:
    code = (
        "import stages.network.blas, threadpoolctl;"
        "print({info['num_threads'] for info in threadpoolctl.threadpool_info()"
        " if info['user_api'] == 'blas'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{1}"
