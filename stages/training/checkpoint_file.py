"""Checkpoint files: how far the training of a network has come, as bytes that can be trusted.

SHA-256 of all that follows, 32 bytes; then safetensors with the weights, the optimiser's arrays,
the snapshots and, as JSON, the rest of `loop.TrainingState`. No byte can be altered without being
noticed.
"""

import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np

from stages.network.mlp import MLP
from stages.runtime import tensor_file
from stages.training import snapshots
from stages.training.errors import TrainingError
from stages.training.loop import EpochMetrics, TrainingState

_DIGEST_BYTES = 32


def to_bytes(network: MLP, state: TrainingState, key: str) -> bytes:
    """Write a network and the state of its training after the same batch.

    `key` identifies the run: another run has another key.
    """
    tensors, snapshots_metadata = snapshots.to_tensors(state.snapshots)
    parameters = [parameter for parameter, _ in network.parameters]
    for index, array in enumerate([*parameters, *state.optimiser_state]):
        tensors[f"{index}"] = array
    rng = state.augmentation_rng
    metadata = {
        "key": key,
        "epochs": [asdict(metrics) for metrics in state.epochs],
        "n_steps": state.n_steps,
        "samples_seen": state.samples_seen,
        "loss_sum": state.loss_sum,
        "n_correct": state.n_correct,
        "augmentation_rng": rng.bit_generator.state if rng else None,
        "snapshots": snapshots_metadata,
    }
    content = tensor_file.to_bytes(tensors, metadata)
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
        The run's key.

    Raises
    ------
    TrainingError
        If the file was altered, or belongs to another run.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        digest = file.read(_DIGEST_BYTES)
        if hashlib.file_digest(file, "sha256").digest() != digest:
            raise TrainingError(f"{path}: cut short or altered")
        file.seek(_DIGEST_BYTES)
        content = file.read()
    try:
        return _restore(content, network, key)
    except tensor_file.MALFORMED as error:
        raise TrainingError(f"{path}: not a checkpoint of this run ({error})") from error


def _restore(content: bytes, network: MLP, key: str) -> TrainingState:
    """Read what `to_bytes` wrote, or raise one of the errors above before anything is changed."""
    tensors, metadata = tensor_file.from_bytes(content)
    if metadata["key"] != key:
        raise ValueError("it belongs to other parameters, data or code")
    augmentation_rng = np.random.default_rng()
    if metadata["augmentation_rng"] is not None:
        augmentation_rng.bit_generator.state = metadata["augmentation_rng"]
    kept_snapshots = snapshots.from_tensors(tensors, metadata["snapshots"], network)
    saved = [tensors.pop(str(index)) for index in range(len(tensors))]
    parameters = [parameter for parameter, _ in network.parameters]
    if len(saved) <= len(parameters):
        raise ValueError("arrays are missing")
    for array, parameter in zip(saved, parameters, strict=False):
        if array.shape != parameter.shape or array.dtype != parameter.dtype:
            raise ValueError("its arrays do not fit the network")
    if not all(np.isfinite(array).all() for array in saved):
        raise ValueError("not all of its numbers are finite")
    state = TrainingState(
        optimiser_state=saved[len(parameters) :],
        epochs=[EpochMetrics(**metrics) for metrics in metadata["epochs"]],
        n_steps=int(metadata["n_steps"]),
        samples_seen=int(metadata["samples_seen"]),
        loss_sum=float(metadata["loss_sum"]),
        n_correct=int(metadata["n_correct"]),
        augmentation_rng=augmentation_rng,
        snapshots=kept_snapshots,
    )
    for parameter, array in zip(parameters, saved, strict=False):
        parameter[:] = array
    return state
