import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest

from stages.classifier import calibration, novelty
from stages.classifier.model_file import Model, load, save
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.pictures.mnist_format import to_mnist_format
from tests.helpers import mnist_5k, non_digits
from tests.helpers.commands import ROOT, run
from tests.helpers.made_breaks import drawn

TRAINING, VALIDATION, OTHERS = np.split(mnist_5k.load()[0], [3600, 4000])


@pytest.fixture(scope="module")
def fitted() -> novelty.Novelty:
    return fit(TRAINING, VALIDATION)


def fit(images: np.ndarray, validation_images: np.ndarray | None) -> novelty.Novelty:
    result = novelty.fit(images, validation_images, np.random.default_rng(1))
    assert result is not None
    return result


def untrained_model(fitted: novelty.Novelty) -> Model:
    network = MLP.random((784, 30, 10), "relu", "cross_entropy", np.random.default_rng(1))
    calibrated = calibration.fit(network.predict_proba(VALIDATION), mnist_5k.load()[1][3600:4000])
    classes = tuple("0123456789")
    return Model(Ensemble([network]), (28, 28), classes, "mnist-5k", 20, calibrated, fitted)


def test_scribbles_are_novel_and_digits_are_not(fitted: novelty.Novelty) -> None:
    assert fitted.is_novel(VALIDATION).sum() <= novelty.MAX_NOVEL_FRACTION * len(VALIDATION)
    assert fitted.is_novel(OTHERS).mean() < 0.03
    for kind, least in (("hand", 0.7), ("scribble", 0.5)):
        assert fitted.is_novel(non_digits.make(kind, 60, seed=1)).mean() > least


def test_score_is_the_quadratic_form_of_pixels(fitted: novelty.Novelty) -> None:
    images = TRAINING[:1100]  # more than a block
    pixels = np.column_stack([images.reshape(len(images), -1) / 255, np.ones(len(images))])
    values = np.column_stack([pixels @ fitted.components.T, np.ones(len(images))])
    expected = np.einsum("ni,ij,nj->n", values, fitted.quadratic, values)
    np.testing.assert_allclose(fitted.scores(images), expected, atol=1e-4)


def test_same_images_give_the_same_score() -> None:
    one, two = (fit(TRAINING[:300], VALIDATION) for _ in range(2))
    np.testing.assert_array_equal(one.quadratic, two.quadratic)
    np.testing.assert_array_equal(one.components, two.components)
    assert one.limit == two.limit


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1000, 3, 4), np.uint8),
        np.full((1000, 3, 4), 255, np.uint8),
        np.tile(TRAINING[:1], (1000, 1, 1)),
        np.random.default_rng(1).integers(256, size=(1000, 9, 7)).astype(np.uint8),
    ],
    ids=["empty images", "images all alike", "digits all alike", "small images"],
)
def test_any_training_images_have_a_score(images: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = fit(images, None)
    assert np.isfinite(fitted.scores(images)).all()
    assert fitted.is_novel(images[-100:]).sum() <= 1


def test_no_validation_image_is_at_the_limit(fitted: novelty.Novelty) -> None:
    """Where it was, rounding decided: other kernels gave other answers."""
    assert np.abs(fitted.scores(VALIDATION) - fitted.limit).min() > 1e-4


@pytest.mark.parametrize("n_images", [1, 99])
def test_few_validation_images_set_no_limit(n_images: int) -> None:
    assert novelty.fit(TRAINING, VALIDATION[:n_images], np.random.default_rng(1)) is None
    assert novelty.fit(TRAINING[: 10 * n_images], None, np.random.default_rng(1)) is None


def test_large_images_take_no_more_memory_than_those_of_mnist() -> None:
    images = np.random.default_rng(1).integers(256, size=(200, 300, 300), dtype=np.uint8)
    tracemalloc.start()
    fitted = fit(images, images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300e6
    assert len(fitted.components) < 10  # as of few images


SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from stages.classifier import calibration, novelty
from stages.classifier.model_file import load

alike = np.full((1000, 3, 4), 255, np.uint8)
fitted = novelty.fit(alike, None, np.random.default_rng(1))
images = np.load(sys.argv[2])
said = load(Path(sys.argv[1])).predict(images)
print(fitted.is_novel(alike).sum(), *map(int, said.is_novel), *map(int, said.is_unsure))
"""


@pytest.mark.parametrize("kernels", ["Haswell", "Sandybridge", "Prescott"])
def test_doubt_is_the_same_with_any_kernels(
    fitted: novelty.Novelty, kernels: str, tmp_path: Path
) -> None:
    model = untrained_model(fitted)
    save(model, tmp_path / "model")
    np.save(tmp_path / "images.npy", VALIDATION)
    said = model.predict(VALIDATION)
    done = run(
        sys.executable,
        "-c",
        SCRIPT,
        tmp_path / "model",
        tmp_path / "images.npy",
        cwd=ROOT,
        DIGITS_KERNELS="native",
        OPENBLAS_CORETYPE=kernels,
    )
    n_alike, *doubts = map(int, done.stdout.split())
    assert n_alike == 0
    assert doubts == [*said.is_novel, *said.is_unsure]


def test_score_is_kept_in_the_model_file(fitted: novelty.Novelty, tmp_path: Path) -> None:
    save(untrained_model(fitted), tmp_path / "model")
    is_novel = load(tmp_path / "model").predict(TRAINING).is_novel
    np.testing.assert_array_equal(is_novel, fitted.is_novel(TRAINING))


def test_lone_bars_are_novel(fitted: novelty.Novelty) -> None:
    rng = np.random.default_rng(1)
    ends = [(np.deg2rad(angle), rng.uniform(0.06, 0.15)) for angle in rng.uniform(-30, 30, 40)]
    lines = [[[(0.0, 0.0), (np.cos(angle), np.sin(angle))]] for angle, _ in ends]
    bars = [drawn(line, 100, 100 * width) for line, (_, width) in zip(lines, ends, strict=True)]
    images = np.stack([to_mnist_format(bar, 20) for bar in bars])
    assert fitted.is_novel(images).mean() > 0.5
