import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as save_tensors

from stages.classifier.errors import ModelError
from stages.classifier.model_file import Model, load, save
from stages.classifier.provenance import UNKNOWN
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.names import LossName


@pytest.mark.parametrize("hidden", [(), (5,), (6, 4)])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("ensemble_size", [1, 3])
def test_loaded_model_is_the_saved_one(
    ensemble_size: int, hidden: tuple[int, ...], loss: LossName, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    networks = [MLP.random((12, *hidden, 3), "sigmoid", loss, rng) for _ in range(ensemble_size)]
    ensemble = Ensemble(networks)
    save(Model(ensemble, (3, 4), ("a", "b", "c"), "letters", 4), tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert (loaded.image_shape, loaded.classes) == ((3, 4), ("a", "b", "c"))
    assert (loaded.dataset, loaded.digit_size) == ("letters", 4)
    images = rng.integers(256, size=(9, 3, 4)).astype(np.uint8)
    np.testing.assert_array_equal(
        loaded.ensemble.predict_proba(images), ensemble.predict_proba(images)
    )


def trained_with(**changes: object) -> dict[str, object]:
    return asdict(UNKNOWN) | {"params": {"train.hidden": [5], "train.seed": 1}} | changes


def metadata(**changes: object) -> dict[str, str]:
    content = {
        "ensemble_size": 1,
        "activation": "relu",
        "loss": "cross_entropy",
        "image_shape": [2, 2],
        "classes": ["a", "b"],
        "dataset": "letters",
        "digit_size": 2,
        "calibration": {"temperature": 1.0, "min_confidence": 0.5, "n_images": 0},
        "trained_with": trained_with(),
    } | changes
    return {"metadata": json.dumps(content)}


WEIGHTS, BIASES = np.zeros((4, 2), np.float32), np.zeros(2, np.float32)
LAYER = {"networks.0.layers.0.weights": WEIGHTS, "networks.0.layers.0.biases": BIASES}
WITHOUT_NEURONS = {
    "networks.0.layers.0.weights": np.zeros((4, 0), np.float32),
    "networks.0.layers.0.biases": np.zeros(0, np.float32),
    "networks.0.layers.1.weights": np.zeros((0, 2), np.float32),
    "networks.0.layers.1.biases": BIASES,
}


def test_unchanged_parts_are_a_valid_model(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(save_tensors(LAYER, metadata()))
    assert load(tmp_path / "model").ensemble.networks[0].sizes == (4, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no model at all",
        save_tensors(LAYER),
        save_tensors(LAYER, {"metadata": "{"}),
        save_tensors(LAYER, {"metadata": "[]"}),
        save_tensors({}, metadata()),
        save_tensors(LAYER, metadata(ensemble_size=0)),
        save_tensors(LAYER, metadata(ensemble_size=2)),
        save_tensors(LAYER, metadata(ensemble_size="many")),
        save_tensors(LAYER, metadata(ensemble_size=1.5)),
        save_tensors(LAYER, metadata(image_shape=[True, 4])),
        save_tensors(LAYER, metadata(image_shape=[2, float("inf")])),
        save_tensors(LAYER, metadata(classes=["a", "\x1b[2J"])),
        save_tensors(LAYER, metadata(classes=["a", 1])),
        save_tensors(LAYER, metadata(dataset="\x1b[2J")),
        save_tensors(LAYER, metadata(digit_size="large")),
        save_tensors(LAYER, metadata(digit_size=3)),
        save_tensors(LAYER, metadata(digit_size=10**30)),
        save_tensors(WITHOUT_NEURONS, metadata()),
        save_tensors(LAYER, metadata(trained_with=None)),
        save_tensors(LAYER, metadata(trained_with={})),
        save_tensors(LAYER, metadata(trained_with=trained_with(more=1))),
        save_tensors(LAYER, metadata(trained_with=trained_with(numpy="\x1b[2J"))),
        save_tensors(LAYER, metadata(trained_with=trained_with(kernels=3))),
        save_tensors(LAYER, metadata(trained_with=trained_with(params=3))),
        save_tensors(LAYER, metadata(trained_with=trained_with(params={"seed": None}))),
        save_tensors(LAYER, metadata(trained_with=trained_with(params={"seed": float("nan")}))),
        save_tensors(LAYER, metadata(trained_with=trained_with(params={"loss": "\x1b[2J"}))),
        save_tensors(LAYER, metadata(trained_with=trained_with(params={"\x1b[2J": 1}))),
        save_tensors(
            LAYER | {"networks.0.layers.0.weights": WEIGHTS + np.float32(1e30)}, metadata()
        ),
        save_tensors(LAYER, {"metadata": "[" * 100_000}),
        save_tensors(LAYER, metadata(activation="swish")),
        save_tensors(LAYER, metadata(classes=["a", "b", "c"])),
        save_tensors(LAYER, metadata(image_shape=[3, 3])),
        save_tensors({"networks.0.layers.0.weights": WEIGHTS}, metadata()),
        save_tensors(
            LAYER | {"networks.0.layers.0.weights": WEIGHTS.astype(np.float64)}, metadata()
        ),
        save_tensors(LAYER | {"networks.0.layers.0.biases": np.zeros((), np.float32)}, metadata()),
        save_tensors(LAYER | {"more": BIASES}, metadata()),
        save_tensors(LAYER | {"networks.0.layers.0.weights": WEIGHTS * np.nan}, metadata()),
    ],
)
def test_invalid_model_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelError, match="model: not a model"):
        load(tmp_path / "model")


def test_same_network_gives_same_bytes(tmp_path: Path) -> None:
    network = MLP.random((4, 3, 2), "relu", "cross_entropy", np.random.default_rng(1))
    for name in ("one", "two"):
        save(Model(Ensemble([network]), (2, 2), ("a", "b"), "letters", 20), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
