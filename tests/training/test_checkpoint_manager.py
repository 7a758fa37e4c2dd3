"""Training that is interrupted and resumed, compared with the same training without a break."""

import hashlib
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.runtime.signals import Interrupted
from stages.training import checkpoint_file
from stages.training import ensemble as ensembles
from stages.training.checkpoint_manager import CheckpointManager
from stages.training.config import TrainingConfig
from stages.training.ensemble import train_ensemble
from stages.training.errors import TrainingError
from stages.training.loop import EpochMetrics, TrainingState
from stages.training.split import Data, split_validation
from tests.helpers.commands import HANGS_AFTER
from tests.helpers.config import CONFIG

N_CLASSES = 3
RNG = np.random.default_rng(1)
DATA = Data(
    RNG.integers(256, size=(200, 8, 8)).astype(np.uint8),
    RNG.integers(N_CLASSES, size=200).astype(np.uint8),
)
N_BATCHES = 6 * CONFIG.epochs  # 180 images in batches of 32, the last of each epoch smaller


class KilledError(BaseException):
    """Ends a run as SIGKILL does: nothing catches it."""


class Run(NamedTuple):
    """The result of a run, and the number of batches that it trained on."""

    weights: list[bytes]
    epochs: list[EpochMetrics]
    accuracy: float
    n_batches: int


def run_key(config: TrainingConfig = CONFIG, data: Data = DATA) -> str:
    return hashlib.sha256(repr(config).encode() + data.images.tobytes()).hexdigest()


def random_ensemble(config: TrainingConfig = CONFIG) -> Ensemble:
    return ensembles.random_ensemble(config, (8, 8), N_CLASSES)


def train(
    config: TrainingConfig,
    folder: Path,
    stop_after: int | None = None,
    error: BaseException | None = None,
    data: Data = DATA,
    interval: float = 0,
) -> Run:
    """Train, with a checkpoint after each batch; raise `error` in batch `stop_after`."""
    batches = count(1)

    def on_batch(state: TrainingState) -> None:
        if next(batches) == stop_after and error is not None:
            raise error

    train_data, validation = split_validation(data, config.validation_fraction)
    ensemble = random_ensemble(config)
    key = run_key(config, data)
    with CheckpointManager(folder / "model", key, interval, min_wait_factor=0) as checkpoints:
        epochs = train_ensemble(ensemble, train_data, validation, config, [on_batch], checkpoints)
        metrics = list(epochs)
    weights = [array for network in ensemble.networks for array, _ in network.parameters]
    return Run(
        weights=[array.tobytes() for array in weights],
        epochs=metrics,
        accuracy=ensemble.evaluate(*data)[1],
        n_batches=next(batches) - 1,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "changes", [{"optimizer": "nesterov"}, {"optimizer": "adam"}, {"dropout": 0.3}]
)
def test_what_remembers_or_draws_resumes_to_the_same_bytes(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    config = replace(CONFIG, **changes)
    unbroken = train(config, tmp_path, interval=np.inf)
    with pytest.raises(KilledError):
        train(config, tmp_path, 9, KilledError())
    assert train(config, tmp_path).weights == unbroken.weights


@pytest.mark.parametrize("error", [Interrupted(2), KilledError()], ids=["interrupted", "killed"])
@pytest.mark.parametrize(
    ("ensemble_size", "stops"), [(1, [6]), (1, [N_BATCHES]), (1, [2] * 8), (3, [5, 1, 9])]
)
def test_resumed_run_gives_the_same_bytes(
    ensemble_size: int, stops: list[int], error: BaseException, tmp_path: Path
) -> None:
    config = replace(CONFIG, ensemble_size=ensemble_size)
    unbroken = train(config, tmp_path, interval=np.inf)
    assert names(tmp_path) == []
    for stop_after in stops:
        with pytest.raises(type(error)):
            train(config, tmp_path, stop_after, error)
    resumed = train(config, tmp_path)
    assert resumed.weights == unbroken.weights
    assert resumed.epochs == unbroken.epochs
    assert resumed.accuracy == unbroken.accuracy
    # An interrupted run saves the batch that it has just trained on; a killed run loses it.
    n_lost = 0 if isinstance(error, Interrupted) else len(stops)
    if ensemble_size == 1:
        assert resumed.n_batches == N_BATCHES - sum(stops) + n_lost
    assert names(tmp_path) == []


def interrupt(folder: Path, stop_after: int = 9) -> Path:
    """Interrupt a run and return the path of its checkpoint."""
    with pytest.raises(Interrupted):
        train(CONFIG, folder, stop_after, Interrupted(2))
    (path,) = folder.glob("model.*.checkpoint")
    return path


@pytest.mark.parametrize("change", ["parameter", "data"])
def test_changed_run_starts_anew_and_leaves_the_other_checkpoint(
    change: str, tmp_path: Path
) -> None:
    path = interrupt(tmp_path)
    config, data = CONFIG, DATA
    if change == "parameter":
        config = replace(CONFIG, seed=2)
    if change == "data":
        images = DATA.images.copy()
        images[-1, -1, -1] ^= 1
        data = Data(images, DATA.labels)
    assert train(config, tmp_path, data=data).n_batches == N_BATCHES
    assert names(tmp_path) == [path.name]
    assert train(CONFIG, tmp_path).n_batches == N_BATCHES - 9


def test_every_altered_byte_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = interrupt(tmp_path)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    altered = [b"", whole + b"x", *(whole[:end] for end in rng.integers(len(whole), size=20))]
    for index in [0, 31, 32, 40, len(whole) - 1, *rng.integers(len(whole), size=100)]:
        flipped = bytearray(whole)
        flipped[index] ^= 1 << int(rng.integers(8))
        altered.append(bytes(flipped))
    network, before = network_with_weights()
    for content in altered:
        path.write_bytes(content)
        with pytest.raises(TrainingError, match="cut short or altered"):
            checkpoint_file.from_file(path, network, run_key())
    np.testing.assert_array_equal(network.layers[0].weights, before)

    assert train(CONFIG, tmp_path).n_batches == N_BATCHES
    warning = f"{path}: cut short or altered: ignored, training starts from the beginning"
    assert warning in capsys.readouterr().err


def network_with_weights() -> tuple[MLP, np.ndarray]:
    network = random_ensemble().networks[0]
    return network, network.layers[0].weights.copy()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"\"samples_seen\": 96", rb"\"samples_seen\":1e99"),
        (rb"\"samples_seen\": 96", rb"\"samples_seen\":\"n\""),
        (b"loss_sum", b"lost_sum"),
        (b"PCG64", b"MT199"),
        (rb"\"number\":", rb"\"nummer\":"),
        (b'"0":{', b'"9":{'),
        (b"F32", b"I32"),
    ],
)
def test_forged_checkpoint_is_refused_and_changes_no_weight(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    path = interrupt(tmp_path)
    content = path.read_bytes()[32:]
    assert old in content
    content = content.replace(old, new)
    path.write_bytes(hashlib.sha256(content).digest() + content)
    network, before = network_with_weights()
    with pytest.raises(TrainingError, match="not a checkpoint of this run"):
        checkpoint_file.from_file(path, network, run_key())
    np.testing.assert_array_equal(network.layers[0].weights, before)


def test_checkpoint_that_cannot_be_read_or_written_does_not_stop_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = interrupt(tmp_path)
    path.unlink()
    path.mkdir()
    assert train(CONFIG, tmp_path).n_batches == N_BATCHES
    printed = capsys.readouterr().err
    assert f"{path}: Is a directory: ignored, training starts from the beginning" in printed
    assert printed.count("Is a directory: training without checkpoints") == 1


def test_diverged_run_leaves_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="training has diverged in epoch 1 of 4: "):
        train(replace(CONFIG, learning_rate=1e20), tmp_path)
    assert names(tmp_path) == []


def test_short_run_writes_no_checkpoint(tmp_path: Path) -> None:
    train_data, validation = split_validation(DATA, CONFIG.validation_fraction)
    with CheckpointManager(tmp_path / "model", run_key(), interval=HANGS_AFTER) as checkpoints:
        for _ in train_ensemble(
            random_ensemble(), train_data, validation, CONFIG, checkpoints=checkpoints
        ):
            assert names(tmp_path) == []
