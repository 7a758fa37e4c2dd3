"""What `dvc plots diff` shows side by side: pictures of two runs."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from stages.reporting import metrics, plots

RNG = np.random.default_rng(1)
IMAGES = RNG.integers(256, size=(200, 28, 28)).astype(np.uint8)
LABELS = np.repeat([0, 1], 100)
CLASSES = ("zero", "one")
HISTORY = {
    "epoch": [1.0, 2.0],
    "learning_rate": [0.1, 0.1],
    "train_loss": [2.0, 1.0],
    "train_accuracy": [0.5, 0.6],
    "validation_loss": [2.0, 1.5],
    "validation_accuracy": [0.4, 0.5],
}


def evaluation(n_wrong_zeros: int, n_wrong_ones: int) -> metrics.Evaluation:
    predicted = LABELS.copy()
    predicted[:n_wrong_zeros] = 1
    predicted[100 : 100 + n_wrong_ones] = 0
    return metrics.evaluate(np.eye(2, dtype=np.float32)[predicted], LABELS)


def color_of_wrong_zeros(figure: Figure) -> tuple[float, ...]:
    [image] = figure.axes[0].images
    array = image.get_array()
    assert array is not None
    return tuple(image.to_rgba(array[0, 1]))


@pytest.mark.parametrize(
    "figure",
    [
        plots.learning_curves(HISTORY),
        plots.confusion(evaluation(2, 3), CLASSES),
        plots.misclassified(IMAGES, evaluation(2, 3), CLASSES),
        plots.weights(RNG.normal(size=(70, 784)).astype(np.float32), (28, 28)),
    ],
    ids=["learning curves", "confusion", "misclassified", "weights"],
)
def test_two_pictures_fit_beside_each_other(figure: Figure, tmp_path: Path) -> None:
    plots.save(figure, tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.width <= 640


def test_same_error_rate_has_the_same_colour_in_every_confusion_matrix() -> None:
    good, bad = (plots.confusion(evaluation(2, n_wrong), CLASSES) for n_wrong in (0, 50))
    assert color_of_wrong_zeros(good) == color_of_wrong_zeros(bad)
    worse = plots.confusion(evaluation(4, 0), CLASSES)
    assert color_of_wrong_zeros(worse) != color_of_wrong_zeros(good)
