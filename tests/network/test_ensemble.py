import numpy as np

from stages.network.ensemble import Ensemble, train_ensemble
from stages.network.mlp import MLP
from stages.network.training import Settings, train

SETTINGS = Settings(3, 16, 0.1, "constant", 0.9, 0.0)


def learn(seed, rng):
    images = rng.integers(256, size=(100, 4, 4)).astype(np.uint8)
    labels = rng.integers(3, size=100).astype(np.uint8)
    random = np.random.default_rng(seed)
    network = MLP.random((16, 8, 3), "relu", "cross_entropy", random)
    return network, train(network, images, labels, SETTINGS, random, (images, labels))


def test_committee_answers_with_the_mean():
    images = np.random.default_rng(1).integers(256, size=(20, 4, 4)).astype(np.uint8)
    networks = [learn(seed, np.random.default_rng(1))[0] for seed in range(3)]
    mean = np.mean([network.outputs(images) for network in networks], axis=0)
    np.testing.assert_allclose(Ensemble(networks).outputs(images), mean, atol=1e-6)


def test_networks_learn_side_by_side_what_they_learn_alone():
    alone, together = ([learn(seed, np.random.default_rng(7)) for seed in range(3)] for _ in "ab")
    rows = [list(training) for _, training in alone]
    found = list(train_ensemble([training for _, training in together]))
    assert [epoch.number for epoch in found] == [1, 2, 3]
    for number, epoch in enumerate(found):
        assert np.isclose(
            epoch.train_loss, np.mean([row[number].train_loss for row in rows]), atol=1e-5
        )
        accuracies = [row[number].validation_accuracy for row in rows]
        assert np.isclose(epoch.validation_accuracy, np.mean(accuracies), atol=0.02)
    for (one, _), (other, _) in zip(alone, together, strict=True):
        np.testing.assert_allclose(one.layers[0].weights, other.layers[0].weights, atol=1e-4)
