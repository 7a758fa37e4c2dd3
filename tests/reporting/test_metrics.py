import numpy as np
import pytest

from stages.reporting import metrics, text

OUTPUTS = np.array([[0.9, 0.1], [0.2, 0.6], [0.7, 0.3], [0.4, 0.6], [0.0, 0.0]], np.float32)
LABELS = np.array([0, 1, 1, 1, 1])


def test_evaluation_of_five_images_by_hand():
    found = metrics.evaluate(OUTPUTS, LABELS)
    np.testing.assert_array_equal(found.predicted, [0, 1, 0, 1, 0])
    np.testing.assert_array_equal(found.confusion, [[1, 0], [2, 2]])
    assert found.accuracy == pytest.approx(3 / 5)
    np.testing.assert_allclose(found.precision, [1 / 3, 1])
    np.testing.assert_allclose(found.recall, [1, 1 / 2])
    np.testing.assert_allclose(found.f1, [1 / 2, 2 / 3])
    np.testing.assert_allclose(found.confidence, [0.9, 0.75, 0.7, 0.6, 0.5])


def test_interval_is_wilsons():
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
    outputs = np.zeros((263, 2), np.float32)
    outputs[:81, 1] = 1
    low, high = metrics.evaluate(outputs, np.ones(263, np.int64)).interval
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_worst_mistakes_come_first_and_equal_ones_in_their_order():
    outputs = np.array([[0.6, 0.4], [0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.9, 0.1]], np.float32)
    found = metrics.evaluate(outputs, np.array([1, 1, 1, 1, 0]))
    np.testing.assert_array_equal(found.worst_mistakes(), [1, 2, 0])
    np.testing.assert_array_equal(found.first_correct(), [4, 3])


def test_flat_metrics_name_each_class():
    numbers = metrics.flat(metrics.evaluate(OUTPUTS, LABELS), 0.5, ("ankle boot", "bag"))
    assert numbers["accuracy"] == 0.6
    assert numbers["recall_ankle_boot"] == 1
    assert numbers["f1_bag"] == 0.666667


def test_text_says_what_a_person_wants_to_know():
    found = metrics.evaluate(OUTPUTS, LABELS)
    assert "accuracy 60.00% of 5 test images" in text.summary(found, 0.5)
    assert "classification: a, confidence 70.0%, true label: b" in text.one_image(
        OUTPUTS, found, 2, ("a", "b")
    )
    assert text.confusion(found, ("a", "b")).splitlines()[2].split() == ["b", "2", "2"]
    assert "b    100.00%   50.0%  0.6667       4" in text.per_class(found, ("a", "b"))


def test_predictions_are_a_class_and_a_bar_for_each_output():
    lines = text.predictions(["a.png", "b.png"], OUTPUTS[:2], ("bag", "coat")).splitlines()
    assert lines[0] == "a.png: bag, 90.0% sure"
    assert lines[1] == "   bag  0.900  " + 27 * "█"
    assert lines[3] == "b.png: coat, 75.0% sure"
    assert len(lines) == 6
    large = text.predictions(["a.png"], np.array([[0, 3.0]], np.float32), ("a", "b"))
    assert large.splitlines()[2] == "  b  3.000  " + 30 * "█"
