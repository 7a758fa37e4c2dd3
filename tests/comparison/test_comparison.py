import numpy as np
import pytest

from stages.comparison.comparison import RunResult, changed_params, compare
from stages.comparison.report import as_text, sentence
from stages.reporting.errors import ReportingError
from stages.reporting.metrics import Predictions


def run_result(
    name: str,
    predicted: str,
    confidence: np.ndarray,
    actual: str = "aabbbb",
    **params: object,
) -> RunResult:
    predictions = Predictions(np.array(list(actual)), np.array(list(predicted)), confidence)
    return RunResult(name, params, predictions)


CONFIDENCE = np.array([0.75, 0.75, 0.5, 0.5, 0.5, 0.5])
BASE = run_result("base", "abaaab", CONFIDENCE, epochs=1, rate=0.1)
OTHER = run_result("other", "aabbba", CONFIDENCE[::-1].copy(), epochs=2, rate=0.1, more=True)


def test_six_images_by_hand() -> None:
    [comparison] = compare(BASE, [OTHER])
    assert comparison.fixed.tolist() == [1, 4, 2, 3]
    assert comparison.regressed.tolist() == [5]
    assert comparison.difference == pytest.approx(3 / 6)
    assert comparison.p_value == pytest.approx(2 * 6 / 32)  # 4 or 5 of 5, two-sided
    assert comparison.verdict == "no evidence"
    assert comparison.class_counts("b") == (4, 1, 3)
    # The most accurate is first.
    assert changed_params([comparison]) == {"epochs": [2, 1], "more": [True, None]}


def test_images_are_ordered_by_the_sum_of_both_confidences() -> None:
    actual, base, other = "aaa", "bbb", "aaa"
    [comparison] = compare(
        run_result("base", base, np.array([0.5, 0.9, 0.6]), actual),
        [run_result("other", other, np.array([0.5, 0.9, 0.9]), actual)],
    )
    assert comparison.fixed.tolist() == [1, 2, 0]


@pytest.mark.parametrize(("n_wins", "expected"), [(30, "better"), (0, "worse")])
def test_verdict_gives_the_difference_and_its_interval(n_wins: int, expected: str) -> None:
    n_losses = 30 - n_wins
    actual = "a" * 100
    base = run_result("base", "b" * n_wins + "a" * (100 - n_wins), np.ones(100), actual)
    other = run_result("other", "a" * (100 - n_losses) + "b" * n_losses, np.ones(100), actual)
    printed = sentence(compare(base, [other]), "test")
    assert printed.startswith(f"other is {expected} than base by 30.00 points (95 % interval ")
    low, high = printed.partition("interval ")[2].partition(";")[0].split(" to ")
    assert 0 < float(low) < 30 < float(high)


def test_other_images_are_refused() -> None:
    expected = "base and other were not evaluated on the same images"
    with pytest.raises(ReportingError, match=expected):
        compare(BASE, [run_result("other", "aabbba", CONFIDENCE, actual="abbbbb")])


def test_text_says_where_no_parameter_differs() -> None:
    printed = as_text(compare(BASE, [BASE]), "test", ("a", "b"), ["Note."], in_markdown=False)
    assert "\n\nNote.\n\n" in printed
    assert "No parameter differs." in printed
    assert printed.startswith("base is identical to base: the same predictions of all 6 images.")
    assert "base fixed 0 images that base gets wrong, and regressed on 0." in printed
