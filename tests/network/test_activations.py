import warnings

import hypothesis.extra.numpy as st_numpy
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.network.activations import ACTIVATIONS
from stages.network.losses import CrossEntropy

FLOATS = st_numpy.arrays(
    np.float32, st.integers(1, 20), elements=st.floats(allow_nan=False, width=32)
)


@given(FLOATS)
def test_sigmoid_is_exact_and_never_warns(pre_activations: np.ndarray) -> None:
    values = pre_activations.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ACTIVATIONS["sigmoid"].forward(values)
    assert ((values >= 0) & (values <= 1)).all()
    exact = [1 / (1 + np.exp(-min(max(x, -700.0), 700.0))) for x in pre_activations.astype(float)]
    np.testing.assert_allclose(values, exact, atol=1e-6)


@given(FLOATS)
def test_relu_keeps_positive_values(pre_activations: np.ndarray) -> None:
    values = pre_activations.copy()
    ACTIVATIONS["relu"].forward(values)
    np.testing.assert_array_equal(values, [max(x, 0) for x in pre_activations])


@given(
    st_numpy.arrays(
        np.float32, (3, 4), elements=st.floats(-(2.0**100), 2.0**100, allow_nan=False, width=32)
    )
)
def test_softmax_gives_probabilities_for_any_logits(logits: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probabilities = CrossEntropy().probabilities(logits)
        loss, _ = CrossEntropy()(logits, np.array([0, 1, 2]))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(loss)


def test_initial_weights_keep_the_scale_of_activations_through_ten_layers_of_relu() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((200, 300)).astype(np.float32)
    for _ in range(10):
        std = ACTIVATIONS["relu"].init_std(300, 300)
        values = values @ (rng.standard_normal((300, 300), np.float32) * np.float32(std))
        ACTIVATIONS["relu"].forward(values)
    assert 0.1 < values.mean() < 10


def test_initial_weights_do_not_saturate_sigmoid() -> None:
    rng = np.random.default_rng(1)
    std = ACTIVATIONS["sigmoid"].init_std(300, 300)
    weights = rng.standard_normal((300, 300), np.float32) * np.float32(std)
    values = rng.random((200, 300), np.float32) @ weights
    ACTIVATIONS["sigmoid"].forward(values)
    assert 0.05 < values.std() < 0.25  # neither all the same nor all 0 or 1
