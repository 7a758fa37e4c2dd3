import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.comparison import ranking_plot, ranking_report
from stages.comparison.comparison import RunResult
from stages.comparison.ranking import Ranking, rank
from stages.reporting import plots
from stages.reporting.tables import Predictions


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
RANKING = rank(BASE, RUNS)


def test_summary_says_which_are_really_better_and_that_the_best_flatters() -> None:
    assert ranking_report.summary(RANKING, "test") == (
        "Compared with base on the same 360 test images, good is really better; bad is really"
        " worse; luck is different by no more than luck can explain; copy is identical in every"
        " prediction. The best of 5 runs on the same images looks better than it is: choose with"
        " `--on validation` instead."
    )
    assert "measure the chosen one on the test images" in ranking_report.summary(
        RANKING, "validation"
    )


def test_table_is_sorted_best_first_and_has_only_the_parameters_that_differ() -> None:
    page = ranking_report.page(RANKING, "test", ["Note."], "picture.png", in_markdown=True)
    summary, note, table, method, picture = page.split("\n\n")
    assert summary.startswith("**Compared with base")
    assert note == "Note."
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert cells[0][-2:] == ["epochs", "seed"]
    assert [line[0] for line in cells[2:]] == ["good", "luck", "base", "copy", "bad"]
    assert cells[2][-2:] == ["40", "1"]
    assert cells[4][3:7] == ["", "", "", "base"]
    assert "corrected for 4 comparisons (Holm)" in method
    assert "picture.png" in picture
    same = rank(BASE, [run_result("same", N < 340, epochs=10, seed=1)])
    assert same.changed_params() == {}


def test_p_values_are_corrected_for_the_number_of_runs() -> None:
    close = run_result("close", N < 336)
    alone, among = rank(BASE, [close]), rank(BASE, [close, *RUNS])
    assert alone.others[0].p_value == pytest.approx(2 / 2**6)
    assert alone.others[0].verdict == "better"
    (corrected,) = [ranked for ranked in among.others if ranked.run.name == "close"]
    assert corrected.p_value > 0.05
    assert corrected.verdict == "no evidence"


def test_json_has_the_same_order_and_verdicts() -> None:
    content = json.loads(ranking_report.as_json(RANKING, "test", [], None))
    assert [run["name"] for run in content["runs"]] == ["good", "luck", "base", "copy", "bad"]
    assert [run.get("verdict") for run in content["runs"]] == [
        "better",
        "no evidence",
        None,
        "identical",
        "worse",
    ]
    assert content["runs"][0]["params"] == {"epochs": 40, "seed": 1}


def aa_ranking(rng: np.random.Generator) -> Ranking:
    """Make up ten networks of the same accuracy that differ by their seeds."""
    difficulty = rng.normal(3.5, 2, 360)
    runs = [
        run_result(str(seed), rng.random(360) < 1 / (1 + np.exp(-difficulty))) for seed in range(10)
    ]
    return rank(runs[0], runs[1:])


def test_ten_seeds_of_the_same_parameters_are_called_different_in_one_of_twenty() -> None:
    rng = np.random.default_rng(1)
    rankings = [aa_ranking(rng) for _ in range(60)]
    n_significant = sum(
        any(ranked.verdict in ("better", "worse") for ranked in ranking.others)
        for ranking in rankings
    )
    assert n_significant <= 60 / 20


def test_picture_has_every_run_the_best_at_the_top(tmp_path: Path) -> None:
    figure = ranking_plot.accuracies(RANKING, "test")
    (axes,) = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["good", "luck", "base (base)", "copy", "bad"]
    assert axes.yaxis_inverted()
    assert figure.get_suptitle() == "Accuracy on 360 test images, with 95 % intervals"
    path = tmp_path / "picture.png"
    plots.save(figure, path)
    axes_box = axes.get_tightbbox()
    assert axes_box is not None
    assert not any(text.get_window_extent().overlaps(axes_box) for text in figure.texts)
    with Image.open(path) as picture:
        assert min(picture.size) > 200
