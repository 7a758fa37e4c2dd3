"""Model files: a network, and what its inputs and outputs mean, as safetensors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stages.network.activations import ACTIVATIONS
from stages.network.dense import Dense
from stages.network.errors import NetworkError
from stages.network.losses import LOSSES
from stages.network.network import Network

# All metadata is one text under one key: safetensors writes several keys in an order that changes
# from run to run, and the same network must give the same bytes.
_KEY = "network"


@dataclass(frozen=True)
class Model:
    """A network that can be used.

    Attributes
    ----------
    network
        The network.
    image_shape
        Rows and columns of the images that it reads.
    classes
        Names of its outputs, in order.
    """

    network: Network
    image_shape: tuple[int, int]
    classes: tuple[str, ...]


def save(model: Model, path: Path) -> None:
    """Write a model.

    Parameters
    ----------
    model
        What to write.
    path
        The file to write.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    tensors = {}
    for index, layer in enumerate(model.network.layers):
        tensors[f"layers.{index}.weights"] = np.ascontiguousarray(layer.weights[:, :-1])
        tensors[f"layers.{index}.biases"] = np.ascontiguousarray(layer.weights[:, -1])
    meaning = {
        "activation": model.network.activation,
        "loss": model.network.loss_name,
        "image_shape": model.image_shape,
        "classes": model.classes,
    }
    path.write_bytes(save(tensors, {_KEY: json.dumps(meaning)}))


def load(path: Path) -> Model:
    """Read a model.

    Parameters
    ----------
    path
        A file that `save` wrote.

    Returns
    -------
    Model
        Its weights and biases are float32 arrays of their own.

    Raises
    ------
    NetworkError
        If the file is no such model, or its parts do not fit together.
    OSError
        If the file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            meaning = json.loads((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _assemble(meaning, tensors)
    except (SafetensorError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NetworkError(
            f"{path}: not a model of this project ({error}): run `python -m stages.train` again"
        ) from error


def _assemble(meaning: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    """Build the model, or raise `ValueError` or `KeyError` for what does not fit."""
    activation, loss = meaning["activation"], meaning["loss"]
    rows, columns = (int(length) for length in meaning["image_shape"])
    classes = tuple(str(name) for name in meaning["classes"])
    if activation not in ACTIVATIONS or loss not in LOSSES:
        raise ValueError(f"unknown activation {activation} or loss {loss}")
    count = len(tensors) // 2
    hidden = ACTIVATIONS[activation]
    last = LOSSES[loss].output_activation(hidden)
    layers = []
    inputs = rows * columns
    for index in range(count):
        weights, biases = tensors[f"layers.{index}.weights"], tensors[f"layers.{index}.biases"]
        neurons = len(biases)
        if weights.shape != (neurons, inputs) or biases.shape != (neurons,):
            raise ValueError(f"layer {index} does not fit the one before it")
        if weights.dtype != np.float32 or biases.dtype != np.float32:
            raise ValueError(f"layer {index} is not float32")
        joined = np.column_stack([weights, biases])
        layers.append(Dense(joined, hidden if index < count - 1 else last))
        inputs = neurons
        if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
            raise ValueError(f"layer {index} holds numbers that are not finite")
    if len(tensors) != 2 * count:
        raise ValueError("it holds more than layers")
    if not layers or inputs != len(classes):
        raise ValueError(f"{inputs} outputs for {len(classes)} classes")
    return Model(Network(layers, activation, loss), (rows, columns), classes)
