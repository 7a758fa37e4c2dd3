"""Training that is interrupted and goes on, against the same training left alone."""

import hashlib
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np
import pytest

from stages.network import checkpoint_file as checkpoint
from stages.network.config import TrainingConfig
from stages.network.errors import NetworkError
from stages.runtime.checkpoint_manager import CheckpointManager
from stages.runtime.signals import Interrupted

RECIPE = TrainingConfig(
    hidden=(12,),
    activation="relu",
    loss="cross_entropy",
    epochs=4,
    batch_size=32,
    learning_rate=0.05,
    learning_rate_schedule="cosine",
    momentum=0.9,
    weight_decay=0.001,
    validation_fraction=0.1,
    ensemble_size=1,
    augment=1.0,
    shift=1.0,
    rotation=10.0,
    scale=0.1,
    shear=0.1,
    elastic=1.0,
    seed=1,
)
RNG = np.random.default_rng(1)
IMAGES = RNG.integers(256, size=(200, 8, 8)).astype(np.uint8)
LABELS = RNG.integers(3, size=200).astype(np.uint8)
BATCHES = 6 * RECIPE.epochs  # 180 images are learnt from


class KilledError(BaseException):
    """Ends a run as kill -9 would: nobody gets to tidy up."""


def learn(recipe, folder, stop_after=None, error=None, images=IMAGES):
    """Train until `stop_after` batches are done; give weights, epochs, and how many were done."""
    batches = count(1)

    def on_batch(_):
        if next(batches) == stop_after:
            raise error

    run_key = partial(checkpoint.run_key, recipe, images, LABELS, 3)
    with CheckpointManager(folder / "model", run_key, interval=0, min_wait_factor=0) as checkpoints:
        committee, training = recipe.start(images, LABELS, 3, on_batch, checkpoints)
        epochs = list(training)
    weights = [layer.weights for network in committee.networks for layer in network.layers]
    return [array.tobytes() for array in weights], epochs, next(batches) - 1


def left(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [Interrupted(2), KilledError()], ids=["stopped", "killed"])
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("stops", [[6], [BATCHES], [5, 1, 9], [2] * 8])
def test_run_that_was_interrupted_gives_the_same_bytes(members, stops, error, tmp_path):
    recipe = replace(RECIPE, ensemble_size=members)
    weights, epochs, _ = learn(recipe, tmp_path)
    assert left(tmp_path) == []
    for stop_after in stops:
        with pytest.raises(type(error)):
            learn(recipe, tmp_path, stop_after, error)
    again, same_epochs, done = learn(recipe, tmp_path)
    assert again == weights
    assert same_epochs == epochs
    # A batch that was done when the run ended is kept when it was stopped, and lost when killed.
    lost = 0 if isinstance(error, Interrupted) else len(stops)
    if members == 1:
        assert done == BATCHES - sum(stops) + lost
    assert left(tmp_path) == []


def interrupted(folder, stop_after=9):
    with pytest.raises(Interrupted):
        learn(RECIPE, folder, stop_after, Interrupted(2))
    (path,) = folder.glob("model.*.checkpoint")
    return path


@pytest.mark.parametrize("change", ["parameter", "data", "code", "library"])
def test_changed_run_begins_anew_and_leaves_the_other_be(change, tmp_path, monkeypatch):
    path = interrupted(tmp_path)
    recipe, images = RECIPE, IMAGES
    if change == "parameter":
        recipe = replace(RECIPE, seed=2)
    if change == "data":
        images = IMAGES.copy()
        images[-1, -1, -1] ^= 1
    if change == "code":
        monkeypatch.setattr(checkpoint, "_CODE", "of another time")
    if change == "library":
        monkeypatch.setattr(np, "__version__", "another")
    assert learn(recipe, tmp_path, images=images)[2] == BATCHES
    assert left(tmp_path) == [path.name]
    monkeypatch.undo()
    assert learn(RECIPE, tmp_path)[2] == BATCHES - 9


def test_no_altered_byte_goes_unnoticed(tmp_path, capsys):
    path = interrupted(tmp_path)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    altered = [b"", whole + b"x", *(whole[:cut] for cut in rng.integers(len(whole), size=20))]
    for place in [0, 31, 32, 40, len(whole) - 1, *rng.integers(len(whole), size=100)]:
        content = bytearray(whole)
        content[place] ^= 1 << rng.integers(8)
        altered.append(bytes(content))
    network = RECIPE.start(IMAGES, LABELS, 3)[0].networks[0]
    key = checkpoint.run_key(RECIPE, IMAGES, LABELS, 3)
    before = network.layers[0].weights.copy()
    for content in altered:
        path.write_bytes(content)
        with pytest.raises(NetworkError, match="cut short or altered"):
            checkpoint.from_file(path, network, key)
    np.testing.assert_array_equal(network.layers[0].weights, before)

    assert learn(RECIPE, tmp_path)[2] == BATCHES
    assert f"{path}: cut short or altered: ignored, training starts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"seen": 96', b'"seen":1e99'),
        (b'"seen": 96', b'"seen":"no"'),
        (b'"loss_sum"', b'"lost_sum"'),
        (b'"PCG64"', b'"MT199"'),
        (b'"number":', b'"nummer":'),
        (b"0.weights", b"9.weights"),
        (b"F32", b"I32"),
    ],
)
def test_forged_checkpoint_is_refused_and_the_network_left_as_it_is(tmp_path, old, new):
    path = interrupted(tmp_path)
    content = path.read_bytes()[32:]
    assert old in content
    content = content.replace(old, new)
    path.write_bytes(hashlib.sha256(content).digest() + content)
    network = RECIPE.start(IMAGES, LABELS, 3)[0].networks[0]
    before = network.layers[0].weights.copy()
    with pytest.raises(NetworkError, match="not a checkpoint of this run"):
        checkpoint.from_file(path, network, checkpoint.run_key(RECIPE, IMAGES, LABELS, 3))
    np.testing.assert_array_equal(network.layers[0].weights, before)


def test_checkpoint_that_cannot_be_read_or_written_does_not_stop_training(tmp_path, capsys):
    path = interrupted(tmp_path)
    path.unlink()
    path.mkdir()
    assert learn(RECIPE, tmp_path)[2] == BATCHES
    said = capsys.readouterr().err
    assert f"{path}: Is a directory: ignored, training starts from the beginning" in said
    assert said.count("Is a directory: training without checkpoints") == 1


def test_training_that_goes_wrong_is_not_gone_on_with(tmp_path):
    wild = replace(RECIPE, learning_rate=1e20)
    with pytest.raises(NetworkError, match="gone wrong in epoch 1 of 4"):
        learn(wild, tmp_path)
    assert left(tmp_path) == []


def test_short_run_writes_nothing(tmp_path):
    def never():
        raise AssertionError

    with CheckpointManager(tmp_path / "model", never) as checkpoints:
        _, training = RECIPE.start(IMAGES, LABELS, 3, keeper=checkpoints)
        for _ in training:
            assert left(tmp_path) == []
