"""Model files: networks, and what their inputs and outputs mean, as safetensors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stages.network.activations import ACTIVATIONS, Activation
from stages.network.dense import Dense
from stages.network.ensemble import Ensemble
from stages.network.errors import MALFORMED, NetworkError
from stages.network.losses import LOSSES
from stages.network.mlp import MLP

# All metadata is one text under one key: safetensors writes several keys in an order that changes
# from run to run, and the same network must give the same bytes.
_KEY = "network"


@dataclass(frozen=True)
class Model:
    """A committee of networks, or one alone, that can be used.

    Attributes
    ----------
    committee
        The networks.
    image_shape
        Rows and columns of the images that they read.
    classes
        Names of the outputs, in order.
    """

    committee: Ensemble
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
    networks = model.committee.networks
    for member, network in enumerate(networks):
        for index, layer in enumerate(network.layers):
            name = f"members.{member}.layers.{index}"
            tensors[f"{name}.weights"] = np.ascontiguousarray(layer.weights[:, :-1])
            tensors[f"{name}.biases"] = np.ascontiguousarray(layer.weights[:, -1])
    meaning = {
        "members": len(networks),
        "activation": networks[0].activation,
        "loss": networks[0].loss_name,
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
    except (SafetensorError, *MALFORMED) as error:
        raise NetworkError(
            f"{path}: not a model of this project ({error}): run `python -m stages.train` again"
        ) from error


def _assemble(meaning: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    """Build the model, or raise `ValueError` or `KeyError` for what does not fit."""
    activation, loss = meaning["activation"], meaning["loss"]
    rows, columns = meaning["image_shape"]
    members = meaning["members"]
    if any(type(number) is not int or number < 1 for number in (rows, columns, members)):
        raise ValueError("members and image_shape are not whole numbers from 1 up")
    classes = tuple(meaning["classes"])
    if any(type(name) is not str or not name.isprintable() for name in classes):
        raise ValueError("names of classes are not text that can be printed")
    if activation not in ACTIVATIONS or loss not in LOSSES:
        raise ValueError(f"unknown activation {activation} or loss {loss}")
    layers = len(tensors) // (2 * members)
    if layers == 0 or len(tensors) != 2 * members * layers:
        raise ValueError(f"{len(tensors)} arrays for {members} networks")
    hidden = ACTIVATIONS[activation]
    functions = [hidden] * (layers - 1) + [LOSSES[loss].output_activation(hidden)]
    networks = []
    for member in range(members):
        inputs = rows * columns
        network = []
        for index, function in enumerate(functions):
            name = f"members.{member}.layers.{index}"
            layer = _layer(tensors[f"{name}.weights"], tensors[f"{name}.biases"], inputs, function)
            network.append(layer)
            inputs = layer.neurons
        if inputs != len(classes):
            raise ValueError(f"{inputs} outputs for {len(classes)} classes")
        networks.append(MLP(network, activation, loss))
    return Model(Ensemble(networks), (rows, columns), classes)


def _layer(weights: np.ndarray, biases: np.ndarray, inputs: int, activation: Activation) -> Dense:
    neurons = len(biases)
    if weights.shape != (neurons, inputs) or biases.shape != (neurons,):
        raise ValueError("a layer does not fit the one before it")
    joined = np.column_stack([weights, biases])
    if weights.dtype != np.float32 or biases.dtype != np.float32 or not np.isfinite(joined).all():
        raise ValueError("weights are not finite float32 numbers")
    return Dense(joined, activation)
