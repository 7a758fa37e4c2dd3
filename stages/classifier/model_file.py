"""Model files: the weights of an ensemble, its architecture and its classes, as safetensors."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from stages.classifier.calibration import NOT_CALIBRATED, Calibration
from stages.classifier.novelty import Novelty
from stages.network.activations import ACTIVATIONS, Activation, Floats
from stages.network.dense import Dense
from stages.network.errors import MALFORMED, NetworkError
from stages.network.losses import LOSSES
from stages.network.mlp import MLP
from stages.runtime.kernels import kernels
from stages.training.ensemble import Ensemble
from stages.training.loop import MAX_ABS_WEIGHT

# All metadata is one text under one key: safetensors writes several keys in an order that changes
# from run to run, and the same network must give the same bytes.
_KEY = "network"
# Safetensors' own limit.
_MAX_HEADER_BYTES = 100_000_000


class Answers(NamedTuple):
    """What a model says of n images.

    Attributes
    ----------
    outputs, probabilities
        float32, (n, classes).
    is_unsure, is_novel
        Reasons to doubt, bool, (n,): the most likely class is not likely enough, or the image is
        unlike the training images.
    """

    outputs: Floats
    probabilities: Floats
    is_unsure: np.ndarray
    is_novel: np.ndarray


@dataclass(frozen=True)
class Model:
    """A trained ensemble, with the meaning of its inputs and outputs.

    Attributes
    ----------
    ensemble
        The networks; often a single one.
    image_shape
        Rows and columns of the images that it takes.
    classes
        Names of the outputs, in order.
    dataset
        Name of the dataset that it was trained on.
    digit_size
        Longest side, in pixels, of what that dataset's images show.
    calibration
        Of its outputs.
    novelty
        Tells images that are unlike those of the dataset; None: not fitted, so that none is.
    """

    ensemble: Ensemble
    image_shape: tuple[int, int]
    classes: tuple[str, ...]
    dataset: str
    digit_size: int
    calibration: Calibration = NOT_CALIBRATED
    novelty: Novelty | None = None

    def predict(self, images: np.ndarray) -> Answers:
        """Classify images, uint8 (n, rows, columns), and tell which predictions to doubt."""
        outputs = self.ensemble.outputs(images)
        return Answers(
            outputs=outputs,
            probabilities=self.calibration.probabilities(outputs),
            is_unsure=self.calibration.is_unsure(outputs),
            is_novel=self.novelty.is_novel(images) if self.novelty else np.zeros(len(images), bool),
        )


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
    networks = model.ensemble.networks
    for index, network in enumerate(networks):
        for depth, layer in enumerate(network.layers):
            name = f"networks.{index}.layers.{depth}"
            tensors[f"{name}.weights"] = np.ascontiguousarray(layer.weights[:, :-1])
            tensors[f"{name}.biases"] = np.ascontiguousarray(layer.weights[:, -1])
    if model.novelty:
        tensors["novelty.components"] = np.ascontiguousarray(model.novelty.components)
        tensors["novelty.quadratic"] = np.ascontiguousarray(model.novelty.quadratic)
    metadata = {
        "ensemble_size": len(networks),
        "activation": networks[0].activation,
        "loss": networks[0].loss_name,
        "image_shape": model.image_shape,
        "classes": model.classes,
        "dataset": model.dataset,
        "digit_size": model.digit_size,
        "calibration": asdict(model.calibration),
        "kernels": kernels(),  # they decide the last digits of the weights
    }
    path.write_bytes(save(tensors, {_KEY: json.dumps(metadata)}))


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
            metadata = json.loads((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _assemble(metadata, tensors)
    except (SafetensorError, *MALFORMED) as error:
        raise NetworkError(
            f"{path}: not a model of this project ({error}): run `python -m stages.train` again"
        ) from error


def read_kernels(file: BinaryIO) -> str | None:
    """Read with which BLAS and kernels a model was trained; None if the file does not say so.

    Parameters
    ----------
    file
        A model's file, open for reading. Of its content only the header is read.
    """
    n_bytes = int.from_bytes(file.read(8), "little")
    if n_bytes > _MAX_HEADER_BYTES:
        return None
    try:
        header = json.loads(file.read(n_bytes))
        found = json.loads(header["__metadata__"][_KEY])["kernels"]
    except MALFORMED:
        return None
    return found if isinstance(found, str) and found.isprintable() else None


def _assemble(metadata: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    """Build the model, or raise `ValueError` or `KeyError` for what does not fit."""
    activation, loss = metadata["activation"], metadata["loss"]
    rows, columns = metadata["image_shape"]
    ensemble_size, digit_size = metadata["ensemble_size"], metadata["digit_size"]
    dataset = metadata["dataset"]
    numbers = rows, columns, ensemble_size, digit_size
    if any(type(number) is not int or number < 1 for number in numbers):
        raise ValueError("image_shape, ensemble_size and digit_size must be whole numbers from 1")
    classes = tuple(metadata["classes"])
    if any(type(name) is not str or not name.isprintable() for name in (*classes, dataset)):
        raise ValueError("names of the dataset and its classes must be printable text")
    if activation not in ACTIVATIONS or loss not in LOSSES:
        raise ValueError(f"unknown activation {activation} or loss {loss}")
    novelty = _novelty(tensors, rows * columns)
    n_layers = len(tensors) // (2 * ensemble_size)
    if n_layers == 0 or len(tensors) != 2 * ensemble_size * n_layers:
        raise ValueError(f"{len(tensors)} arrays for {ensemble_size} networks")
    hidden = ACTIVATIONS[activation]
    functions = [hidden] * (n_layers - 1) + [LOSSES[loss].output_activation(hidden)]
    networks = []
    for index in range(ensemble_size):
        n_inputs = rows * columns
        layers = []
        for depth, function in enumerate(functions):
            name = f"networks.{index}.layers.{depth}"
            weights, biases = tensors[f"{name}.weights"], tensors[f"{name}.biases"]
            layers.append(_layer(weights, biases, n_inputs, function))
            n_inputs = layers[-1].n_neurons
        if n_inputs != len(classes):
            raise ValueError(f"{n_inputs} outputs for {len(classes)} classes")
        networks.append(MLP(layers, activation, loss))
    calibration = _calibration(**metadata["calibration"])
    return Model(
        Ensemble(networks), (rows, columns), classes, dataset, digit_size, calibration, novelty
    )


def _calibration(temperature: float, min_confidence: float, n_images: int) -> Calibration:
    if not (0 < temperature < math.inf and 0 <= min_confidence <= 1 and n_images >= 0):
        raise ValueError("temperature or limit of confidence is out of its range")
    return Calibration(temperature, min_confidence, n_images)


def _novelty(tensors: dict[str, np.ndarray], n_pixels: int) -> Novelty | None:
    """Take the arrays of the novelty score out of `tensors`, if they are there."""
    components = tensors.pop("novelty.components", None)
    if components is None:
        return None
    quadratic = tensors.pop("novelty.quadratic")
    n_values = len(components) + 1
    if components.shape != (n_values - 1, n_pixels + 1) or quadratic.shape != 2 * (n_values,):
        raise ValueError("the arrays of the novelty score do not fit the images")
    for array in (components, quadratic):
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise ValueError("the arrays of the novelty score are not finite float32")
    return Novelty(components, quadratic)


def _layer(weights: np.ndarray, biases: np.ndarray, n_inputs: int, activation: Activation) -> Dense:
    n_neurons = len(biases)
    if weights.shape != (n_neurons, n_inputs) or biases.shape != (n_neurons,):
        raise ValueError("a layer does not fit the one before it")
    joined = np.column_stack([weights, biases])
    if weights.dtype != np.float32 or biases.dtype != np.float32:
        raise ValueError("weights are not float32")
    if not (np.abs(joined) < MAX_ABS_WEIGHT).all():  # False for NaN too
        raise ValueError(f"weights are not finite, or beyond {MAX_ABS_WEIGHT:.0e}")
    return Dense(joined, activation)
