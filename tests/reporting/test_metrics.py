import math

import numpy as np
import pytest
from scipy.stats import binomtest

from stages.reporting import metrics, text
from stages.reporting.answers import answers

OUTPUTS = np.array([[0.9, 0.1], [0.2, 0.6], [0.7, 0.3], [0.4, 0.6], [0.0, 0.0]], np.float32)
LABELS = np.array([0, 1, 1, 1, 1])


def test_evaluation_of_five_images_by_hand() -> None:
    evaluation = metrics.evaluate(OUTPUTS, LABELS)
    np.testing.assert_array_equal(evaluation.predicted, [0, 1, 0, 1, 0])
    np.testing.assert_array_equal(evaluation.confusion, [[1, 0], [2, 2]])
    assert evaluation.accuracy == pytest.approx(3 / 5)
    np.testing.assert_allclose(evaluation.precision, [1 / 3, 1])
    np.testing.assert_allclose(evaluation.recall, [1, 1 / 2])
    np.testing.assert_allclose(evaluation.f1, [1 / 2, 2 / 3])
    np.testing.assert_allclose(evaluation.confidence, [0.9, 0.6, 0.7, 0.6, 0.0])


@pytest.mark.parametrize("seed", range(5))
def test_metrics_of_classes_are_what_their_definitions_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs = rng.random((60, 12)).astype(np.float32)
    outputs[:, 3] = 0  # never predicted
    labels = rng.integers(11, size=60).astype(np.uint8)  # class 11 has no image
    evaluation = metrics.evaluate(outputs, labels)
    pairs = list(zip(labels.tolist(), evaluation.predicted.tolist(), strict=True))
    for one in range(12):
        n_correct = pairs.count((one, one))
        n_predicted = sum(predicted == one for _, predicted in pairs)
        n_actual = sum(actual == one for actual, _ in pairs)
        assert evaluation.precision[one] == pytest.approx(n_correct / max(1, n_predicted))
        assert evaluation.recall[one] == pytest.approx(n_correct / max(1, n_actual))
        assert evaluation.f1[one] == pytest.approx(2 * n_correct / (n_predicted + n_actual or 1))
        for other in range(12):
            assert evaluation.confusion[one, other] == pairs.count((one, other))


@pytest.mark.parametrize("n", [1, 2, 7, 360, 10_000])
def test_interval_is_wilsons_as_scipy_computes_it(n: int) -> None:
    for n_correct in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        expected = binomtest(n_correct, n).proportion_ci(method="wilson")
        low, high = metrics.accuracy_interval(n_correct, n)
        assert low == pytest.approx(expected.low, rel=1e-12, abs=1e-15)
        assert high == pytest.approx(expected.high, rel=1e-12)
        assert 0 <= low <= n_correct / n <= high <= 1


def test_interval_is_the_published_one() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
    low, high = metrics.accuracy_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_misclassified_images_are_sorted_by_confidence_then_by_index() -> None:
    outputs = np.array([[0.6, 0.4], [0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.9, 0.1]], np.float32)
    evaluation = metrics.evaluate(outputs, np.array([1, 1, 1, 1, 0]))
    np.testing.assert_array_equal(evaluation.misclassified(), [1, 2, 0])
    np.testing.assert_array_equal(evaluation.first_correct(), [4, 3])


def test_metrics_file_has_what_is_compared_and_classes_are_rows_of_a_table() -> None:
    evaluation = metrics.evaluate(OUTPUTS, LABELS)
    values = evaluation.to_dict(loss=0.5, validation_accuracy=0.7)
    without = evaluation.to_dict(loss=0.5, validation_accuracy=math.nan)
    assert list(without) == [
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "balanced_accuracy",
        "loss",
    ]
    assert values == without | {"validation_accuracy": 0.7}
    assert (values["accuracy"], values["loss"]) == (0.6, 0.5)
    assert values["balanced_accuracy"] == 0.75  # recall 1 of one class, 0.5 of the other
    rows = list(evaluation.class_rows(("ankle boot", "bag")))
    assert rows[1] == {
        "class": "bag",
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "n_images": 4,
    }


def test_evaluation_as_text() -> None:
    evaluation = metrics.evaluate(OUTPUTS, LABELS)
    assert text.accuracy(evaluation, "test") == (
        "accuracy 60.00% of 5 test images (95 % interval 23.07% to 88.24%)"
    )
    assert text.confusion(evaluation, ("a", "b")).splitlines()[2].split() == ["b", "2", "2"]
    assert text.per_class(evaluation, ("a", "b")).splitlines()[2].split() == [
        "b", "100.00%", "50.0%", "0.6667", "4",
    ]  # fmt: skip
    assert text.worst_classes(evaluation, ("a", "b")) == "lowest recall: b 50.0%, a 100.0%"


def test_class_without_images_is_not_among_the_worst() -> None:
    evaluation = metrics.evaluate(np.eye(3, dtype=np.float32)[[0, 0, 2]], np.array([0, 2, 2]))
    assert text.worst_classes(evaluation, ("a", "b", "c")) == "lowest recall: c 50.0%, a 100.0%"


def test_predictions_as_text_have_a_bar_for_the_probability_of_each_class() -> None:
    said = answers(OUTPUTS[:2], np.zeros(2, bool), np.zeros(2, bool))
    lines = text.predictions(["a.png", "b.png"], said, ("bag", "coat")).splitlines()
    assert lines[0] == "a.png: bag, 90.0% sure"
    assert lines[1] == "   bag  0.900  " + 27 * "█"
    assert lines[3] == "b.png: coat, 60.0% sure"
    assert lines[5] == "  coat  0.600  " + 18 * "█"
    assert len(lines) == 6


def test_confidence_is_the_calibrated_probability_of_the_predicted_class() -> None:
    probabilities = np.array([[0.7, 0.3], [0.5, 0.5], [0.6, 0.4], [0.45, 0.55], [0.5, 0.5]])
    evaluation = metrics.evaluate(OUTPUTS, LABELS, probabilities)
    np.testing.assert_allclose(evaluation.confidence, [0.7, 0.5, 0.6, 0.55, 0.5])
    np.testing.assert_array_equal(evaluation.predicted, [0, 1, 0, 1, 0])
