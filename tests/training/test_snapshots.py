from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from stages.network.activations import Identity
from stages.network.dense import Dense
from stages.network.ensemble import Ensemble
from stages.runtime.signals import Interrupted
from stages.training import snapshots
from stages.training.checkpoint_manager import CheckpointManager
from stages.training.config import TrainingConfig
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.errors import TrainingError
from stages.training.loop import TrainingState
from stages.training.quantisation import quantise
from stages.training.snapshots import snapshot_steps
from stages.training.split import Data
from tests.helpers.config import CONFIG

RNG = np.random.default_rng(1)
DATA = Data(
    RNG.integers(256, size=(200, 8, 8)).astype(np.uint8),
    RNG.integers(3, size=200).astype(np.uint8),
)
N_SNAPSHOTS = 8  # of 4 epochs of 7 batches


def train(
    folder: Path,
    config: TrainingConfig = CONFIG,
    interrupt_after: int = 0,
    n_snapshots: int = N_SNAPSHOTS,
) -> tuple[Ensemble, list[snapshots.Snapshot]]:
    """Train; interrupted after so many batches, if that is not 0."""
    ensemble = random_ensemble(config, (8, 8), 3)
    batches = count(1)

    def on_batch(state: TrainingState) -> None:
        if next(batches) == interrupt_after:
            raise Interrupted(2)

    model = folder / "model"
    with CheckpointManager(model, "0" * 64, interval=0, min_wait_factor=0) as checkpoints:
        list(train_ensemble(ensemble, DATA, None, config, [on_batch], checkpoints, n_snapshots))
    return ensemble, checkpoints.snapshots()


def to_bytes(kept: list[snapshots.Snapshot], path: Path) -> bytes:
    snapshots.save(kept, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("n_snapshots", "n_steps", "expected"),
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
def test_snapshots_are_the_start_and_steps_at_equal_ratios(
    n_snapshots: int, n_steps: int, expected: list[int]
) -> None:
    assert snapshot_steps(n_snapshots, n_steps) == expected


def test_quantised_weights_are_off_by_half_a_unit_of_their_scale_at_most() -> None:
    for factor in (1e-6, 0.3, 1, 1000):
        layer = Dense.random(20, 30, Identity(), RNG)
        layer.weights *= np.float32(factor)
        layer.biases[:] = factor * RNG.normal(size=30)
        quantised = quantise(layer)
        again = quantised.dequantise(Identity())
        assert np.abs(again.weights - layer.weights).max() <= quantised.scale / 2
        assert np.abs(again.biases - layer.biases).max() <= quantised.scale / 2
        largest = max(np.abs(layer.weights).max(), np.abs(layer.biases).max())
        assert quantised.scale <= 2 * largest / 127
    zero = Dense(np.zeros((2, 3), np.float32), np.zeros(3, np.float32), Identity())
    assert not quantise(zero).dequantise(Identity()).weights.any()


def test_snapshots_are_the_network_after_these_steps(tmp_path: Path) -> None:
    ensemble, kept = train(tmp_path)
    steps = [snapshot.step for snapshot in kept]
    assert steps == snapshot_steps(8, 28)
    assert [snapshot.epochs for snapshot in kept] == pytest.approx(
        # The last batch of an epoch has 8 images of 200.
        [step // 7 + min(32 * (step % 7), 200) / 200 for step in steps]
    )
    initial = random_ensemble(CONFIG, (8, 8), 3).networks[0]
    first = kept[0].network(ensemble.networks[0])
    for expected, layer, (_, scale) in zip(
        initial.layers, first.layers, kept[0].layers, strict=True
    ):
        np.testing.assert_allclose(layer.weights, expected.weights, rtol=0, atol=scale / 2)
    assert first.predict_proba(DATA.images).shape == (200, 3)


def test_snapshots_do_not_change_the_training(tmp_path: Path) -> None:
    ensemble, _ = train(tmp_path)
    without, none = train(tmp_path, n_snapshots=0)
    assert none == []
    np.testing.assert_array_equal(
        ensemble.predict_proba(DATA.images), without.predict_proba(DATA.images)
    )


@pytest.mark.parametrize("interruptions", [[1], [7], [20], [2, 5, 9]])
def test_training_that_is_interrupted_keeps_the_same_snapshots(
    interruptions: list[int], tmp_path: Path
) -> None:
    _, expected = train(tmp_path)
    for interrupt_after in interruptions:
        with pytest.raises(Interrupted):
            train(tmp_path, interrupt_after=interrupt_after)
    _, resumed = train(tmp_path)
    assert to_bytes(resumed, tmp_path / "resumed") == to_bytes(expected, tmp_path / "expected")


def test_snapshots_of_an_ensemble_are_those_of_its_first_network(tmp_path: Path) -> None:
    _, alone = train(tmp_path)
    _, together = train(tmp_path, replace(CONFIG, ensemble_size=2))
    assert to_bytes(together, tmp_path / "together") == to_bytes(alone, tmp_path / "alone")


def test_file_gives_the_snapshots_back_and_refuses_other_networks(tmp_path: Path) -> None:
    ensemble, kept = train(tmp_path)
    path = tmp_path / "snapshots"
    content = to_bytes(kept, path)
    loaded = snapshots.load(path, ensemble.networks[0])
    assert to_bytes(loaded, path) == content
    larger = random_ensemble(replace(CONFIG, hidden=(13,)), (8, 8), 3).networks[0]
    deeper = random_ensemble(replace(CONFIG, hidden=(12, 12)), (8, 8), 3).networks[0]
    for other in (larger, deeper):
        with pytest.raises(TrainingError, match=r"snapshots.*train` again"):
            snapshots.load(path, other)
    path.write_bytes(content[:-1])
    with pytest.raises(TrainingError, match=r"snapshots.*train` again"):
        snapshots.load(path, ensemble.networks[0])
