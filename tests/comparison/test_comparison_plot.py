from pathlib import Path

import numpy as np

from stages.comparison.comparison import RunResult, compare
from stages.comparison.comparison_plot import disagreements
from stages.reporting import plots
from stages.reporting.tables import Predictions

IMAGES = np.random.default_rng(1).integers(256, size=(30, 28, 28)).astype(np.uint8)


def run_result(name: str, predicted: str) -> RunResult:
    actual = np.array(["a"] * 30)
    return RunResult(
        name, {}, Predictions(actual, np.array(list(predicted)), np.linspace(1, 0.5, 30))
    )


def test_images_that_only_one_classifies_correctly(tmp_path: Path) -> None:
    base = run_result("base", "b" * 12 + "a" * 18)
    other = run_result("other", "a" * 28 + "bb")
    figure = disagreements(IMAGES, compare(base, other))
    headings = [text.get_text() for text in figure.texts]
    assert "Correct only with other: the 10 most confident of 12" in headings
    assert "Correct only with base: all 2" in headings
    first, second = figure.axes
    assert (len(first.texts), len(second.texts)) == (10, 2)
    assert first.texts[0].get_text() == "image 0, actual: a\nfirst: b (100 %)\nsecond: a (100 %)"
    plots.save(figure, tmp_path / "picture.png")


def test_no_disagreement_is_a_sentence(tmp_path: Path) -> None:
    base = run_result("base", "a" * 30)
    figure = disagreements(IMAGES, compare(base, base))
    assert "base and base classify the same images correctly" in figure.get_suptitle()
    plots.save(figure, tmp_path / "picture.png")
