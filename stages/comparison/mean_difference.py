"""Compare two variants trained with several seeds: tests and an interval of the mean difference.

Each variant is a mask of the test images that each seed's network classifies correctly: bool,
(n_seeds, n_images). Both have the same seeds and the same images.
"""

import numpy as np

from stages.comparison.significance import ALPHA

# Permutations beyond this number are sampled.
_MAX_PERMUTATIONS = 10_000


def t_test(a: np.ndarray, b: np.ndarray, paired: bool) -> float:
    """Compute the p-value of a t-test that two variants have the same mean accuracy.

    It counts seeds only: it holds on these test images. Accuracies are multiples of 1 / n_images,
    so a few seeds can have the same difference by chance: the standard deviation of a seed's
    difference is taken to be at least one image.

    Parameters
    ----------
    a, b
        Masks of the correct images, bool, (n_seeds, n_images); at least two seeds.
    paired
        Student's test of the differences by seed (Student, "The probable error of a mean", 1908);
        else Welch's test (Welch, "The generalization of 'Student's' problem when several different
        population variances are involved", 1947).

    Returns
    -------
    float
        Two-sided, 0 to 1.
    """
    from scipy.stats import t

    difference = a.mean() - b.mean()
    variance, df = _seed_variance(a, b, paired)
    return float(2 * t.sf(abs(difference) / np.sqrt(variance), df))


def permutation_test(a: np.ndarray, b: np.ndarray, paired: bool) -> float:
    """Compute the p-value of a permutation test that two variants have the same accuracies.

    It assumes no distribution: a seed that fails does not mislead it (Fisher, "The design of
    experiments", 1935). Exact up to 10,000 permutations, sampled with a fixed seed beyond.

    Parameters
    ----------
    a, b
        Masks of the correct images, bool, (n_seeds, n_images).
    paired
        Exchange the two variants within seeds (the signs of the differences); else exchange all
        networks.

    Returns
    -------
    float
        Two-sided, 0 to 1. Never below 2 / 2^n_seeds if paired.
    """
    from scipy import stats

    def difference(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        result: np.ndarray = a.sum(axis=axis) - b.sum(axis=axis)
        return result

    result = stats.permutation_test(
        (a.sum(axis=1), b.sum(axis=1)),
        difference,
        permutation_type="samples" if paired else "independent",
        vectorized=True,
        n_resamples=_MAX_PERMUTATIONS,
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


def interval(a: np.ndarray, b: np.ndarray, paired: bool) -> tuple[float, float]:
    """Compute the 95 % confidence interval of the mean difference, for other seeds and images.

    A model of two crossed random effects, seeds and images: the variance of the mean is the sum of
    what each contributes, estimated by the method of moments (Cornfield and Tukey, "Average values
    of mean squares in factorials", 1956), its degrees of freedom are Satterthwaite's ("An
    approximate distribution of estimates of variance components", 1946). A bootstrap over a few
    seeds is too narrow, since it has no t distribution.

    Parameters
    ----------
    a, b
        Masks of the correct images, bool, (n_seeds, n_images); at least two of each.
    paired
        As in `t_test`.

    Returns
    -------
    tuple of float
        Lower and upper bound of the accuracy of `a` minus that of `b`, -1 to 1.
    """
    from scipy.stats import t

    n_seeds, n_images = a.shape
    seed_variance, seed_df = _seed_variance(a, b, paired)
    if paired:
        residual_variance = _residual_variance(a.astype(np.int8) - b)
    else:
        residual_variance = _residual_variance(a) + _residual_variance(b)
    image_differences = a.mean(axis=0) - b.mean(axis=0)
    excess = image_differences.var(ddof=1) - residual_variance / n_seeds
    image_variance = max(0.0, excess) / n_images
    variance = seed_variance + image_variance
    df = variance**2 / (seed_variance**2 / seed_df + image_variance**2 / (n_images - 1))
    half_width = max(
        t.ppf(1 - ALPHA / 2, df) * np.sqrt(variance),
        # More degrees of freedom must not make it narrower than the interval of the seeds alone.
        t.ppf(1 - ALPHA / 2, seed_df) * np.sqrt(seed_variance),
    )
    difference = a.mean() - b.mean()
    return max(-1.0, float(difference - half_width)), min(1.0, float(difference + half_width))


def _seed_variance(a: np.ndarray, b: np.ndarray, paired: bool) -> tuple[float, float]:
    """Estimate the variance of the mean difference over seeds, and its degrees of freedom."""
    n_seeds, n_images = a.shape
    smallest = 1 / n_images**2 / n_seeds
    if paired:
        differences = a.mean(axis=1) - b.mean(axis=1)
        return max(float(differences.var(ddof=1)) / n_seeds, smallest), n_seeds - 1
    variances = np.array([mask.mean(axis=1).var(ddof=1) / n_seeds for mask in (a, b)])
    total = float(variances.sum())
    if total <= smallest:
        return smallest, n_seeds - 1
    return total, float((n_seeds - 1) * total**2 / (variances**2).sum())


def _residual_variance(values: np.ndarray) -> float:
    """Estimate the variance that neither the seed nor the image explains."""
    n_seeds, n_images = values.shape
    residuals = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return float((residuals**2).sum() / ((n_seeds - 1) * (n_images - 1)))
