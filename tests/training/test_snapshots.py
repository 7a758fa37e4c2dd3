from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from stages.network.errors import NetworkError
from stages.runtime.signals import Interrupted
from stages.training import checkpoint_file
from stages.training import snapshots as moments
from stages.training.checkpoint_manager import CheckpointManager
from stages.training.config import TrainingConfig
from stages.training.ensemble import Ensemble, train_ensemble
from stages.training.loop import Data
from stages.training.quantisation import quantise
from stages.training.snapshots import moment_steps
from tests.helpers.config import CONFIG

RNG = np.random.default_rng(1)
DATA = Data(
    RNG.integers(256, size=(200, 8, 8)).astype(np.uint8),
    RNG.integers(3, size=200).astype(np.uint8),
)
KEEPING = replace(CONFIG, moments=8)  # of 4 epochs of 7 batches


def train(
    config: TrainingConfig, folder: Path, interrupt_after: int = 0
) -> tuple[Ensemble, list[moments.Moment]]:
    """Train; interrupted after so many batches, if that is not 0."""
    ensemble = Ensemble.random(config, (8, 8), 3)
    batches = count(1)

    def on_batch(n_images: int) -> None:
        if next(batches) == interrupt_after:
            raise Interrupted(2)

    key = partial(checkpoint_file.run_key, config, DATA, 3)
    with CheckpointManager(folder / "model", key, interval=0, min_wait_factor=0) as checkpoints:
        list(train_ensemble(ensemble, DATA, None, config, on_batch, checkpoints))
    return ensemble, checkpoints.moments()


def to_bytes(kept: list[moments.Moment], path: Path) -> bytes:
    moments.save(kept, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("n_moments", "n_steps", "expected"),
    [
        (0, 100, []),
        (1, 100, []),  # the end, which is not kept
        (2, 100, [0, 1]),
        (4, 100, [0, 1, 10]),
        (6, 10_000, [0, 1, 10, 100, 1000]),
        (20, 3, [0, 1, 2]),
        (20, 1, [0]),
        (20, 0, []),
    ],
)
def test_moments_are_the_start_and_steps_at_equal_ratios(
    n_moments: int, n_steps: int, expected: list[int]
) -> None:
    assert moment_steps(n_moments, n_steps) == expected


def test_quantised_weights_are_off_by_half_a_unit_of_their_scale_at_most() -> None:
    for factor in (1e-6, 0.3, 1, 1000):
        weights = (factor * RNG.normal(size=(20, 30))).astype(np.float32)
        layer = quantise(weights)
        assert np.abs(layer.dequantise() - weights).max() <= layer.scale / 2
        assert layer.scale <= 2 * np.abs(weights).max() / 127
    assert not quantise(np.zeros((2, 3), np.float32)).dequantise().any()


def test_moments_are_the_network_after_these_steps(tmp_path: Path) -> None:
    ensemble, kept = train(KEEPING, tmp_path)
    steps = [moment.step for moment in kept]
    assert steps == moment_steps(8, 28)
    assert [moment.epochs for moment in kept] == pytest.approx(
        # The last batch of an epoch has 8 images of 200.
        [step // 7 + min(32 * (step % 7), 200) / 200 for step in steps]
    )
    initial = Ensemble.random(KEEPING, (8, 8), 3).networks[0]
    first = kept[0].network(ensemble.networks[0])
    for expected, layer, (_, scale) in zip(
        initial.layers, first.layers, kept[0].layers, strict=True
    ):
        np.testing.assert_allclose(layer.weights, expected.weights, rtol=0, atol=scale / 2)
    assert first.outputs(DATA.images).shape == (200, 3)


def test_moments_do_not_change_the_training(tmp_path: Path) -> None:
    ensemble, _ = train(KEEPING, tmp_path)
    without, none = train(CONFIG, tmp_path)
    assert none == []
    np.testing.assert_array_equal(ensemble.outputs(DATA.images), without.outputs(DATA.images))


@pytest.mark.parametrize("interruptions", [[1], [7], [20], [2, 5, 9]])
def test_training_that_is_interrupted_keeps_the_same_moments(
    interruptions: list[int], tmp_path: Path
) -> None:
    _, expected = train(KEEPING, tmp_path)
    for interrupt_after in interruptions:
        with pytest.raises(Interrupted):
            train(KEEPING, tmp_path, interrupt_after)
    _, resumed = train(KEEPING, tmp_path)
    assert to_bytes(resumed, tmp_path / "resumed") == to_bytes(expected, tmp_path / "expected")


def test_moments_of_an_ensemble_are_those_of_its_first_network(tmp_path: Path) -> None:
    _, alone = train(KEEPING, tmp_path)
    _, together = train(replace(KEEPING, ensemble_size=2), tmp_path)
    assert to_bytes(together, tmp_path / "together") == to_bytes(alone, tmp_path / "alone")


def test_file_gives_the_moments_back_and_refuses_other_networks(tmp_path: Path) -> None:
    ensemble, kept = train(KEEPING, tmp_path)
    path = tmp_path / "moments"
    content = to_bytes(kept, path)
    loaded = moments.load(path, ensemble.networks[0])
    assert to_bytes(loaded, path) == content
    larger = Ensemble.random(replace(KEEPING, hidden=(13,)), (8, 8), 3).networks[0]
    deeper = Ensemble.random(replace(KEEPING, hidden=(12, 12)), (8, 8), 3).networks[0]
    for other in (larger, deeper):
        with pytest.raises(NetworkError, match=r"moments.*train` again"):
            moments.load(path, other)
    path.write_bytes(content[:-1])
    with pytest.raises(NetworkError, match=r"moments.*train` again"):
        moments.load(path, ensemble.networks[0])
