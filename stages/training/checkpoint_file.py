"""Checkpoint files: how far the training of a network has come, as bytes that can be trusted.

SHA-256 of all that follows, 32 bytes; then safetensors with the weights, the velocities, the
moments and, as JSON, the rest of `training.TrainingState`. No byte can be altered without being
noticed.
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

from stages.network.errors import MALFORMED, NetworkError
from stages.network.mlp import MLP
from stages.runtime.kernels import kernels
from stages.training import snapshots as moments
from stages.training.config import TrainingConfig
from stages.training.loop import Data, EpochMetrics, TrainingState

_DIGEST_BYTES = 32
_BLOCK = 1 << 16


def _code_hash() -> str:
    digest = hashlib.sha256()
    for folder in ("network", "training"):
        for path in sorted((Path(__file__).parent.parent / folder).glob("*.py")):
            content = path.read_bytes()
            digest.update(f"{folder}/{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


# Hashed when the code is loaded: later the files may hold other code than what runs.
_CODE_HASH = _code_hash()


def run_key(config: TrainingConfig, data: Data, n_classes: int) -> str:
    """Identify a run by all that decides its result: parameters, data, code, libraries, kernels.

    Reads all images, about 2 GB a second: call it only to read or to write a checkpoint.

    Parameters
    ----------
    config
        How to train.
    data
        All images and labels, those for validation too.
    n_classes
        Number of outputs.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for start in range(0, len(data.images), _BLOCK):  # by blocks, so that Ctrl-C need not wait
        digest.update(np.ascontiguousarray(data.images[start : start + _BLOCK]).data)
    digest.update(np.ascontiguousarray(data.labels).data)
    parts = {
        "config": asdict(config),
        "n_classes": n_classes,
        "shape": data.images.shape,
        "data": digest.hexdigest(),
        "code": _CODE_HASH,
        "libraries": [np.__version__, scipy.__version__, kernels()],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def to_bytes(network: MLP, state: TrainingState, key: str) -> bytes:
    """Write a network and the state of its training.

    Parameters
    ----------
    network
        As it is after a batch.
    state
        After the same batch.
    key
        Of the run, from `run_key`.
    """
    tensors, moments_metadata = moments.to_tensors(state.moments)
    for index, layer in enumerate(network.layers):
        tensors[f"{index}.weights"] = np.ascontiguousarray(layer.weights)
        tensors[f"{index}.velocities"] = np.ascontiguousarray(state.velocities[index])
    rng = state.augmentation_rng
    metadata = {
        "key": key,
        "epochs": [asdict(metrics) for metrics in state.epochs],
        "samples_seen": state.samples_seen,
        "loss_sum": state.loss_sum,
        "n_correct": state.n_correct,
        "augmentation_rng": rng.bit_generator.state if rng else None,
        "moments": moments_metadata,
    }
    tensors["metadata"] = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    content = save(tensors)
    return hashlib.sha256(content).digest() + content


def from_file(path: Path, network: MLP, key: str) -> TrainingState:
    """Restore the network and return its training state.

    Parameters
    ----------
    path
        A file with what `to_bytes` wrote.
    network
        Made for the same run; unchanged when the file is refused.
    key
        Of the run, from `run_key`.

    Returns
    -------
    TrainingState
        Where to resume.

    Raises
    ------
    NetworkError
        If the file was altered, or belongs to another run.
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
        return _restore(content, network, key)
    except (SafetensorError, *MALFORMED) as error:
        raise NetworkError(f"{path}: not a checkpoint of this run ({error})") from error


def _restore(content: bytes, network: MLP, key: str) -> TrainingState:
    """Read what `to_bytes` wrote, or raise one of the errors above before anything is changed."""
    tensors = load(content)
    metadata: dict[str, Any] = json.loads(tensors.pop("metadata").tobytes())
    if metadata["key"] != key:
        raise ValueError("it belongs to other parameters, data or code")
    augmentation_rng = np.random.default_rng()
    if metadata["augmentation_rng"] is not None:
        augmentation_rng.bit_generator.state = metadata["augmentation_rng"]
    weights = [tensors.pop(f"{index}.weights") for index in range(len(network.layers))]
    velocities = [tensors.pop(f"{index}.velocities") for index in range(len(network.layers))]
    for layer, *arrays in zip(network.layers, weights, velocities, strict=True):
        for array in arrays:
            if array.shape != layer.weights.shape or array.dtype != layer.weights.dtype:
                raise ValueError("its arrays do not fit the network")
            if not np.isfinite(array).all():
                raise ValueError("not all of its numbers are finite")
    kept_moments = moments.from_tensors(tensors, metadata["moments"], network)
    if tensors:
        raise ValueError(f"unknown arrays: {', '.join(sorted(tensors))}")
    state = TrainingState(
        velocities=velocities,
        epochs=[EpochMetrics(**metrics) for metrics in metadata["epochs"]],
        samples_seen=int(metadata["samples_seen"]),
        loss_sum=float(metadata["loss_sum"]),
        n_correct=int(metadata["n_correct"]),
        augmentation_rng=augmentation_rng,
        moments=kept_moments,
    )
    for layer, saved in zip(network.layers, weights, strict=True):
        layer.weights[:] = saved
    return state
