from stages.reporting import text


def test_the_best_epoch_is_named_and_overfitting_is_told() -> None:
    assert text.best_epoch([0.5, 0.2, 0.21]) == "lowest validation loss: 0.2000 after epoch 2"
    assert text.best_epoch([0.5, 0.2, 0.4]).endswith(
        "after epoch 2; 0.4000 after the last one: it overfits, so train for fewer epochs"
    )
    assert text.best_epoch([0.3]) == "lowest validation loss: 0.3000 after epoch 1"
