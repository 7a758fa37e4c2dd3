import numpy as np
import pytest
from PIL import Image

from stages.experiments.comparison import RunResult, compare
from stages.experiments.study_results import Study, VariantResult
from stages.reporting import metrics, plots
from stages.reporting.tables import Predictions

RNG = np.random.default_rng(1)
IMAGES = RNG.integers(256, size=(30, 28, 28)).astype(np.uint8)
LABELS = RNG.integers(3, size=30)
CLASSES = ("zero", "one", "two")
OUTPUTS = RNG.random((30, 3)).astype(np.float32)
HISTORY = {
    "epoch": [1.0, 2.0],
    "learning_rate": [0.1, 0.1],
    "train_loss": [2.0, 1.0],
    "validation_loss": [2.0, 1.5],
    "train_accuracy": [0.5, 0.6],
    "validation_accuracy": [float("nan")] * 2,
}
FORMULAS = (r"$\frac{$", "$x$", "<b>&amp;")
EVALUATION = metrics.evaluate(OUTPUTS, LABELS)
PERFECT = metrics.evaluate(np.eye(3, dtype=np.float32)[LABELS], LABELS)
NAMES = np.array(CLASSES)
SIDES = [
    RunResult(name, {}, Predictions(NAMES[LABELS], NAMES[predicted], EVALUATION.confidence))
    for name, predicted in (("one", EVALUATION.predicted), ("two", PERFECT.predicted))
]
STUDY = Study(
    (
        VariantResult("a", None, np.ones((2, 50), bool), ()),
        VariantResult("b", 94.17, np.arange(50) < [[5], [10]], ()),
    ),
    "a",
    (),
    "they",
)

FIGURES = {
    "samples": lambda: plots.samples(IMAGES[:10], LABELS[:10], CLASSES),
    "one sample": lambda: plots.samples(IMAGES[:1], LABELS[:1], CLASSES),
    "learning curves": lambda: plots.learning_curves(HISTORY),
    "no epochs": lambda: plots.learning_curves({name: [] for name in HISTORY}),
    "confusion": lambda: plots.confusion(EVALUATION, CLASSES),
    "mistakes": lambda: plots.mistakes(IMAGES, EVALUATION, CLASSES),
    "no mistakes": lambda: plots.mistakes(IMAGES, PERFECT, CLASSES),
    "changes": lambda: plots.changes(IMAGES, compare(*SIDES)),
    "no changes": lambda: plots.changes(IMAGES, compare(*SIDES[:1] * 2)),
    "study": lambda: plots.study(STUDY, "digits"),
    "predictions": lambda: plots.predictions(["a.png", "b $x_1.png"], IMAGES, OUTPUTS, CLASSES),
    "many predictions": lambda: plots.predictions(["a.png"] * 60, IMAGES, OUTPUTS, CLASSES),
    "names that look like formulas": lambda: plots.confusion(EVALUATION, FORMULAS),
    "mistakes that look like formulas": lambda: plots.mistakes(IMAGES, EVALUATION, FORMULAS),
    "weights": lambda: plots.weights(RNG.random((5, 784)).astype(np.float32), (28, 28)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_picture_can_be_drawn_and_opened(name, tmp_path):
    plots.save(FIGURES[name](), tmp_path / "picture.part")
    with Image.open(tmp_path / "picture.part") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 100
        assert not picture.text  # type: ignore[attr-defined]  # no time, no version


def test_same_figure_gives_same_bytes_whatever_the_readers_settings(tmp_path):
    import matplotlib as mpl

    plots.save(plots.confusion(EVALUATION, CLASSES), tmp_path / "one.png")
    mpl.rcParams["font.size"] = 30
    plots.save(plots.confusion(EVALUATION, CLASSES), tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_mistakes_are_the_most_confident_first():
    titles = [axes.get_title() for axes in plots.mistakes(IMAGES, EVALUATION, CLASSES).axes]
    wrong = np.flatnonzero(EVALUATION.predicted != LABELS)
    worst = wrong[EVALUATION.confidence[wrong].argmax()]
    assert f"image {worst}," in titles[0]
