import numpy as np
import pytest

from stages.experiments.comparison import Side, compare
from stages.experiments.comparison_report import page, verdict
from stages.reporting.errors import ReportingError
from stages.reporting.tables import Predictions


def side(name, predicted, confidence, actual="aabbbb", **params):
    return Side(
        name, params, Predictions(np.array(list(actual)), np.array(list(predicted)), confidence)
    )


SURE = np.array([0.75, 0.75, 0.5, 0.5, 0.5, 0.5])
BASE = side("base", "abaaab", SURE, epochs=1, rate=0.1)
OTHER = side("other", "aabbba", SURE[::-1].copy(), epochs=2, rate=0.1, more=True)


def test_six_images_by_hand():
    found = compare(BASE, OTHER)
    assert found.put_right.tolist() == [1, 4, 2, 3]
    assert found.broken.tolist() == [5]
    assert found.difference == pytest.approx(3 / 6)
    assert found.p_value == pytest.approx(2 * 6 / 32)  # 4 or 5 of 5, and the same the other way
    assert found.verdict == "no evidence"
    assert found.of_class("b") == (4, 1, 3)
    assert found.changed_params() == {"epochs": (1, 2), "more": (None, True)}


def test_clearest_are_those_where_both_were_most_sure():
    actual, base, other = "aaa", "bbb", "aaa"
    found = compare(
        side("base", base, np.array([0.5, 0.9, 0.6]), actual),
        side("other", other, np.array([0.5, 0.9, 0.9]), actual),
    )
    assert found.put_right.tolist() == [1, 2, 0]


@pytest.mark.parametrize(("won", "says"), [(30, "better"), (0, "worse")])
def test_verdict_gives_the_size_of_what_it_says(won, says):
    lost = 30 - won
    actual = "a" * 100
    ones = side("base", "b" * won + "a" * (100 - won), np.ones(100), actual)
    others = side("other", "a" * (100 - lost) + "b" * lost, np.ones(100), actual)
    sentence = verdict(compare(ones, others))
    assert sentence.startswith(f"other is {says} than base by 30.00 points (95 % interval ")
    low, high = sentence.partition("interval ")[2].partition(";")[0].split(" to ")
    assert 0 < float(low) < 30 < float(high)


def test_other_images_are_refused():
    with pytest.raises(ReportingError, match="base and other were not tested on the same images"):
        compare(BASE, side("other", "aabbba", SURE, actual="abbbbb"))


def test_page_without_changes_says_so():
    printed = page(compare(BASE, BASE), ("a", "b"), ["Note."], None, in_markdown=False)
    assert "\n\nNote.\n\nNo parameter differs.\n\n" in printed
    assert "base put 0 images right that base gets wrong, and broke 0." in printed
