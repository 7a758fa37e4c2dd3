"""Tests and intervals against published examples, against other ways to the same, and by trial."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stages.experiments import significance

# Complete response before and after consolidation therapy (Cavo et al., 2012): 6 and 16 of 161
# patients changed; worked in Fagerland, Lydersen and Laake, "Statistical analysis of contingency
# tables", 2017, chapter 8.
CAVO = 6, 16, 161


def test_mcnemar_of_published_examples():
    assert significance.mcnemar(*CAVO[:2]) == pytest.approx(0.052479, abs=1e-6)
    # Two media for tubercle bacilli: Armitage and Berry, "Statistical methods in medical research",
    # 1994, page 127.
    assert significance.mcnemar(12, 2) == pytest.approx(0.0129, abs=1e-4)
    assert significance.mcnemar(0, 0) == 1


def test_interval_is_a_little_wider_than_tangos_of_a_published_example():
    # Tango's interval (1998) of this example is -0.1240 to -0.0054: it leaves out 0, although the
    # exact test gives 5.2 %. Ours goes with the exact test.
    low, high = significance.paired_interval(*CAVO)
    assert -0.1240 - 0.01 < low < -0.1240
    assert -0.0054 < high < -0.0054 + 0.01
    assert high > 0


def test_interval_is_what_drawing_from_its_definition_gives():
    rng = np.random.default_rng(1)
    for won, lost, images in ((6, 16, 161), (24, 255, 10_000), (12, 2, 50), (0, 7, 360)):
        disagreed, draws = won + lost, 200_000
        least = rng.beta(disagreed, images - disagreed + 1, draws)
        most = rng.beta(disagreed + 1, images - disagreed, draws)
        won_part = rng.beta(won, lost + 1, draws) if won else np.zeros(draws)
        sides = [np.quantile(part * (2 * won_part - 1), 0.025) for part in (least, most)]
        low, _ = significance.paired_interval(won, lost, images)
        assert low == pytest.approx(min(sides), rel=0.02, abs=2e-4)


@given(won=st.integers(0, 40), lost=st.integers(0, 40), agreed=st.integers(0, 5000))
def test_interval_and_test_never_contradict_each_other(won, lost, agreed):
    images = max(1, won + lost + agreed)
    low, high = significance.paired_interval(won, lost, images)
    assert -1 <= low <= (won - lost) / images <= high <= 1
    assert (low > 0 or high < 0) == (significance.mcnemar(won, lost) < 0.05)
    mirrored = significance.paired_interval(lost, won, images)
    assert mirrored == (-high, -low)


def trials(won, lost, images, size):
    """Draw how many images are won and lost, and count how often it comes to the same."""
    rng = np.random.default_rng(1)
    draws = rng.multinomial(images, [won, lost, 1 - won - lost], size=size)[:, :2]
    return Counter(map(tuple, draws.tolist())).items()


@pytest.mark.parametrize(
    ("won", "lost", "images"),
    [(0.02, 0.02, 360), (0.05, 0.01, 360), (0.002, 0.001, 10_000), (0.004, 0.012, 10_000)],
)
def test_interval_covers_the_truth_in_95_of_100_cases(won, lost, images):
    covered = 0
    for (its_won, its_lost), times in trials(won, lost, images, 1000):
        low, high = significance.paired_interval(its_won, its_lost, images)
        covered += times * (low <= won - lost <= high)
    # Exact methods cover a little more than they promise; 1,000 trials leave a doubt of 1.4 points.
    assert 0.945 <= covered / 1000 <= 0.995


@pytest.mark.parametrize(("disagreement", "images"), [(0.1, 360), (0.01, 10_000), (0.03, 10_000)])
def test_detectable_difference_is_found_in_four_of_five_cases(disagreement, images):
    difference = significance.detectable(disagreement, images)
    won, lost = (disagreement + difference) / 2, (disagreement - difference) / 2
    found = sum(
        times * (significance.mcnemar(*pair) < 0.05)
        for pair, times in trials(won, lost, images, 2000)
    )
    # Connor's formula is for the approximate test; the exact one is a little more cautious.
    assert 0.74 < found / 2000 < 0.84


def test_no_disagreement_still_leaves_a_smallest_difference_that_would_show():
    assert significance.detectable(0, 360) == pytest.approx(7.8 / 360, rel=0.01)
    assert significance.detectable(0, 1) == 1


def test_paired_t_of_students_own_example():
    # Hours of sleep that two drugs gave ten patients: "The probable error of a mean", 1908.
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert significance.paired_t(one, other) == pytest.approx(0.002833, abs=1e-6)
    assert significance.paired_t(one, one) == 1
    assert significance.paired_t([1, 2, 3], [2, 3, 4]) < 1e-6


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=10))
def test_paired_t_is_one_sample_t_of_the_differences(pairs):
    ones, others = (np.round(column, 3) for column in zip(*pairs, strict=True))
    differences = ones - others
    deviation = differences.std(ddof=1)
    if deviation > 1e-6:
        t = differences.mean() / (deviation / np.sqrt(len(pairs)))
        expected = 2 * stats.t.sf(abs(t), len(pairs) - 1)
        assert significance.paired_t(ones, others) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_holm_of_a_published_example():
    # The example of Wikipedia's page "Holm-Bonferroni method": H1 and H4 are rejected at 5 %.
    corrected = significance.holm([0.01, 0.04, 0.03, 0.005])
    assert corrected == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert significance.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_step_by_step_as_it_is_defined(p_values):
    rejected = set()
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[index] * (len(p_values) - rank) >= 0.05:
            break
        rejected.add(index)
    corrected = significance.holm(p_values)
    assert {i for i, p in enumerate(corrected) if p < 0.05} == rejected
    assert all(p <= more <= 1 for p, more in zip(p_values, corrected, strict=True))
