import pytest

from stages.experiments.study_report import as_markdown
from stages.experiments.study_results import Claim, Study, VariantResult, columns, rows

RESULTS = (
    VariantResult("plain", 94.17, (0.94, 0.95, 0.945)),
    VariantResult("worse", None, (0.80, 0.82, 0.81)),
    VariantResult("alike", None, (0.95, 0.94, 0.945)),
)
CLAIMS = (
    Claim("It is better.", "plain", "worse"),
    Claim("It is worse.", "worse", "plain"),
    Claim("It differs.", "plain", "alike"),
)
STUDY = Study(RESULTS, "plain", CLAIMS, "the diary")


def test_every_variant_is_compared_with_the_baseline_by_pairs() -> None:
    found = STUDY.against_baseline()
    assert list(found) == ["worse", "alike"]
    assert found["worse"].points == pytest.approx(-13.5)
    # Differences -14, -13, -13.5: t = -13.5 / (0.5 / sqrt 3), 2 degrees of freedom; times two.
    assert found["worse"].p_value == pytest.approx(2 * 0.000457, rel=0.01)
    assert found["worse"].significant
    assert found["alike"].points == pytest.approx(0)
    assert found["alike"].p_value == pytest.approx(1)


def test_a_claim_holds_or_its_opposite_does_or_nothing_is_known() -> None:
    assert [verdict for _, _, verdict in STUDY.claim_verdicts()] == [
        "holds",
        "the opposite holds",
        "no evidence",
    ]


def test_rows_hold_what_the_columns_say() -> None:
    table = list(rows(STUDY, (1, 2, 3)))
    assert all(list(row) == columns((1, 2, 3)) for row in table)
    assert table[0]["published"] == pytest.approx(0.9417)
    assert table[0]["points"] is None
    assert table[1]["std"] == pytest.approx(0.01)
    assert (table[1]["worst"], table[1]["best"], table[1]["seed_2"]) == (0.80, 0.82, 0.82)


def test_markdown_has_both_tables() -> None:
    page = as_markdown(STUDY, "digits")
    assert "| plain | 94.17 % | 94.50 % | 0.50 | 94.00 % | 95.00 % | is the baseline |" in page
    assert "| It is better. | plain with worse | +13.50 points, p = 0.0014 | **holds** |" in page


def test_one_seed_alone_proves_nothing() -> None:
    results = (VariantResult("a", None, (0.9,)), VariantResult("b", None, (0.1,)))
    study = Study(results, "a", (Claim("It is better.", "a", "b"),), "published")
    assert [verdict for _, _, verdict in study.claim_verdicts()] == ["no evidence"]
    assert "| b |  | 10.00 % |  | 10.00 % | 10.00 % | -80.00 points |" in as_markdown(study, "x")
    assert list(rows(study, (1,)))[1]["p_value"] is None
