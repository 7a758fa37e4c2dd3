import numpy as np
import pytest

from stages.comparison.comparison import Comparison, RunResult, changed_params, compare
from stages.comparison.report import as_text, sentence, to_dict
from stages.reporting.metrics import Predictions


def run_result(name: str, is_correct: np.ndarray, **params: object) -> RunResult:
    actual = np.full(len(is_correct), "a")
    predicted = np.where(is_correct, "a", "b")
    return RunResult(name, params, Predictions(actual, predicted, np.ones(len(actual))))


N = np.arange(360)
BASE = run_result("base", N < 330, epochs=10, seed=1)
RUNS = [
    run_result("luck", (N < 333) & (N > 1), epochs=10, seed=2),
    run_result("bad", N < 200, epochs=1, seed=1),
    run_result("good", N < 352, epochs=40, seed=1),
    run_result("copy", N < 330, epochs=10, seed=1),
]
COMPARISONS = compare(BASE, RUNS)
CLASSES = ("a", "b")


def test_summary_says_which_are_really_better_and_that_the_best_flatters() -> None:
    assert sentence(COMPARISONS, "test") == (
        "Compared with base on the same 360 test images, good is really better; bad is really"
        " worse; luck is different by no more than luck can explain; copy is identical in every"
        " prediction. The best of 5 runs on the same images looks better than it is: choose with"
        " `--on validation` instead."
    )
    assert "measure the chosen one on the test images" in sentence(COMPARISONS, "validation")


def test_table_is_sorted_best_first_and_has_only_the_parameters_that_differ() -> None:
    printed = as_text(COMPARISONS, "test", CLASSES, ["Note."], in_markdown=True)
    summary, note, table, method = printed.split("\n\n")
    assert summary.startswith("**Compared with base")
    assert note == "Note."
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert cells[0][-2:] == ["epochs", "seed"]
    assert [line[0] for line in cells[2:]] == ["good", "luck", "base", "copy", "bad"]
    assert cells[2][-2:] == ["40", "1"]
    assert cells[4][3:7] == ["", "", "", "base"]
    assert "corrected for 4 comparisons (Holm)" in method
    assert changed_params(compare(BASE, [run_result("same", N < 340, epochs=10, seed=1)])) == {}


def test_p_values_are_corrected_for_the_number_of_runs() -> None:
    close = run_result("close", N < 336)
    [alone], among = compare(BASE, [close]), compare(BASE, [close, *RUNS])
    assert alone.p_value == pytest.approx(2 / 2**6)
    assert alone.verdict == "better"
    [corrected] = [comparison for comparison in among if comparison.other.name == "close"]
    assert corrected.p_value > 0.05
    assert corrected.verdict == "no evidence"


def test_json_has_the_same_order_and_verdicts() -> None:
    content = to_dict(COMPARISONS, "test", CLASSES, [])
    assert [run["name"] for run in content["runs"]] == ["good", "luck", "base", "copy", "bad"]
    assert [run.get("verdict") for run in content["runs"]] == [
        "better",
        "no evidence",
        None,
        "identical",
        "worse",
    ]
    assert content["runs"][0]["params"] == {"epochs": 40, "seed": 1}


def aa_comparisons(rng: np.random.Generator) -> list[Comparison]:
    """Make up ten networks of the same accuracy that differ by their seeds."""
    difficulty = rng.normal(3.5, 2, 360)
    runs = [
        run_result(str(seed), rng.random(360) < 1 / (1 + np.exp(-difficulty))) for seed in range(10)
    ]
    return compare(runs[0], runs[1:])


def test_ten_seeds_of_the_same_parameters_are_called_different_in_one_of_twenty() -> None:
    rng = np.random.default_rng(1)
    n_significant = sum(
        any(comparison.verdict in ("better", "worse") for comparison in aa_comparisons(rng))
        for _ in range(60)
    )
    assert n_significant <= 60 / 20
