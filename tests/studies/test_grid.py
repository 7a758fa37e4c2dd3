"""Grids: each combination of the values of parameters, and the effect of each value."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from stages.reporting import plots
from stages.studies.cells import CellResult, make_cells
from stages.studies.plot import effects
from stages.studies.report import as_markdown
from stages.studies.results import Study, collect
from stages.studies.specification import StudySpec, read
from stages.study import study
from tests.comparison.test_mean_difference import masks

GRID_VALUES = """\
  train.hidden: [[16], [32, 16]]
  train.learning_rate: [0.1, 0.2, 0.4]
"""
GRID = f"""
seeds: 5
train: {{epochs: 3}}
grid:
{GRID_VALUES}"""


@pytest.fixture
def spec(params: Path) -> StudySpec:
    Path("grid.yaml").write_text(GRID, encoding="utf-8")
    return read(Path("grid.yaml"))


@pytest.fixture
def finished(spec: StudySpec) -> Study:
    """Make up results: the larger network gains 2 points, but 1 with the largest rate."""
    cells = make_cells(spec, ("0", "1"), "data")
    results = {}
    for (name, seed), cell in cells.items():
        accuracy = 0.9 + 0.02 * ("32" in name) - 0.01 * ("0.4" in name and "32" in name)
        accuracy += 0.001 * (seed % 3)
        metrics = {"validation_accuracy": accuracy + 0.01 * ("0.2" in name)}
        results[cell.key] = CellResult(metrics, masks([accuracy])[0])
    return collect(spec, cells, results)


def test_each_combination_is_a_variant(spec: StudySpec) -> None:
    assert [variant.name for variant in spec.variants] == [
        f"hidden {hidden}, learning_rate {rate}"
        for hidden in ("[16]", "[32, 16]")
        for rate in (0.1, 0.2, 0.4)
    ]
    last = spec.variants[-1].params
    assert (last["hidden"], last["learning_rate"], last["epochs"]) == ((32, 16), 0.4, 3)


def test_each_value_is_compared_with_the_first_over_all_values_of_the_others(
    spec: StudySpec, finished: Study
) -> None:
    pairs = [(first.name, second.name) for first, second in spec.comparisons]
    assert pairs == [
        ("hidden [32, 16]", "hidden [16]"),
        ("learning_rate 0.2", "learning_rate 0.1"),
        ("learning_rate 0.4", "learning_rate 0.1"),
    ]
    assert {len(group.variants) for pair in spec.comparisons for group in pair} == {2, 3}
    larger, same, worse = finished.differences
    assert larger.points == pytest.approx(2 - 1 / 3)
    assert (same.points, same.n_better, same.n_worse) == (0, 0, 0)
    assert worse.points == pytest.approx(-0.5)
    assert [each.verdict for each in finished.differences] == ["better", "no evidence", "worse"]


def test_combinations_are_ranked_by_validation(finished: Study) -> None:
    means = [result.validation_mean for result in finished.results]
    assert means == sorted(means, key=lambda mean: -(mean or 0))
    assert finished.results[0].name == "hidden [32, 16], learning_rate 0.2"
    page = as_markdown(finished, "mnist-5k")
    assert page.index("| hidden [32, 16], learning_rate 0.2 |") < page.index("| hidden [16],")
    assert "corrected for 3 comparisons (Holm)" in page


def test_picture_has_the_effect_of_each_value_with_its_interval(
    finished: Study, tmp_path: Path
) -> None:
    figure = effects(finished)
    plots.save(figure, tmp_path / "picture.png")
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "hidden [16]",
        "hidden [32, 16]",
        "learning_rate 0.1",
        "learning_rate 0.2",
        "learning_rate 0.4",
    ]
    drawn = [np.atleast_1d(line.get_xdata()).tolist() for line in axes.lines]
    for difference in finished.differences:
        assert [difference.low, difference.high] in drawn
        assert [difference.points] in drawn


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("train.hidden", "hidden", "no parameter is called hidden; did you mean train.hidden?"),
        ("train.hidden", "train.seed", "no parameter is called train.seed"),
        ("[0.1, 0.2, 0.4]", "[0.1, 0.1]", "train.learning_rate: a value is there twice"),
        ("[0.1, 0.2, 0.4]", "[]", "train.learning_rate: must be a list of values"),
        ("[0.1, 0.2, 0.4]", "0.1", "train.learning_rate: must be a list of values"),
        ("[0.1, 0.2, 0.4]", "[0.1, fast]", "train.learning_rate: 'fast' is not a valid"),
        ("[0.1, 0.2, 0.4]", str(list(range(1, 999))), "1,996 combinations; from 2 to 1,000 fit"),
        (GRID_VALUES, "  train.hidden: [[16]]\n", "has 1 combinations; from 2 to 1,000 fit"),
        ("train: {epochs: 3}", "train: 3", "train: must hold names and values"),
        ("train: {epochs: 3}", "baseline: x", "unknown key baseline"),
        ("grid:\n", "grid: 3\nseed:\n", "unknown key seed; did you mean seeds?"),
    ],
)
def test_invalid_grid_is_one_sentence_that_says_where(
    params: Path, old: str, new: str, message: str
) -> None:
    assert old in GRID
    Path("wrong.yaml").write_text(GRID.replace(old, new), encoding="utf-8")
    result = CliRunner().invoke(study, ["wrong.yaml"])
    assert result.exit_code == 2, result.output
    assert result.output.startswith("Error: wrong.yaml: ")
    assert message in result.output
    assert result.output.count("\n") == 1
