"""Model files: the weights of an ensemble, its architecture and its classes, as safetensors."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stages.classifier.calibration import NOT_CALIBRATED, Calibration
from stages.classifier.errors import ModelError
from stages.classifier.novelty import Novelty
from stages.classifier.provenance import UNKNOWN, Provenance
from stages.network.activations import ACTIVATIONS, Activation, Floats
from stages.network.dense import Dense
from stages.network.ensemble import Ensemble
from stages.network.losses import LOSSES
from stages.network.mlp import MAX_ABS_WEIGHT, MLP
from stages.runtime import tensor_file
from stages.runtime.printable import is_printable


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
        Calibration of its outputs.
    novelty
        Tells images that are unlike those of the dataset; None: not fitted, so that none is.
    provenance
        What it was trained with.
    """

    ensemble: Ensemble
    image_shape: tuple[int, int]
    classes: tuple[str, ...]
    dataset: str
    digit_size: int
    calibration: Calibration = NOT_CALIBRATED
    novelty: Novelty | None = None
    provenance: Provenance = UNKNOWN

    def predict(self, images: np.ndarray) -> Answers:
        """Classify images, uint8 (n, rows, columns), and tell which predictions to doubt."""
        outputs = self.ensemble.predict_proba(images)
        return Answers(
            outputs=outputs,
            probabilities=self.calibration.probabilities(outputs),
            is_unsure=self.calibration.is_unsure(outputs),
            is_novel=self.novelty.is_novel(images) if self.novelty else np.zeros(len(images), bool),
        )

    def check_compatible(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Check that images, uint8 (n, rows, columns), and labels, (n,), fit the networks.

        Raises
        ------
        ModelError
            If the images have another size, or a label has no output.
        """
        n_pixels, n_inputs = images[0].size, math.prod(self.image_shape)
        if n_pixels != n_inputs:
            raise ModelError(
                f"the images have {n_pixels} pixels, but the network takes {n_inputs}: use the"
                " images that it was trained on, or train again"
            )
        if labels.max() >= len(self.classes):
            raise ModelError(
                f"label {labels.max()} occurs, but the network has {len(self.classes)} outputs, 0"
                f" to {len(self.classes) - 1}: name the right dataset and train again"
            )


def save(model: Model, path: Path) -> None:
    """Write a model to a file; `OSError` if that fails."""
    tensors = {}
    networks = model.ensemble.networks
    for index, network in enumerate(networks):
        for depth, layer in enumerate(network.layers):
            name = f"networks.{index}.layers.{depth}"
            tensors[f"{name}.weights"] = layer.weights
            tensors[f"{name}.biases"] = layer.biases
    if model.novelty:
        tensors["novelty.components"] = np.ascontiguousarray(model.novelty.components)
        tensors["novelty.quadratic"] = np.ascontiguousarray(model.novelty.quadratic)
        tensors["novelty.limit"] = np.array(model.novelty.limit, np.float32)
    metadata = {
        "ensemble_size": len(networks),
        "activation": networks[0].activation,
        "loss": networks[0].loss_name,
        "image_shape": model.image_shape,
        "classes": model.classes,
        "dataset": model.dataset,
        "digit_size": model.digit_size,
        "calibration": asdict(model.calibration),
        "trained_with": asdict(model.provenance),
    }
    path.write_bytes(tensor_file.to_bytes(tensors, metadata))


def load(path: Path) -> Model:
    """Read a model from a file that `save` wrote.

    Raises
    ------
    ModelError
        If the file is no such model, or its parts do not fit together.
    OSError
        If the file cannot be read.
    """
    try:
        tensors, metadata = tensor_file.read(path)
        return _assemble(metadata, tensors)
    except tensor_file.MALFORMED as error:
        raise ModelError(
            f"{path}: not a model of this project ({error}): run `python -m stages.train` again"
        ) from error


def read_provenance(content: bytes) -> Provenance | None:
    """Read what a model was trained with from its file's content; None if that does not say so."""
    try:
        return Provenance.from_metadata(tensor_file.from_bytes(content)[1]["trained_with"])
    except tensor_file.MALFORMED:
        return None


def _assemble(metadata: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    """Build the model, or raise `ValueError` or `KeyError` for what does not fit."""
    activation, loss = metadata["activation"], metadata["loss"]
    rows, columns = metadata["image_shape"]
    ensemble_size, digit_size = metadata["ensemble_size"], metadata["digit_size"]
    dataset = metadata["dataset"]
    numbers = rows, columns, ensemble_size, digit_size
    if any(type(number) is not int or number < 1 for number in numbers):
        raise ValueError("image_shape, ensemble_size and digit_size must be whole numbers from 1")
    if digit_size > max(rows, columns):
        raise ValueError(f"digits of {digit_size} pixels in images of {rows} x {columns}")
    classes = tuple(metadata["classes"])
    if any(type(name) is not str or not is_printable(name) for name in (*classes, dataset)):
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
    provenance = Provenance.from_metadata(metadata["trained_with"])
    return Model(
        Ensemble(networks),
        (rows, columns),
        classes,
        dataset,
        digit_size,
        calibration,
        novelty,
        provenance,
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
    quadratic, limit = tensors.pop("novelty.quadratic"), tensors.pop("novelty.limit")
    n_values = len(components) + 1
    shapes = (n_values - 1, n_pixels + 1), (n_values, n_values), ()
    if (components.shape, quadratic.shape, limit.shape) != shapes:
        raise ValueError("the arrays of the novelty score do not fit the images")
    for array in (components, quadratic, limit):
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise ValueError("the arrays of the novelty score are not finite float32")
    return Novelty(components, quadratic, float(limit))


def _layer(weights: np.ndarray, biases: np.ndarray, n_inputs: int, activation: Activation) -> Dense:
    if weights.shape != (n_inputs, len(biases)) or biases.ndim != 1 or biases.size == 0:
        raise ValueError("a layer does not fit the one before it")
    for array in (weights, biases):
        if array.dtype != np.float32:
            raise ValueError("weights are not float32")
        if not (np.abs(array) < MAX_ABS_WEIGHT).all():  # False for NaN too
            raise ValueError(f"weights are not finite, or beyond {MAX_ABS_WEIGHT:.0e}")
    return Dense(weights, biases, activation)
