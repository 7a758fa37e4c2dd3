from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.reporting import calibration, metrics, plots


def evaluation(confidence: np.ndarray, is_correct: np.ndarray) -> metrics.Evaluation:
    outputs = np.column_stack([confidence, 1 - confidence])
    return metrics.evaluate(outputs, np.where(is_correct, 0, 1))


def test_error_of_three_bins_by_hand() -> None:
    confidence = np.repeat([0.55, 0.55, 0.75, 0.99, 1.0, 1.0, 1.0, 1.0], 20)
    is_correct = np.repeat([True, False, True, True, True, True, True, False], 20)
    low, middle, high = bins = calibration.bins(evaluation(confidence, is_correct))
    assert [each.n_images for each in bins] == [40, 20, 100]
    assert (low.confidence, low.accuracy) == pytest.approx((0.55, 0.5))
    assert (middle.confidence, middle.accuracy) == pytest.approx((0.75, 1))
    assert (high.confidence, high.accuracy) == pytest.approx((0.998, 0.8))
    expected = (2 * 0.05 + 1 * 0.25 + 5 * 0.198) / 8
    assert calibration.error(bins) == pytest.approx(expected)


def test_bins_of_a_few_images_are_merged_with_the_next() -> None:
    confidence = np.array([0.55] * 2 + [0.65] + [0.75] * 14 + [0.85] * 30 + [0.95] * 3)
    bins = calibration.bins(evaluation(confidence, confidence > 0.7))
    assert [each.n_images for each in bins] == [17, 30, 3]
    assert bins[0].accuracy == pytest.approx(14 / 17)
    assert bins[0].confidence == pytest.approx((2 * 0.55 + 0.65 + 14 * 0.75) / 17)


def test_predictions_that_are_as_often_right_as_they_say_have_no_error() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.5, 1, 200_000)
    is_correct = rng.random(200_000) < confidence
    assert calibration.error(calibration.bins(evaluation(confidence, is_correct))) < 0.005
    assert calibration.error(calibration.bins(evaluation(confidence, is_correct | True))) > 0.2


@pytest.mark.parametrize("n_images", [1, 2000])
@pytest.mark.parametrize("n_calibration", [0, 6000])
def test_diagram_is_a_png_of_which_nothing_is_cut_off(
    n_images: int, n_calibration: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.5, 1, n_images)
    bins = calibration.bins(evaluation(confidence, rng.random(n_images) < confidence))
    plots.save(plots.reliability(bins, n_calibration), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (border == 255).all()
