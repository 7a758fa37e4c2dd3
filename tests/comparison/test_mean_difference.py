"""Tests and intervals over seeds: other computations of the same, and simulation."""

import numpy as np
import pytest
from scipy import stats

from stages.comparison import mean_difference


def masks(accuracies: list[float], n_images: int = 1000) -> np.ndarray:
    """Make masks with the given accuracies."""
    n_correct = np.round(np.array(accuracies) * n_images).astype(int)
    mask: np.ndarray = np.arange(n_images) < n_correct[:, np.newaxis]
    return mask


def differences(first: list[float], second: list[float], n_images: int = 1000) -> np.ndarray:
    difference: np.ndarray = masks(first, n_images).astype(float) - masks(second, n_images)
    return difference


A = [0.94, 0.95, 0.945, 0.93, 0.96]
B = [0.93, 0.955, 0.92, 0.925, 0.94]


def test_t_test_is_scipys() -> None:
    expected = stats.ttest_rel(A, B).pvalue
    assert mean_difference.t_test(differences(A, B)) == pytest.approx(expected)


def test_equal_differences_of_one_image_are_no_certainty() -> None:
    one_image = differences([0.95] * 2, [0.95 + 1 / 360] * 2, 360)
    assert mean_difference.t_test(one_image) > 0.05
    assert mean_difference.t_test(differences(A, A)) == 1


@pytest.mark.parametrize(("n_seeds", "n_comparisons"), [(5, 1), (5, 9), (10, 9), (20, 30)])
def test_min_detectable_effect_is_found_in_four_of_five_cases(
    n_seeds: int, n_comparisons: int
) -> None:
    effect = mean_difference.min_detectable_effect(n_seeds, n_comparisons)
    rng = np.random.default_rng(n_seeds)
    # Accuracies of seeds with a standard deviation of 0.2 points, on so many images that these
    # add nothing.
    first, second = 0.002 * rng.normal(size=(2, 2000, n_seeds, 1))
    found = [
        mean_difference.t_test(np.broadcast_to(by_seed, (n_seeds, 10_000))) < 0.05 / n_comparisons
        for by_seed in first - second + 0.002 * effect
    ]
    assert 0.77 < np.mean(found) < 0.83


def simulate(
    rng: np.random.Generator, n_seeds: int, n_images: int, shared: float = 0.0
) -> np.ndarray:
    """Draw the differences of two variants of the same accuracy.

    The chance that an image is classified correctly depends on the image, on the variant and the
    image, which more seeds do not average out, and on the seed; `shared` is the correlation of the
    variants' seed effects.
    """
    image = rng.normal(3, 1, n_images)
    common = rng.normal(0, 0.2, n_seeds)
    variants = []
    for _ in range(2):
        own = rng.normal(0, 0.2, n_seeds)
        seed = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
        logits = image + rng.normal(0, 1.5, n_images) + seed[:, np.newaxis]
        variants.append(rng.random((n_seeds, n_images)) < 1 / (1 + np.exp(-logits)))
    difference: np.ndarray = variants[0].astype(float) - variants[1]
    return difference


@pytest.mark.parametrize("shared", [0.5, 0.0])
def test_interval_covers_the_truth_for_other_seeds_and_other_images(shared: float) -> None:
    rng = np.random.default_rng(1)
    covered = covered_by_seeds_alone = 0
    for _ in range(400):
        drawn = simulate(rng, 5, 360, shared)
        low, high = mean_difference.interval(drawn)
        covered += low <= 0 <= high
        # The test excludes 0 where an interval of the seeds alone does.
        covered_by_seeds_alone += mean_difference.t_test(drawn) >= 0.05
    assert 0.93 < covered / 400 <= 1
    assert covered_by_seeds_alone < covered - 10


def test_interval_shrinks_with_images_and_with_seeds() -> None:
    rng = np.random.default_rng(2)

    def width(n_seeds: int, n_images: int) -> float:
        widths = [
            np.ptp(mean_difference.interval(simulate(rng, n_seeds, n_images))) for _ in range(20)
        ]
        return float(np.mean(widths))

    assert width(10, 2000) < 0.8 * width(10, 300)
    assert width(10, 300) < width(3, 300)
