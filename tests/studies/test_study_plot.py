from pathlib import Path

import numpy as np
import pytest

from stages.reporting import plots
from stages.studies.plot import accuracies
from stages.studies.results import VariantResult
from tests.studies.test_study_results import study_of


def test_every_seed_mean_and_published_accuracy_is_drawn(tmp_path: Path) -> None:
    correct = np.arange(50) < np.array([[[50], [49]], [[5], [10]]])
    results = (
        VariantResult("a", None, correct[0]),
        VariantResult("b", 94.17, correct[1]),
    )
    figure = accuracies(study_of(results, (), published_by="they"), "mnist-5k")
    plots.save(figure, tmp_path / "picture.png")
    [axes] = figure.axes
    axes_box = axes.get_tightbbox()
    assert axes_box is not None
    assert figure.get_suptitle() == "Accuracy on the test images of mnist-5k"
    assert not any(text.get_window_extent().overlaps(axes_box) for text in figure.texts)
    drawn = [np.atleast_1d(line.get_xdata()).tolist() for line in axes.lines]
    # Error rates; that of 100 % accuracy has no logarithm and is drawn as 0.05 %.
    expected = [[0.0005, 0.02], [0.01], [0.9, 0.8], [0.85], [0.0583]]
    assert len(drawn) == len(expected)
    for values, error_rates in zip(drawn, expected, strict=True):
        assert values == pytest.approx(error_rates)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    [legend] = figure.legends
    assert [text.get_text() for text in legend.texts] == ["one seed", "mean", "they"]
