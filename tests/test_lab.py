"""The lab in a real browser: the same training as in NumPy, its controls, and its address."""

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver

from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.network.batches import to_inputs
from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName, OptimizerName
from stages.network.optimisers import OPTIMISERS
from tests import browser as browsers
from tests.browser import Page
from tests.helpers import mnist_5k
from tests.helpers.commands import stage_within


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with browsers.opened() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the lab of mnist-5k."""
    folder = tmp_path_factory.mktemp("lab")
    images, labels = mnist_5k.load()
    for split, part in (("train", slice(4000)), ("test", slice(4000, None))):
        np.save(folder / f"{split}_images.npy", images[part])
        np.save(folder / f"{split}_labels.npy", labels[part])
    write_manifest(create_manifest(folder, "mnist-5k", CATALOGUE["mnist-5k"]), folder)
    stage_within("lab", "--data", folder, "--out", folder / "lab.html", cwd=folder)
    return folder / "lab.html"


def opened(browser: webdriver.Chrome, lab: Path, address: str = "") -> Page:
    page = Page(browser, lab, address)
    page.wait_for("networks.length > 0 && networks.every((each) => each.report)")
    return page


def decode(page: Page, expression: str, dtype: str) -> np.ndarray:
    """Return an array of the page."""
    values = page.run(f"return Array.from({expression})")
    return np.array(values, dtype)


def encode(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


TRAININGS: list[tuple[tuple[int, ...], ActivationName, LossName, OptimizerName]] = [
    ((128,), "relu", "cross_entropy", "sgd"),
    ((40, 20), "sigmoid", "squared_error", "nesterov"),
    ((30,), "tanh", "cross_entropy", "adam"),
    ((20, 20, 20), "leaky_relu", "squared_error", "sgd"),
    ((), "relu", "cross_entropy", "adam"),
]


@pytest.mark.parametrize(("hidden", "activation", "loss", "optimiser"), TRAININGS)
def test_weights_after_a_hundred_steps_are_those_of_numpy(
    hidden: tuple[int, ...],
    activation: ActivationName,
    loss: LossName,
    optimiser: OptimizerName,
    browser: webdriver.Chrome,
    lab: Path,
) -> None:
    page = opened(browser, lab)
    images = decode(page, "TRAINING_DATA.trainImages", "u1").reshape(-1, 28, 28)
    labels = decode(page, "TRAINING_DATA.trainLabels", "i8")
    rng = np.random.default_rng(1)
    network = MLP.random((784, *hidden, 10), activation, loss, rng)
    order = [rng.choice(len(images), 32, replace=False) for _ in range(100)]
    rate, momentum = (0.003, 0.9) if optimiser == "adam" else (0.05, 0.9)
    start = [encode(parameter) for parameter, _ in network.parameters]
    settings = {"hidden": hidden, "activation": activation, "loss": loss, "optimiser": optimiser}
    weights = page.run(
        "const [settings, start, order] = arguments;"
        "const trainer = new Trainer(settings, TRAINING_DATA);"
        "trainer.parametersOf = parametersOf(trainer.network).map(([values], i) =>"
        " values.set(new Float32Array(decodeBytes(start[i]).buffer)));"
        "for (const indices of order) trainer.learn(indices);"
        "return trainer.parameters().map((values) => [...values])",
        settings | {"rate": rate, "momentum": momentum, "batch": 32, "seed": 1},
        start,
        [batch.tolist() for batch in order],
    )
    optimise = OPTIMISERS[optimiser](network, momentum, 0)
    for batch in order:
        _, gradient = network.loss(network.forward(to_inputs(images[batch])), labels[batch])
        network.backward(gradient)
        optimise.step(rate)
    for values, (parameter, _) in zip(weights, network.parameters, strict=True):
        np.testing.assert_allclose(values, parameter.ravel(), rtol=0, atol=1e-4)
    assert page.problems() == []
