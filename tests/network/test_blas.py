import hypothesis.extra.numpy as st_numpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.network.blas import gemm

SIDES = st.integers(1, 7)


@given(
    st.tuples(SIDES, SIDES, SIDES),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 0.9, 1.0]),
    st.integers(0, 2**32 - 1),
)
def test_product_is_numpys(shape, dtype, turn_left, turn_right, keep, seed):
    rows, inner, columns = shape
    rng = np.random.default_rng(seed)
    left, right, out = (
        rng.standard_normal(shape).astype(dtype)
        for shape in ((rows, inner), (inner, columns), (rows, columns))
    )
    expected = left @ right + keep * out
    left = np.asfortranarray(left) if turn_left else left
    right = np.asfortranarray(right) if turn_right else right
    gemm(left, right, out, keep)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)


@given(st_numpy.arrays(np.float32, (4, 6), elements=st.floats(-9, 9, width=32)))
def test_nothing_is_kept_where_nothing_is_asked_to_be(left):
    out = np.full((4, 4), np.nan, np.float32)
    gemm(left, left.T, out)
    assert np.isfinite(out).all()


@pytest.mark.parametrize(
    ("left", "right", "out"),
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
    ],
)
def test_what_does_not_fit_is_refused(left, right, out):
    with pytest.raises(ValueError, match=r"does not go into|neither in C order"):
        gemm(left, right, out)
