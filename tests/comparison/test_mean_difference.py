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


A = [0.94, 0.95, 0.945, 0.93, 0.96]
B = [0.93, 0.955, 0.92, 0.925, 0.94]


def test_t_tests_are_scipys() -> None:
    assert mean_difference.t_test(masks(A), masks(B), paired=True) == pytest.approx(
        stats.ttest_rel(A, B).pvalue
    )
    assert mean_difference.t_test(masks(A), masks(B), paired=False) == pytest.approx(
        stats.ttest_ind(A, B, equal_var=False).pvalue
    )


@pytest.mark.parametrize("paired", [True, False])
def test_equal_differences_of_one_image_are_no_certainty(paired: bool) -> None:
    a, b = masks([0.95] * 2, 360), masks([0.95 + 1 / 360] * 2, 360)
    assert mean_difference.t_test(a, b, paired) > 0.05
    assert mean_difference.t_test(a, a, paired) == 1


def test_permutation_test_of_fishers_pairs() -> None:
    # Darwin's maize, heights in eighths of an inch: Fisher, "The design of experiments", 1935,
    # section 21: 863 of the 32,768 sign patterns have a sum of 314 or more; 0.02634 one-sided.
    differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    a, b = masks([(200 + d) / 1000 for d in differences]), masks([0.2] * 15)
    # More than 10,000 patterns: sampled.
    expected = 2 * 863 / 32_768
    assert mean_difference.permutation_test(a, b, paired=True) == pytest.approx(expected, rel=0.1)


def test_permutation_test_of_five_seeds_is_exact() -> None:
    a, b = masks([0.96, 0.97, 0.96, 0.97, 0.96]), masks([0.91, 0.92, 0.9, 0.91, 0.92])
    assert mean_difference.permutation_test(a, b, paired=True) == pytest.approx(2 / 2**5)
    assert mean_difference.permutation_test(a, b, paired=False) == pytest.approx(2 / 252)


def simulate(
    rng: np.random.Generator, n_seeds: int, n_images: int, shared: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw two variants of the same accuracy.

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
    return variants[0], variants[1]


@pytest.mark.parametrize(("paired", "shared"), [(True, 0.5), (False, 0.0)])
def test_interval_covers_the_truth_for_other_seeds_and_other_images(
    paired: bool, shared: float
) -> None:
    rng = np.random.default_rng(1)
    covered = covered_by_seeds_alone = 0
    for _ in range(400):
        a, b = simulate(rng, 5, 360, shared)
        low, high = mean_difference.interval(a, b, paired)
        covered += low <= 0 <= high
        # The test excludes 0 where an interval of the seeds alone does.
        covered_by_seeds_alone += mean_difference.t_test(a, b, paired) >= 0.05
    assert 0.93 < covered / 400 <= 1
    assert covered_by_seeds_alone < covered - 20


def test_interval_shrinks_with_images_and_with_seeds() -> None:
    rng = np.random.default_rng(2)

    def width(n_seeds: int, n_images: int) -> float:
        widths = [
            np.ptp(mean_difference.interval(*simulate(rng, n_seeds, n_images), paired=False))
            for _ in range(20)
        ]
        return float(np.mean(widths))

    assert width(10, 2000) < 0.8 * width(10, 300)
    assert width(10, 300) < width(3, 300)
