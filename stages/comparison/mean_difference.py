"""Compare two variants trained with the same seeds: a test and an interval of the mean difference.

`differences` holds for each seed and each test image whether only the first variant's network
classifies it correctly, 1, only the second's, -1, or both or none, 0; or a mean over several pairs
of variants: float64, (n_seeds, n_images).
"""

import numpy as np
import scipy

from stages.comparison.significance import ALPHA, POWER


def t_test(differences: np.ndarray) -> float:
    """Compute the p-value of the paired t-test that two variants have the same mean accuracy.

    Student, "The probable error of a mean", 1908, of the differences by seed. It counts seeds only:
    it holds on these test images. A difference by seed is paired whether or not the networks have
    weights in common; where they have, it varies less. Where some seeds fail, the test finds less
    than elsewhere, but errs no more often.

    Parameters
    ----------
    differences
        At least two seeds.

    Returns
    -------
    float
        Two-sided, 0 to 1.
    """
    statistic = abs(differences.mean()) / np.sqrt(_seed_variance(differences))
    return float(2 * scipy.stats.t.sf(statistic, len(differences) - 1))


def min_detectable_effect(n_seeds: int, n_comparisons: int) -> float:
    """Compute the smallest difference that the tests of a study find in four of five cases.

    Parameters
    ----------
    n_seeds
        At least 2.
    n_comparisons
        Number of tests that Holm's method corrects for; the power is that of its first step.

    Returns
    -------
    float
        Difference of two variants' true mean accuracies, as a multiple of the standard deviation of
        their accuracies over the seeds, for seeds that have nothing in common.
    """
    df = n_seeds - 1
    critical = scipy.stats.t.ppf(1 - ALPHA / 2 / n_comparisons, df)

    def excess(effect: float) -> float:
        # The difference of two independent accuracies has twice the variance.
        return float(scipy.stats.nct.sf(critical, df, effect * np.sqrt(n_seeds / 2))) - POWER

    return float(scipy.optimize.brentq(excess, 0, 100 * critical))


def interval(differences: np.ndarray) -> tuple[float, float]:
    """Compute the 95 % confidence interval of the mean difference, for other seeds and images.

    A model of two crossed random effects, seeds and images: the variance of the mean is the sum of
    what each contributes, estimated by the method of moments (Cornfield and Tukey, "Average values
    of mean squares in factorials", 1956), its degrees of freedom are Satterthwaite's ("An
    approximate distribution of estimates of variance components", 1946). A bootstrap over a few
    seeds is too narrow, since it has no t distribution.

    Parameters
    ----------
    differences
        At least two seeds and two images.

    Returns
    -------
    tuple of float
        Lower and upper bound of the first variant's accuracy minus the second's, -1 to 1.
    """
    n_seeds, n_images = differences.shape
    seed_variance, seed_df = _seed_variance(differences), n_seeds - 1
    excess = differences.mean(axis=0).var(ddof=1) - _residual_variance(differences) / n_seeds
    image_variance = max(0.0, excess) / n_images
    variance = seed_variance + image_variance
    df = variance**2 / (seed_variance**2 / seed_df + image_variance**2 / (n_images - 1))
    half_width = max(
        scipy.stats.t.ppf(1 - ALPHA / 2, df) * np.sqrt(variance),
        # More degrees of freedom must not make it narrower than the interval of the seeds alone.
        scipy.stats.t.ppf(1 - ALPHA / 2, seed_df) * np.sqrt(seed_variance),
    )
    mean = differences.mean()
    return max(-1.0, float(mean - half_width)), min(1.0, float(mean + half_width))


def _seed_variance(differences: np.ndarray) -> float:
    """Estimate the variance of the mean difference over seeds.

    Accuracies are multiples of 1 / n_images, so a few seeds can have the same difference by chance:
    the standard deviation of a seed's difference is taken to be at least one image.
    """
    n_seeds, n_images = differences.shape
    variance: float = max(differences.mean(axis=1).var(ddof=1), 1 / n_images**2) / n_seeds
    return variance


def _residual_variance(values: np.ndarray) -> float:
    """Estimate the variance that neither the seed nor the image explains."""
    n_seeds, n_images = values.shape
    residuals = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return float((residuals**2).sum() / ((n_seeds - 1) * (n_images - 1)))
