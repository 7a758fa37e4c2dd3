"""Moments of training: the weights of a network after some of its steps, to watch it learn."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from stages.network.dense import Dense
from stages.network.errors import MALFORMED, NetworkError
from stages.network.mlp import MLP
from stages.training.quantisation import QuantisedLayer, quantise

_KEY = "moments"  # one key alone: safetensors writes several in an order that changes


@dataclass(frozen=True)
class Moment:
    """A network after a step of its training.

    Attributes
    ----------
    step
        Number of SGD steps before it; 0 is the start.
    epochs
        The same in epochs.
    layers
        The weights of each layer.
    """

    step: int
    epochs: float
    layers: tuple[QuantisedLayer, ...]

    @classmethod
    def of(cls, network: MLP, step: int, epochs: float) -> Self:
        """Keep a network as it is now."""
        return cls(step, epochs, tuple(quantise(layer.weights) for layer in network.layers))

    def network(self, trained: MLP) -> MLP:
        """Make the network of this moment; `trained` is the same one at the end of training."""
        layers = [
            Dense(layer.dequantise(), trained_layer.activation)
            for layer, trained_layer in zip(self.layers, trained.layers, strict=True)
        ]
        return MLP(layers, trained.activation, trained.loss_name)


def moment_steps(n_moments: int, n_steps: int) -> list[int]:
    """Choose the steps to keep: the start, and then at equal ratios, since learning slows down.

    Parameters
    ----------
    n_moments
        How many at most, with the end of training.
    n_steps
        Steps of the whole training.

    Returns
    -------
    list of int
        Ascending, from 0. The end is not among them: that is the network itself.
    """
    if n_moments < 2 or n_steps < 1:
        return []
    steps = np.rint(np.geomspace(1, n_steps, n_moments - 1)).astype(int)
    return [0, *(step for step in np.unique(steps).tolist() if step < n_steps)]


def save(moments: list[Moment], path: Path) -> None:
    """Write moments to a file, safetensors.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    tensors, metadata = to_tensors(moments)
    path.write_bytes(save(tensors, {_KEY: json.dumps(metadata)}))


def load(path: Path, network: MLP) -> list[Moment]:
    """Read moments.

    Parameters
    ----------
    path
        A file that `save` wrote.
    network
        The network whose training they are from.

    Raises
    ------
    NetworkError
        If the file is no such file, or is about a network of other layers.
    OSError
        If the file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = json.loads((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return from_tensors(tensors, metadata, network)
    except (SafetensorError, *MALFORMED) as error:
        raise NetworkError(
            f"{path}: not the moments of this network's training ({error}): run"
            " `python -m stages.train` again"
        ) from error


def to_tensors(moments: list[Moment]) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Return the weights as arrays by name, and for each moment the rest, as JSON can hold it."""
    tensors = {
        _name(index, depth): layer.values
        for index, moment in enumerate(moments)
        for depth, layer in enumerate(moment.layers)
    }
    metadata = [
        {
            "step": moment.step,
            "epochs": moment.epochs,
            "scales": [layer.scale for layer in moment.layers],
        }
        for moment in moments
    ]
    return tensors, metadata


def from_tensors(
    tensors: dict[str, np.ndarray], metadata: list[dict[str, Any]], network: MLP
) -> list[Moment]:
    """Read what `to_tensors` returned, or raise `ValueError` or `KeyError` for what does not fit.

    Parameters
    ----------
    tensors
        Those of the moments are removed from it.
    metadata
        The rest of each moment.
    network
        The network whose training they are from.
    """
    moments = []
    for index, entry in enumerate(metadata):
        layers = []
        for depth, (layer, scale) in enumerate(zip(network.layers, entry["scales"], strict=True)):
            values = tensors.pop(_name(index, depth))
            if values.shape != layer.weights.shape or values.dtype != np.int8:
                raise ValueError("a layer of a moment does not fit the network")
            if not 0 < float(scale) < float(np.finfo(np.float32).max):
                raise ValueError("a scale is not a positive number")
            layers.append(QuantisedLayer(values, float(scale)))
        moments.append(Moment(int(entry["step"]), float(entry["epochs"]), tuple(layers)))
    return moments


def _name(index: int, depth: int) -> str:
    return f"moments.{index}.layers.{depth}"
