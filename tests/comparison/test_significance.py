"""Tests and intervals: published examples, other computations of the same, and simulation."""

from collections import Counter
from collections.abc import ItemsView

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stages.comparison import significance

# Complete response before and after consolidation therapy (Cavo et al., 2012): 6 and 16 of 161
# patients changed; worked in Fagerland, Lydersen and Laake, "Statistical analysis of contingency
# tables", 2017, chapter 8.
CAVO = 6, 16, 161


def test_mcnemar_of_published_examples() -> None:
    assert significance.mcnemar(*CAVO[:2]) == pytest.approx(0.052479, abs=1e-6)
    # Two media for tubercle bacilli: Armitage and Berry, "Statistical methods in medical research",
    # 1994, page 127.
    assert significance.mcnemar(12, 2) == pytest.approx(0.0129, abs=1e-4)
    assert significance.mcnemar(0, 0) == 1


def test_interval_is_a_little_wider_than_tangos_of_a_published_example() -> None:
    # Tango's interval (1998) of this example is -0.1240 to -0.0054: it leaves out 0, although the
    # exact test gives 5.2 %. Ours agrees with the exact test.
    low, high = significance.paired_interval(*CAVO)
    assert -0.1240 - 0.01 < low < -0.1240
    assert -0.0054 < high < -0.0054 + 0.01
    assert high > 0


def test_interval_agrees_with_random_draws_from_its_definition() -> None:
    rng = np.random.default_rng(1)
    for n_wins, n_losses, n in ((6, 16, 161), (24, 255, 10_000), (12, 2, 50), (0, 7, 360)):
        n_disagree, n_draws = n_wins + n_losses, 200_000
        lower = rng.beta(n_disagree, n - n_disagree + 1, n_draws)
        upper = rng.beta(n_disagree + 1, n - n_disagree, n_draws)
        wins = rng.beta(n_wins, n_losses + 1, n_draws) if n_wins else np.zeros(n_draws)
        bounds = [np.quantile(part * (2 * wins - 1), 0.025) for part in (lower, upper)]
        low, _ = significance.paired_interval(n_wins, n_losses, n)
        assert low == pytest.approx(min(bounds), rel=0.02, abs=2e-4)


@given(n_wins=st.integers(0, 40), n_losses=st.integers(0, 40), n_agree=st.integers(0, 5000))
def test_interval_and_test_never_contradict_each_other(
    n_wins: int, n_losses: int, n_agree: int
) -> None:
    n = max(1, n_wins + n_losses + n_agree)
    low, high = significance.paired_interval(n_wins, n_losses, n)
    assert -1 <= low <= (n_wins - n_losses) / n <= high <= 1
    assert (low > 0 or high < 0) == (significance.mcnemar(n_wins, n_losses) < 0.05)
    mirrored = significance.paired_interval(n_losses, n_wins, n)
    assert mirrored == (-high, -low)


def simulate(wins: float, losses: float, n: int, size: int) -> ItemsView[tuple[int, ...], int]:
    """Draw numbers of wins and losses, and count how often each pair occurs."""
    rng = np.random.default_rng(1)
    draws = rng.multinomial(n, [wins, losses, 1 - wins - losses], size=size)[:, :2]
    return Counter(map(tuple, draws.tolist())).items()


@pytest.mark.parametrize(
    ("wins", "losses", "n"),
    [(0.02, 0.02, 360), (0.05, 0.01, 360), (0.002, 0.001, 10_000), (0.004, 0.012, 10_000)],
)
def test_interval_covers_the_truth_in_95_of_100_cases(wins: float, losses: float, n: int) -> None:
    covered = 0
    for (n_wins, n_losses), times in simulate(wins, losses, n, 1000):
        low, high = significance.paired_interval(n_wins, n_losses, n)
        covered += times * (low <= wins - losses <= high)
    # Exact methods cover a little more than 95 %; the error of 1,000 trials is 1.4 points.
    assert 0.945 <= covered / 1000 <= 0.995


@pytest.mark.parametrize(("disagreement", "n"), [(0.1, 360), (0.01, 10_000), (0.03, 10_000)])
def test_min_detectable_difference_is_found_in_four_of_five_cases(
    disagreement: float, n: int
) -> None:
    difference = significance.min_detectable_difference(disagreement, n)
    wins, losses = (disagreement + difference) / 2, (disagreement - difference) / 2
    n_significant = sum(
        times * (significance.mcnemar(*pair) < 0.05)
        for pair, times in simulate(wins, losses, n, 2000)
    )
    # Connor's formula is for the approximate test; the exact one is a little more cautious.
    assert 0.74 < n_significant / 2000 < 0.84


def test_min_detectable_difference_without_disagreement() -> None:
    assert significance.min_detectable_difference(0, 360) == pytest.approx(7.8 / 360, rel=0.01)
    assert significance.min_detectable_difference(0, 1) == 1


@pytest.mark.parametrize("n", [360, 10_000])
@pytest.mark.parametrize("n_losses", [1, 7, 40])
def test_interval_without_wins_ends_at_clopper_and_pearsons_bound(n_losses: int, n: int) -> None:
    low, _ = significance.paired_interval(0, n_losses, n)
    expected = stats.binomtest(n_losses, n).proportion_ci(method="exact").high
    assert low == pytest.approx(-expected, rel=1e-9)


def test_holm_of_a_published_example() -> None:
    # The example of Wikipedia's page "Holm-Bonferroni method": H1 and H4 are rejected at 5 %.
    corrected = significance.holm([0.01, 0.04, 0.03, 0.005])
    assert corrected == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert significance.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_step_by_step_as_it_is_defined(p_values: list[float]) -> None:
    rejected = set()
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[index] * (len(p_values) - rank) >= 0.05:
            break
        rejected.add(index)
    corrected = significance.holm(p_values)
    assert {i for i, p in enumerate(corrected) if p < 0.05} == rejected
    assert all(p <= more <= 1 for p, more in zip(p_values, corrected, strict=True))
