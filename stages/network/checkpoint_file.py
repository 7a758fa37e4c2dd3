"""CheckpointManager: how far the training of a network has come, as bytes that can be trusted.

SHA-256 of all that follows, 32 bytes; then safetensors with the weights, the velocities and, as
JSON, the rest of `training.Progress`. No byte can be altered without being noticed.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from safetensors import SafetensorError
from safetensors.numpy import load, save

from stages.network.config import TrainingConfig
from stages.network.errors import MALFORMED, NetworkError
from stages.network.mlp import MLP
from stages.network.training import EpochMetrics, TrainingState

_DIGEST_BYTES = 32
_BLOCK = 1 << 16


def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


# Taken when the code is loaded: what the files hold later is not what runs.
_CODE = _code()


def run_key(recipe: TrainingConfig, images: np.ndarray, labels: np.ndarray, classes: int) -> str:
    """Name a run by all that decides what comes of it: parameters, data, code and libraries.

    Reads all images, about 2 GB a second: ask only when there is a checkpoint to read or to write.

    Parameters
    ----------
    recipe
        How to train.
    images
        uint8, (n, rows, columns).
    labels
        uint8, (n,).
    classes
        How many outputs a network has.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    data = hashlib.sha256()
    for start in range(0, len(images), _BLOCK):  # by blocks, so that Ctrl-C need not wait
        data.update(np.ascontiguousarray(images[start : start + _BLOCK]).data)
    data.update(np.ascontiguousarray(labels).data)
    parts = {
        "recipe": asdict(recipe),
        "classes": classes,
        "shape": images.shape,
        "data": data.hexdigest(),
        "code": _CODE,
        "libraries": [np.__version__, scipy.__version__],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def to_bytes(network: MLP, progress: TrainingState, key: str) -> bytes:
    """Write a network and how far it has come.

    Parameters
    ----------
    network
        As it is after a batch.
    progress
        After the same batch.
    key
        Of the run, from `run_key`.
    """
    tensors = {}
    for index, layer in enumerate(network.layers):
        tensors[f"{index}.weights"] = np.ascontiguousarray(layer.weights)
        tensors[f"{index}.velocities"] = np.ascontiguousarray(progress.velocities[index])
    rest = {
        "key": key,
        "epochs": [asdict(epoch) for epoch in progress.epochs],
        "seen": progress.seen,
        "loss_sum": progress.loss_sum,
        "right": progress.right,
        "bends": progress.bends.bit_generator.state if progress.bends else None,
    }
    tensors["rest"] = np.frombuffer(json.dumps(rest).encode(), np.uint8)
    content = save(tensors)
    return hashlib.sha256(content).digest() + content


def from_file(path: Path, network: MLP, key: str) -> TrainingState:
    """Bring a network to where it was, and say how far that is.

    Parameters
    ----------
    path
        A file of what `to_bytes` wrote.
    network
        Made anew for the same run; left as it is when the file is not right.
    key
        Of the run, from `run_key`.

    Returns
    -------
    TrainingState
        How far training had come.

    Raises
    ------
    NetworkError
        If the file is not as it was written, or belongs to another run.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        digest = file.read(_DIGEST_BYTES)
        if hashlib.file_digest(file, "sha256").digest() != digest:
            raise NetworkError(f"{path}: cut short or altered")
        file.seek(_DIGEST_BYTES)
        content = file.read()
    try:
        return _restored(content, network, key)
    except (SafetensorError, *MALFORMED) as error:
        raise NetworkError(f"{path}: not a checkpoint of this run ({error})") from error


def _restored(content: bytes, network: MLP, key: str) -> TrainingState:
    """Read what `to_bytes` wrote, or raise one of the errors above before anything is changed."""
    tensors = load(content)
    rest: dict[str, Any] = json.loads(tensors.pop("rest").tobytes())
    if rest["key"] != key:
        raise ValueError("it belongs to other parameters, data or code")
    epochs = [EpochMetrics(**epoch) for epoch in rest["epochs"]]
    bends = np.random.default_rng()
    if rest["bends"] is not None:
        bends.bit_generator.state = rest["bends"]
    weights = [tensors.pop(f"{index}.weights") for index in range(len(network.layers))]
    velocities = [tensors.pop(f"{index}.velocities") for index in range(len(network.layers))]
    for layer, *kept in zip(network.layers, weights, velocities, strict=True):
        for array in kept:
            if array.shape != layer.weights.shape or array.dtype != layer.weights.dtype:
                raise ValueError("its arrays do not fit the network")
            if not np.isfinite(array).all():
                raise ValueError("not all of its numbers are finite")
    if tensors:
        raise ValueError(f"it has arrays that no network has: {', '.join(sorted(tensors))}")
    progress = TrainingState(
        velocities=velocities,
        epochs=epochs,
        seen=int(rest["seen"]),
        loss_sum=float(rest["loss_sum"]),
        right=int(rest["right"]),
        bends=bends,
    )
    for layer, kept_weights in zip(network.layers, weights, strict=True):
        layer.weights[:] = kept_weights
    return progress
