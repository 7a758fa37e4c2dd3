import numpy as np

from stages.reporting import metrics, text


def test_the_best_epoch_is_named_and_overfitting_is_told() -> None:
    assert text.best_epoch([0.5, 0.2, 0.21]) == "lowest validation loss: 0.2000 after epoch 2"
    assert text.best_epoch([0.5, 0.2, 0.4]).endswith(
        "after epoch 2; 0.4000 after the last one: it overfits, so train for fewer epochs"
    )
    assert text.best_epoch([0.3]) == "lowest validation loss: 0.3000 after epoch 1"


def warnings(n_images: list[int], predicted: list[int]) -> list[str]:
    labels = np.repeat(np.arange(3), n_images)
    return list(text.warnings(metrics.evaluate(np.eye(3)[predicted], labels), ("a", "b", "c")))


def test_an_accuracy_as_by_chance_and_classes_that_are_never_predicted_are_said() -> None:
    assert warnings([20, 3, 0], [0] * 23) == [
        "an accuracy of 86.96% may be chance: to name a each time would give 86.96%",
        "never predicted: b; the mean recall of all classes is 50.00% (balanced_accuracy)",
    ]
    (chance,) = warnings([20, 20, 20], [0, 1, 2] * 20)
    assert "an accuracy of 33.33% may be chance" in chance


def test_nothing_is_said_of_a_good_accuracy() -> None:
    assert warnings([20, 20, 20], [0] * 20 + [1] * 20 + [2] * 20) == []
    assert warnings([20, 3, 0], [0] * 20 + [1] * 3) == []
    assert warnings([5, 0, 0], [0] * 5) == []
