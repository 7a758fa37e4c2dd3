"""Is a difference more than chance? Tests and intervals for two networks on the same images."""

from collections.abc import Sequence

import numpy as np
import scipy

# Significance level: a difference is called real when its p-value is below this.
ALPHA = 0.05
# Power of the smallest difference that a test set can show.
POWER = 0.8
# Quadrature points over a distribution: enough for four digits of an interval.
_N_POINTS = 400


def mcnemar(n_wins: int, n_losses: int) -> float:
    """Compute the p-value of McNemar's exact test.

    Of the images on which two equally good networks disagree, each network gets about half right
    (McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", 1947; exact by the binomial distribution).

    Parameters
    ----------
    n_wins, n_losses
        Number of images that only the first network gets right, and only the second.

    Returns
    -------
    float
        Two-sided, 0 to 1; 1 where they never disagree.
    """
    return (
        float(scipy.stats.binomtest(n_wins, n_wins + n_losses).pvalue) if n_wins + n_losses else 1.0
    )


def paired_interval(n_wins: int, n_losses: int, n: int) -> tuple[float, float]:
    """Compute the 95 % confidence interval of the difference of two accuracies on the same images.

    It excludes 0 exactly where `mcnemar` is below 5 %, so the two never contradict each other (Fay
    and Lumbard, "Confidence intervals for difference in proportions for matched pairs compatible
    with exact McNemar's or sign tests", 2021).

    Parameters
    ----------
    n_wins, n_losses
        Number of images that only the first network gets right, and only the second.
    n
        Number of images.

    Returns
    -------
    tuple of float
        Lower and upper bound, -1 to 1, of the difference (n_wins - n_losses) / n.
    """
    return _lower_bound(n_wins, n_losses, n), -_lower_bound(n_losses, n_wins, n)


def _lower_bound(n_wins: int, n_losses: int, n: int) -> float:
    """Find the difference that a result this high or higher would come from in 2.5 % of cases.

    The difference is T (2 W - 1): T is the fraction of images on which the two disagree, W the
    fraction of these that are wins. Each has a beta distribution, as in Clopper and Pearson's
    interval (1934).
    """
    tail = ALPHA / 2
    n_disagree = n_wins + n_losses
    n_agree = n - n_disagree
    if not n_wins:  # W is 0, and only T is uncertain
        return (
            -float(scipy.special.betaincinv(n_disagree + 1, n_agree, 1 - tail)) if n_agree else -1.0
        )
    quantiles = (np.arange(_N_POINTS) + 0.5) / _N_POINTS
    upper = (
        scipy.special.betaincinv(n_disagree + 1, n_agree, quantiles)
        if n_agree
        else np.ones(_N_POINTS)
    )
    lower = scipy.special.betaincinv(n_disagree, n_agree + 1, quantiles)

    def excess(difference: float) -> float:
        # Disagreement raises a difference above 0 and lowers one below: use the worse of each.
        disagreement = lower if difference > 0 else upper
        bound = np.clip((1 + difference / disagreement) / 2, 0, 1)
        return float(scipy.special.betainc(n_wins, n_losses + 1, bound).mean()) - tail

    return float(scipy.optimize.brentq(excess, -1, 1))


def min_detectable_difference(disagreement: float, n: int) -> float:
    """Compute the smallest difference of accuracies that these images could have shown.

    It is the smallest true difference that McNemar's test at 5 % finds in four of five cases
    (Connor, "Sample size for testing differences in proportions for the paired-sample design",
    1987, solved for the difference).

    Parameters
    ----------
    disagreement
        Fraction of the images that only one of the two networks gets right, 0 to 1. Where the
        difference is larger, the difference is used, since disagreement cannot be smaller.
    n
        Number of images.

    Returns
    -------
    float
        0 to 1; 1 where there are too few images to show anything.
    """
    z_alpha, z_beta = scipy.stats.norm.ppf(1 - ALPHA / 2), scipy.stats.norm.ppf(POWER)

    def excess(difference: float) -> float:
        discordant = max(disagreement, difference)
        required = z_alpha * np.sqrt(discordant) + z_beta * np.sqrt(discordant - difference**2)
        return float(difference * np.sqrt(n) - required)

    return float(scipy.optimize.brentq(excess, 1 / n, 1)) if excess(1) > 0 else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for the number of tests.

    The chance that any corrected p-value of true null hypotheses is below 5 % is at most 5 % (Holm,
    "A simple sequentially rejective multiple test procedure", 1979).

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
