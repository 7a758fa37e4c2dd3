from dataclasses import replace

import numpy as np
import pytest

from stages.studies.report import as_markdown, power
from stages.studies.results import (
    COMPARISONS,
    Study,
    VariantResult,
    variant_row,
)
from stages.studies.specification import Claim, Comparison, Group, StudySpec
from tests.comparison.test_mean_difference import masks


def variant(
    name: str,
    accuracies: list[float],
    published: float | None = None,
    n_images: int = 1000,
) -> VariantResult:
    return VariantResult(name, published, masks(accuracies, n_images))


def with_baseline(*names: str) -> tuple[Comparison, ...]:
    """Compare the variants of the other names with that of the first."""
    first, *others = (Group(name, (name,)) for name in names)
    return tuple((other, first) for other in others)


def study_of(
    results: tuple[VariantResult, ...],
    comparisons: tuple[Comparison, ...],
    claims: tuple[Claim, ...] = (),
    published_by: str = "published",
) -> Study:
    seeds = tuple(range(1, len(results[0].accuracies) + 1))
    return Study(StudySpec((), comparisons, seeds, claims, published_by), results)


RESULTS = (
    variant("plain", [0.94, 0.95, 0.945, 0.94, 0.95], 94.17),
    variant("worse", [0.80, 0.82, 0.81, 0.81, 0.82]),
    variant("alike", [0.95, 0.94, 0.945, 0.95, 0.94]),
)
CLAIMS = (
    Claim("It is better.", "plain", "worse"),
    Claim("It is worse.", "worse", "plain"),
    Claim("It differs.", "plain", "alike"),
)
STUDY = study_of(RESULTS, with_baseline("plain", "worse", "alike"), CLAIMS, "the diary")


def test_every_variant_is_compared_with_the_baseline() -> None:
    worse, alike = STUDY.differences
    assert (worse.first, worse.second, worse.verdict) == ("worse", "plain", "worse")
    assert worse.points == pytest.approx(-13.3)
    assert worse.p_value is not None
    assert worse.p_value < 1e-4
    assert worse.low is not None
    assert worse.high is not None
    assert worse.low < -13.3 < worse.high < 0
    assert (alike.n_better, alike.n_worse, alike.verdict) == (2, 2, "no evidence")


def test_a_claim_holds_or_its_opposite_does_or_there_is_no_evidence() -> None:
    assert [verdict for _, _, verdict in STUDY.claim_verdicts()] == [
        "holds",
        "the opposite holds",
        "no evidence",
    ]


def test_one_comparison_has_one_p_on_the_page() -> None:
    # Three claims about pairs that are compared with the baseline too: two comparisons, not five.
    assert len(STUDY.differences) == 2
    page = as_markdown(STUDY, "mnist-5k")
    assert page.count("p = ") + page.count("p < ") == 2
    assert "corrected for 2 comparisons (Holm)" in page


def test_a_variant_has_a_row_of_its_figures() -> None:
    table = [variant_row(result, (1, 2, 3, 4, 5)) for result in STUDY.results]
    assert table[0]["published"] == pytest.approx(0.9417)
    assert table[1]["std"] == pytest.approx(0.008367, rel=1e-3)
    assert (table[1]["worst"], table[1]["best"], table[1]["seed_2"]) == (0.80, 0.82, 0.82)


def test_comparisons_are_rows_too() -> None:
    worse, alike = map(vars, STUDY.differences)
    assert set(COMPARISONS) <= set(worse)
    assert (worse["first"], worse["second"]) == ("worse", "plain")
    assert (alike["n_better"], alike["n_worse"]) == (2, 2)


def test_markdown_has_the_variants_their_comparisons_and_the_claims() -> None:
    page = as_markdown(STUDY, "mnist-5k")
    # No variant has validation images, and none has failed seeds: there are no empty columns.
    assert "| variant | the diary | mean | ± sd | worst | best |\n" in page
    assert "| plain | 94.17 % | 94.50 % | 0.50 | 94.00 % | 95.00 % |" in page
    assert "| alike with plain | +0.00 | " in page
    assert " | 2 of 5 seeds, equal in 1 | p = 1 | no evidence |" in page
    assert "| It is better. | plain with worse | +13.30 | **holds** |" in page
    assert "| It differs. | plain with alike | +0.00 | **no evidence** |" in page
    assert "5 seeds without a failure do not exclude a failure rate below 45 %" in page
    assert "it holds on these test images" in page


@pytest.mark.parametrize("n_seeds", [1, 2, 3, 4])
def test_fewer_than_five_seeds_give_figures_and_no_verdict(n_seeds: int) -> None:
    results = (variant("a", [0.9] * n_seeds), variant("b", [0.1] * n_seeds))
    study = study_of(results, with_baseline("a", "b"), (Claim("It is better.", "a", "b"),))
    assert [verdict for _, _, verdict in study.claim_verdicts()] == ["too few seeds"]
    page = as_markdown(study, "x")
    assert "| b with a | -80.00 | " in page
    assert "p = " not in page
    assert "p < " not in page
    assert "Fewer than 5 seeds allow no verdict." in page
    assert [difference.p_value for difference in study.differences] == [None]
    assert "no verdicts: 5 seeds are needed" in power(n_seeds, 1)


def test_a_variant_that_fails_in_some_seeds_is_called_so_and_is_no_evidence() -> None:
    results = (
        variant("steady", [0.95, 0.952, 0.948, 0.951, 0.95]),
        variant("fails", [0.99, 0.90, 0.99, 0.89, 0.99]),
        # A difference that all seeds agree on is found, failed seeds or not.
        variant("low", [0.5, 0.51, 0.5, 0.4, 0.5]),
    )
    study = study_of(results, with_baseline("steady", "fails", "low"))
    assert "| fails in 2 of 5 seeds |" in as_markdown(study, "x")
    assert [difference.verdict for difference in study.differences] == ["no evidence", "worse"]


def test_a_seed_that_is_exactly_the_margin_below_the_median_has_failed() -> None:
    assert variant("x", [0.97, 0.92, 0.97]).n_failed == 1


def test_a_large_difference_is_found_among_nine_though_seeds_fail() -> None:
    alike = [variant(f"alike {n}", [0.5, 0.51, 0.5, 0.4, 0.51]) for n in range(9)]
    better = variant("better", [0.94, 0.95, 0.94, 0.88, 0.95])
    results = (*alike, better)
    study = study_of(results, with_baseline(*(result.name for result in results)))
    assert (alike[0].n_failed, better.n_failed) == (1, 1)
    verdicts = [difference.verdict for difference in study.differences]
    assert verdicts == [*["no evidence"] * 8, "better"]


def test_what_a_study_can_find_is_told_before_it_runs() -> None:
    assert power(5, 9) == (
        "5 seeds and 9 comparisons find, in four of five cases, a difference of 4.3 standard"
        " deviations of a variant's accuracy over the seeds; 10 seeds would find 2.1"
    )
    assert power(5, 9) in as_markdown(made_up_study(np.random.default_rng(1), 10, 5), "x")
    assert power(1, 1).startswith("with 1 seed and 1 comparison there are figures")
    assert power(5, 0) == "nothing is compared"


def made_up_study(
    rng: np.random.Generator, n_variants: int, n_seeds: int, failure_rate: float = 0.0
) -> Study:
    """Make up a study whose variants are the same: 96 to 98 % of 360 images, by seed.

    Seeds that fail have 10 points less.
    """
    seeds = rng.normal(0.97, 0.005, (n_variants, n_seeds, 1)).clip(max=1)
    seeds -= 0.1 * (rng.random(seeds.shape) < failure_rate)
    correct = rng.random((n_variants, n_seeds, 360)) < seeds
    results = tuple(VariantResult(str(i), None, mask) for i, mask in enumerate(correct))
    return study_of(results, with_baseline(*(result.name for result in results)))


def is_any_significant(study: Study) -> bool:
    return any(difference.verdict in ("better", "worse") for difference in study.differences)


@pytest.mark.parametrize("failure_rate", [0.0, 0.2, 0.4])
def test_studies_of_eight_copies_call_one_significant_in_at_most_5_percent(
    failure_rate: float,
) -> None:
    rng = np.random.default_rng(1)
    studies = [made_up_study(rng, 8, 5, failure_rate) for _ in range(60)]
    # Binomial: with a true rate of 5 %, more than 7 of 60 come in 1 % of cases.
    assert sum(map(is_any_significant, studies)) <= 7


@pytest.mark.parametrize("n_seeds", range(2, 11))
def test_two_copies_are_called_different_in_at_most_5_percent(n_seeds: int) -> None:
    rng = np.random.default_rng(n_seeds)
    n_significant = sum(is_any_significant(made_up_study(rng, 2, n_seeds)) for _ in range(150))
    # Binomial: with a true rate of 5 %, more than 14 of 150 come in 1 % of cases.
    assert n_significant <= (14 if n_seeds >= 5 else 0)


def test_names_with_pipes_and_line_breaks_stay_in_their_cell() -> None:
    results = (variant("a|b", [0.9]), variant("c\nd", [0.9]))
    page = as_markdown(study_of(results, with_baseline("a|b", "c\nd")), "x")
    assert r"| a\|b |" in page
    assert r"| c d with a\|b |" in page


def test_the_best_variant_is_chosen_by_validation_and_not_by_the_test_images() -> None:
    good_on_test, good_on_validation = (
        replace(variant(name, accuracies), validation_accuracies=validation)
        for name, accuracies, validation in (
            ("a", [0.95, 0.97], (0.90, 0.91)),
            ("b", [0.91, 0.92], (0.96, 0.97)),
        )
    )
    study = study_of((good_on_test, good_on_validation), with_baseline("a", "b"))
    assert study.best_by_validation is good_on_validation
    assert "b has the highest validation accuracy" in as_markdown(study, "mnist-5k")
    assert "highest validation accuracy" not in as_markdown(study_of((good_on_test,), ()), "x")
    without = study_of((good_on_validation, variant("c", [0.9, 0.9])), with_baseline("b", "c"))
    assert without.best_by_validation is None
    assert "highest validation accuracy" not in as_markdown(without, "mnist-5k")
