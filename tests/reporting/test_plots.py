import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from stages.reporting import metrics, picture_plots, plots
from stages.reporting.answers import answers

RNG = np.random.default_rng(1)
IMAGES = RNG.integers(256, size=(60, 28, 28)).astype(np.uint8)
LABELS = RNG.integers(3, size=60)
CLASSES = ("zero", "one", "two")
OUTPUTS = RNG.random((60, 3)).astype(np.float32)
HISTORY = {
    "epoch": [1.0, 2.0],
    "learning_rate": [0.1, 0.1],
    "train_loss": [2.0, 1.0],
    "train_accuracy": [0.5, 0.6],
    "clean_train_accuracy": [0.75, 0.875],
    "validation_loss": [2.0, 1.5],
    "validation_accuracy": [0.4, 0.5],
}
NO_VALIDATION = HISTORY | dict.fromkeys(("validation_loss", "validation_accuracy"), [np.nan] * 2)
FORMULAS = (r"$\frac{$", "$x$", "<b>&amp;")
LONG_NAMES = ("a name of a class that is far too long", "b", "ankle boot")
DOUBTS = RNG.random((2, 60)) < 0.3
ANSWERS = answers(OUTPUTS, *DOUBTS)
EVALUATION = metrics.evaluate(OUTPUTS, LABELS)
PERFECT = metrics.evaluate(np.eye(3, dtype=np.float32)[LABELS], LABELS)
MANY = metrics.evaluate(RNG.random((900, 60)).astype(np.float32), RNG.integers(60, size=900))
N_MISCLASSIFIED = int((EVALUATION.predicted != LABELS).sum())
FIRST_LAYER = RNG.normal(size=(70, 784)).astype(np.float32)


def predictions(names: list[str], classes: Sequence[str]) -> Figure:
    boxes = [(4, 4, 24, 24)] * len(names)
    return picture_plots.predictions(names, list(IMAGES), boxes, IMAGES, ANSWERS, classes)


FIGURES: dict[str, Callable[[], Figure]] = {
    "samples": lambda: plots.samples(IMAGES[:10], LABELS[:10], CLASSES),
    "one sample": lambda: plots.samples(IMAGES[:1], LABELS[:1], CLASSES),
    "samples that are not square": lambda: plots.samples(IMAGES[:3, :9], LABELS[:3], CLASSES),
    "learning curves": lambda: plots.learning_curves(HISTORY),
    "no validation images": lambda: plots.learning_curves(NO_VALIDATION),
    "one epoch": lambda: plots.learning_curves({name: v[:1] for name, v in HISTORY.items()}),
    "no epochs": lambda: plots.learning_curves({name: [] for name in HISTORY}),
    "confusion": lambda: plots.confusion(EVALUATION, CLASSES),
    "confusion with long names": lambda: plots.confusion(EVALUATION, LONG_NAMES),
    "confusion with names like formulas": lambda: plots.confusion(EVALUATION, FORMULAS),
    "confusion of many classes": lambda: plots.confusion(MANY, [f"class {i}" for i in range(60)]),
    "misclassified": lambda: plots.misclassified(IMAGES, EVALUATION, CLASSES),
    "misclassified with long names": lambda: plots.misclassified(IMAGES, EVALUATION, LONG_NAMES),
    "misclassified with names like formulas": lambda: plots.misclassified(
        IMAGES, EVALUATION, FORMULAS
    ),
    "none misclassified": lambda: plots.misclassified(IMAGES, PERFECT, CLASSES),
    "predictions": lambda: predictions(["a.png", "b $x_1.png"], CLASSES),
    "many predictions": lambda: predictions(["a.png"] * 60, LONG_NAMES),
    "few weights": lambda: plots.weights(FIRST_LAYER[:5], (28, 28)),
    "weights": lambda: plots.weights(FIRST_LAYER, (28, 28)),
}


def curves(axes: Axes) -> list[list[float]]:
    return [np.asarray(line.get_ydata()).tolist() for line in axes.lines]


def title(figure: Figure) -> str:
    return figure.get_suptitle()


# Fifty pictures below each other take as long as ten other figures.
TALL = pytest.param("many predictions", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", [TALL, *[name for name in FIGURES if name != "many predictions"]])
def test_every_figure_is_a_png_whose_texts_neither_overlap_nor_are_cut_off(
    name: str, tmp_path: Path
) -> None:
    figure = FIGURES[name]()
    plots.save(figure, tmp_path / "picture.part")
    with Image.open(tmp_path / "picture.part") as picture:
        assert picture.format == "PNG"
        assert picture.info == {}  # neither a time nor a version
        pixels = np.asarray(picture)
    # A text that is cut off reaches the border.
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (border == 255).all()
    texts = [*figure.texts, *(text for axes in figure.axes for text in (axes.title, *axes.texts))]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    for index, box in enumerate(boxes):
        assert box.count_overlaps(boxes[:index]) == 0, texts[index]


def test_names_of_files_are_not_written_over_the_numbers_of_the_axis_above(tmp_path: Path) -> None:
    figure = predictions(["a.png"] * 3, LONG_NAMES)
    plots.save(figure, tmp_path / "picture.png")
    for above, below in itertools.pairwise(figure.axes[2::3]):
        numbers = [label.get_window_extent() for label in above.get_xticklabels()]
        assert below.title.get_window_extent().count_overlaps(numbers) == 0


def test_same_figure_gives_the_same_bytes_whatever_the_users_settings(tmp_path: Path) -> None:
    plots.save(plots.confusion(EVALUATION, CLASSES), tmp_path / "one.png")
    mpl.rcParams["font.size"] = 30
    plots.save(plots.confusion(EVALUATION, CLASSES), tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_characters_that_the_font_lacks_are_one_warning(tmp_path: Path) -> None:
    figure = plots.samples(IMAGES[:3], np.arange(3), ("\uac00\ub098", "\u0905", "A"))
    with pytest.warns(UserWarning, match="plots show boxes for some characters") as caught:
        plots.save(figure, tmp_path / "samples.png")
    assert len(caught) == 1


def test_samples_show_each_image_below_its_label() -> None:
    [axes] = plots.samples(IMAGES[:7], LABELS[:7], CLASSES).axes
    assert [text.get_text() for text in axes.texts] == [CLASSES[label] for label in LABELS[:7]]
    [mosaic] = axes.images
    pixels = np.asarray(mosaic.get_array())
    for image, text in zip(IMAGES, axes.texts, strict=False):
        x, y = text.get_position()
        top, left = round(y + 0.5 + 0.07 * 28 / 1.6), round(x + 0.5 - 14.5)
        np.testing.assert_array_equal(pixels[top : top + 28, left : left + 28], image)


def test_learning_curves_show_every_column_of_the_history() -> None:
    loss, accuracy, learning_rate = plots.learning_curves(HISTORY).axes
    assert curves(loss) == [[2, 1], [2, 1.5]]
    assert curves(accuracy) == [[50, 60], [75, 87.5], [40, 50]]
    assert curves(learning_rate) == [[0.1, 0.1]]
    loss, accuracy, _ = plots.learning_curves(NO_VALIDATION).axes
    assert len(loss.lines) == 1
    assert len(accuracy.lines) == 2


@pytest.mark.parametrize("is_augmented", [True, False])
def test_learning_curves_say_augmented_only_where_it_is_on(is_augmented: bool) -> None:
    [legend] = plots.learning_curves(HISTORY, is_augmented=is_augmented).legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels[0].startswith("during training")
    assert ["augmented" in label for label in labels] == [is_augmented, False, False]


def test_names_of_classes_do_not_lie_on_the_networks_input(tmp_path: Path) -> None:
    figure = predictions(["a.png"], LONG_NAMES)
    plots.save(figure, tmp_path / "picture.png")
    _, network_input, bars = figure.axes
    names = [label.get_window_extent() for label in bars.get_yticklabels()]
    assert min(name.x0 for name in names) >= network_input.get_window_extent().x1


def test_most_confident_misclassified_image_comes_first() -> None:
    figure = plots.misclassified(IMAGES, EVALUATION, CLASSES)
    wrong = np.flatnonzero(EVALUATION.predicted != LABELS)
    worst = wrong[EVALUATION.confidence[wrong].argmax()]
    assert figure.axes[0].texts[0].get_text() == (
        f"actual: {CLASSES[LABELS[worst]]}\n"
        f"predicted: {CLASSES[EVALUATION.predicted[worst]]}\n"
        f"image {worst}, {100 * EVALUATION.confidence[worst]:.0f} % sure"
    )


def test_title_counts_the_misclassified_images() -> None:
    many = plots.misclassified(IMAGES, EVALUATION, CLASSES)
    expected = "Misclassified test images: 20 of {}, most confident first"
    assert title(many) == expected.format(N_MISCLASSIFIED)
    wrong_labels = (EVALUATION.predicted[:4] + 1) % 3
    few = plots.misclassified(IMAGES, metrics.evaluate(OUTPUTS[:4], wrong_labels), CLASSES)
    assert title(few) == "Misclassified test images: 4 of 4, most confident first"
    none = plots.misclassified(IMAGES, PERFECT, CLASSES)
    assert title(none) == "All 60 test images are classified correctly"


def test_weights_show_the_neurons_with_the_largest_norms() -> None:
    weights = FIRST_LAYER.copy()
    weights[66] *= 3
    weights[3] *= 2
    weights[10] = 0
    figure = plots.weights(weights, (28, 28))
    assert "64 of 70 neurons" in title(figure)
    [mosaic] = figure.axes[0].images
    pixels = np.asarray(mosaic.get_array())
    for index, neuron in enumerate((66, 3)):
        scaled = weights[neuron].reshape(28, 28) / np.abs(weights[neuron]).max()
        np.testing.assert_allclose(
            pixels[2:30, index * 30 + 1 : index * 30 + 29], scaled, rtol=1e-6
        )
