"""Is a difference more than luck? Tests and intervals for results that come in pairs."""

import warnings
from collections.abc import Sequence

import numpy as np

# What is called evidence: a result that luck alone would give less often than this.
LEVEL = 0.05
# How often a difference must come to light to be one that a test set can show.
POWER = 0.8
# Enough points of a distribution for four digits of an interval.
_POINTS = 400


def mcnemar(won: int, lost: int) -> float:
    """Compute the p-value of McNemar's exact test.

    Of the images on which two networks disagree, each would be right about half if they were
    equally good (McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", 1947; exact by the binomial distribution).

    Parameters
    ----------
    won, lost
        How many images one of the networks alone gets right, and the other alone.

    Returns
    -------
    float
        Two-sided, 0 to 1; 1 where they never disagree.
    """
    from scipy.stats import binomtest

    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def paired_interval(won: int, lost: int, images: int) -> tuple[float, float]:
    """Compute the 95 % confidence interval of the difference of two accuracies on the same images.

    It leaves out 0 exactly where `mcnemar` is below 5 %, so that the two never contradict each
    other (Fay and Lumbard, "Confidence intervals for difference in proportions for matched pairs
    compatible with exact McNemar's or sign tests", 2021).

    Parameters
    ----------
    won, lost
        How many images one of the networks alone gets right, and the other alone.
    images
        How many there are in all.

    Returns
    -------
    tuple of float
        Its ends, -1 to 1, for (won - lost) / images.
    """
    return _lower_end(won, lost, images), -_lower_end(lost, won, images)


def _lower_end(won: int, lost: int, images: int) -> float:
    """Find the difference that something as far up as this would exceed in 2.5 % of cases.

    The difference is T (2 W - 1): T is the part of images on which they disagree, W the part of
    these that are won. What is known of each is a beta distribution, Clopper and Pearson's ends.
    """
    from scipy.optimize import brentq
    from scipy.special import betainc, betaincinv

    tail = LEVEL / 2
    disagreed = won + lost
    parts = (np.arange(_POINTS) + 0.5) / _POINTS
    agreed = images - disagreed
    most = betaincinv(disagreed + 1, agreed, parts) if agreed else np.ones(_POINTS)
    if not won:  # W is 0, and only T is uncertain
        return -float(np.quantile(most, 1 - tail))
    least = betaincinv(disagreed, agreed + 1, parts)

    def excess(difference: float) -> float:
        # Disagreement works for a difference above 0 and against one below: the worse of each.
        part = least if difference > 0 else most
        bound = np.clip((1 + difference / part) / 2, 0, 1)
        return float(betainc(won, lost + 1, bound).mean()) - tail

    return float(brentq(excess, -1, 1))


def detectable(disagreement: float, images: int) -> float:
    """Compute how small a difference of accuracies these images could have shown.

    The smallest true difference that McNemar's test at 5 % would find in four of five cases
    (Connor, "Sample size for testing differences in proportions for the paired-sample design",
    1987, solved for the difference).

    Parameters
    ----------
    disagreement
        Part of the images that only one of the two networks gets right, 0 to 1. It is taken to be
        as large as the difference at the least, for it cannot be smaller.
    images
        How many there are.

    Returns
    -------
    float
        0 to 1; 1 where there are too few images to show anything.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    by_luck, by_power = norm.ppf(1 - LEVEL / 2), norm.ppf(POWER)

    def excess(difference: float) -> float:
        part = max(disagreement, difference)
        needed = by_luck * np.sqrt(part) + by_power * np.sqrt(part - difference**2)
        return float(difference * np.sqrt(images) - needed)

    return float(brentq(excess, 1 / images, 1)) if excess(1) > 0 else 1.0


def paired_t(ones: Sequence[float], others: Sequence[float]) -> float:
    """Compute the p-value of Student's t-test on pairs, that their mean difference is not 0.

    Student, "The probable error of a mean", 1908.

    Parameters
    ----------
    ones, others
        Results that belong together two by two, as from the same seed; at least two.

    Returns
    -------
    float
        Two-sided, 0 to 1; 1 where no pair differs.
    """
    from scipy.stats import ttest_rel

    if np.array_equal(ones, others):
        return 1.0
    with warnings.catch_warnings():  # pairs that all differ alike leave nothing to luck: 0
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(ttest_rel(ones, others).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number.

    One of many would often be small by luck; after this, the chance that any is below 5 % without
    reason is at most 5 % (Holm, "A simple sequentially rejective multiple test procedure", 1979).

    Parameters
    ----------
    p_values
        0 to 1.

    Returns
    -------
    list of float
        In the same order, 0 to 1.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected
