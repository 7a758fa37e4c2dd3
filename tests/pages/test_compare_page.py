"""The page that compares runs, in a browser."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from stages.comparison.comparison import RunResult, compare
from stages.pages import compare_page
from stages.reporting.metrics import Predictions
from tests.browser import Page

RNG = np.random.default_rng(1)
N = 200
CLASSES = ("0", "1", "2")
ACTUAL = RNG.choice(CLASSES, N)
IMAGES = RNG.integers(256, size=(N, 28, 28)).astype(np.uint8)


def history(n_epochs: int, validation: float) -> Mapping[str, np.ndarray]:
    epochs = np.arange(1.0, n_epochs + 1)
    names = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    columns = {name: np.full(n_epochs, validation) for name in names}
    return columns | {"epoch": epochs}


def run_result(name: str, n_wrong: int, n_epochs: int = 8, **params: object) -> RunResult:
    """Make a run that is wrong on the first images: it takes a 0 for a 1, and so on."""
    predicted = ACTUAL.copy()
    predicted[:n_wrong] = [CLASSES[(int(each) + 1) % 3] for each in ACTUAL[:n_wrong]]
    predictions = Predictions(ACTUAL, predicted, np.linspace(0.5, 1, N))
    return RunResult(name, params, predictions, history(n_epochs, 1 - n_wrong / N))


BASE = run_result("main", 30, epochs=8, seed=1)
OTHERS = [
    run_result("wide", 10, 12, epochs=12, seed=1),
    run_result("bad", 90, 1, epochs=1, seed=1),
    run_result("a-name-of-an-experiment-that-is-rather-long", 31, epochs=8, seed=2),
]


class Show(Protocol):
    def __call__(self, others: list[RunResult], images: np.ndarray | None = IMAGES) -> Page: ...


@pytest.fixture
def show(browser: webdriver.Chrome, tmp_path: Path) -> Show:
    def show(others: list[RunResult], images: np.ndarray | None = IMAGES) -> Page:
        comparisons = compare(BASE, others)
        html = compare_page.render(comparisons, "test", CLASSES, ["Note: a note."], images)
        (tmp_path / "compare.html").write_text(html, encoding="utf-8")
        return Page(browser, tmp_path / "compare.html")

    return show


def test_two_runs_have_a_verdict_and_all_that_differs(show: Show) -> None:
    page = show(OTHERS[:1])
    assert page.find("#verdict").text.startswith("wide is better than main by 10.00 points")
    assert "Note: a note." in page.find("#notes").text
    assert page.find("#notes code").text == "python -m stages.study --help"
    assert not page.find("#choice").is_displayed()
    rows = [row.text.split()[0] for row in page.find_all("#runs tbody tr")]
    assert rows == ["wide", "main"]
    assert page.find("#params tbody").text.split() == ["epochs", "12", "8"]
    assert page.find("#fixed-title").text == "20 images that only wide gets right"
    assert page.find("#regressed-title").text == "0 images that only main gets right"
    captions = [each.text.split("\n") for each in page.find_all("#fixed figcaption")]
    # Of those that differ the last ones have the largest confidence.
    expected = [
        [ACTUAL[index], f"{(int(ACTUAL[index]) + 1) % 3} → {ACTUAL[index]}"]
        for index in range(29, 9, -1)
    ]
    assert captions == expected
    pixels = page.run(
        "const c = document.querySelector('#fixed canvas');"
        "return [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 < 1)"
    )
    np.testing.assert_array_equal(pixels, IMAGES[29].ravel())
    assert page.problems() == []


def test_differences_of_the_confusion_are_those_of_the_predictions(show: Show) -> None:
    page = show(OTHERS[:1])
    shown = [
        [int(cell.text or 0) for cell in row.find_elements("css selector", "td")]
        for row in page.find_all(".confusion tbody tr")
    ]
    expected = np.zeros((3, 3), int)
    for actual in ACTUAL[10:30]:
        expected[int(actual), int(actual)] += 1
        expected[int(actual), (int(actual) + 1) % 3] -= 1
    np.testing.assert_array_equal(shown, expected)
    # Each change is for the better here.
    assert {cell.get_attribute("class") for cell in page.find_all(".confusion [style]")} == {"good"}


def test_curves_of_both_runs_lie_over_each_other(show: Show) -> None:
    page = show(OTHERS[:1])
    for plot in ("#loss", "#accuracy"):
        classes = [path.get_attribute("class") for path in page.find_all(f"{plot} path[class^=s]")]
        assert sorted(classes) == [
            "series-0 faint", "series-0 solid", "series-1 faint", "series-1 solid",
        ]  # fmt: skip
    assert "wide, validation images" in page.find("#legend").text


def test_one_of_many_runs_is_chosen_with_the_keyboard(show: Show) -> None:
    page = show(OTHERS)
    assert "wide is really better; bad is really worse" in page.find("#verdict").text
    assert len(page.find_all("#runs circle")) == 3
    page.run("document.getElementById('other').focus()")
    page.press(Keys.END)
    assert page.find("#pair").text.startswith("bad is worse than main by 30.00 points")
    assert page.find("#regressed-title").text == "60 images that only main gets right"
    assert len(page.find_all("#regressed canvas")) == compare_page.MAX_IMAGES
    assert "Those where both are surest." in page.find("#images-note").text
    assert page.problems() == []


def test_nothing_is_cut_off(show: Show) -> None:
    page = show(OTHERS)
    for width, dark in itertools.product((360, 1280), (False, True)):
        page.resize(width, 800, dark)
        assert page.overflowing() == [], (width, dark)


def test_runs_without_images_or_curves_are_compared_too(show: Show) -> None:
    without = RunResult("without", {}, OTHERS[0].predictions)
    page = show([without], images=None)
    assert page.find_all("#fixed canvas") == []
    assert len(page.find_all("#fixed figcaption")) == 20
    assert "DVC's cache lacks the pixels" in page.find("#images-note").text
    assert page.problems() == []
