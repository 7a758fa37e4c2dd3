"""Snapshots: the weights of a network after some of its steps, to watch it learn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from stages.network.mlp import MLP
from stages.runtime import tensor_file
from stages.training.errors import TrainingError
from stages.training.quantisation import QuantisedLayer, quantise


@dataclass(frozen=True)
class Snapshot:
    """A network after a step of its training.

    Attributes
    ----------
    step
        Number of optimiser steps before it; 0 is the start.
    epochs
        The same in epochs.
    layers
        The weights and biases of each layer.
    """

    step: int
    epochs: float
    layers: tuple[QuantisedLayer, ...]

    @classmethod
    def of(cls, network: MLP, step: int, epochs: float) -> Self:
        """Keep a network as it is now."""
        return cls(step, epochs, tuple(quantise(layer) for layer in network.layers))

    def network(self, trained: MLP) -> MLP:
        """Make the network of this snapshot; `trained` is the same one at the end of training."""
        layers = [
            layer.dequantise(trained_layer.activation)
            for layer, trained_layer in zip(self.layers, trained.layers, strict=True)
        ]
        return MLP(layers, trained.activation, trained.loss_name)


def snapshot_steps(n_snapshots: int, n_steps: int) -> list[int]:
    """Choose the steps to keep: the start, and then at equal ratios, since learning slows down.

    Parameters
    ----------
    n_snapshots
        How many at most, with the end of training.
    n_steps
        Steps of the whole training.

    Returns
    -------
    list of int
        Ascending, from 0. The end is not among them: that is the network itself.
    """
    if n_snapshots < 2 or n_steps < 1:
        return []
    steps = np.rint(np.geomspace(1, n_steps, n_snapshots - 1)).astype(int)
    return [0, *(step for step in np.unique(steps).tolist() if step < n_steps)]


def save(snapshots: list[Snapshot], path: Path) -> None:
    """Write snapshots to a file, safetensors; `OSError` if that fails."""
    path.write_bytes(tensor_file.to_bytes(*to_tensors(snapshots)))


def load(path: Path, network: MLP) -> list[Snapshot]:
    """Read the snapshots of a network's training from a file that `save` wrote.

    Raises
    ------
    TrainingError
        If the file is no such file, or is about a network of other layers.
    OSError
        If the file cannot be read.
    """
    try:
        return from_tensors(*tensor_file.read(path), network)
    except tensor_file.MALFORMED as error:
        raise TrainingError(
            f"{path}: not snapshots of this network's training ({error}): run"
            " `python -m stages.train` again"
        ) from error


def to_tensors(snapshots: list[Snapshot]) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Return the weights as arrays by name, and for each snapshot the rest, as JSON can hold it."""
    tensors = {
        _name(index, depth): layer.values
        for index, snapshot in enumerate(snapshots)
        for depth, layer in enumerate(snapshot.layers)
    }
    metadata = [
        {
            "step": snapshot.step,
            "epochs": snapshot.epochs,
            "scales": [layer.scale for layer in snapshot.layers],
        }
        for snapshot in snapshots
    ]
    return tensors, metadata


def from_tensors(
    tensors: dict[str, np.ndarray], metadata: list[dict[str, Any]], network: MLP
) -> list[Snapshot]:
    """Read what `to_tensors` returned, and remove its arrays from `tensors`.

    `network` is the one whose training they are from; what does not fit it is a `ValueError` or a
    `KeyError`.
    """
    snapshots = []
    for index, entry in enumerate(metadata):
        layers = []
        for depth, (layer, scale) in enumerate(zip(network.layers, entry["scales"], strict=True)):
            values = tensors.pop(_name(index, depth))
            if values.shape != (layer.n_inputs + 1, layer.n_neurons) or values.dtype != np.int8:
                raise ValueError("a layer of a snapshot does not fit the network")
            if not 0 < float(scale) < float(np.finfo(np.float32).max):
                raise ValueError("a scale is not a positive number")
            layers.append(QuantisedLayer(values, float(scale)))
        snapshots.append(Snapshot(int(entry["step"]), float(entry["epochs"]), tuple(layers)))
    return snapshots


def _name(index: int, depth: int) -> str:
    return f"snapshots.{index}.layers.{depth}"
