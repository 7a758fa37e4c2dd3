"""The lab in a real browser: the same training as in NumPy, controls, address, one step."""

import base64
import itertools
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from stages.comparison.significance import mcnemar
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.network.batches import to_inputs
from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName, OptimizerName
from stages.network.optimisers import OPTIMISERS
from tests.browser import Page
from tests.helpers import mnist_5k
from tests.helpers.commands import stage_within


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


def opened(browser: webdriver.Chrome, lab: Path, address: str = "", still: bool = True) -> Page:
    page = Page(browser, lab, address, still)
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
    images = decode(page, "TRAINING_DATA.trainImages.subarray(0, 500 * 784)", "u1")
    images = images.reshape(-1, 28, 28)
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


def train_to_the_end(page: Page) -> None:
    page.click("#train")
    page.wait_for("!isTraining && epochsDone() >= toSettings(texts()).epochs")


def test_lab_opens_with_a_network_that_learns(browser: webdriver.Chrome, lab: Path) -> None:
    page = opened(browser, lab, still=False)
    page.wait_for("!isTraining && isOver()")
    assert float(page.find("#networks strong").text.split()[0]) > 80
    assert page.find("#train").text == "Train again"
    page.click("#train")
    page.wait_for("isTraining && epochsDone() < 9")
    page.click("#train")
    assert page.problems() == []


@pytest.mark.parametrize(("address", "still"), [("#hidden=20", False), ("", True)])
def test_lab_waits_with_settings_in_the_address_and_without_motion(
    address: str, still: bool, browser: webdriver.Chrome, lab: Path
) -> None:
    page = opened(browser, lab, address, still)
    assert page.run("return [isTraining, networks[0].report.nSteps]") == [False, 0]
    assert page.find("#status").text.startswith("Not trained yet")
    assert page.find("#train").text == "Train"


def test_settings_come_from_the_address_and_go_there_and_to_yaml(
    browser: webdriver.Chrome, lab: Path
) -> None:
    page = opened(browser, lab, "#hidden=20,10&rate=0.1&augment=on&second=activation:tanh")
    yaml = page.run("return document.getElementById('yaml').textContent")
    for line in ("hidden: [20,10]", "learning_rate: 0.1", "strength: 1.0", "activation: relu"):
        assert f"  {line}\n" in f"{yaml}\n"
    settings = page.run(
        "return networks.map(({settings}) => [settings.hidden, settings.activation])"
    )
    assert settings == [[[20, 10], "relu"], [[20, 10], "tanh"]]
    Select(page.find("#controls select")).select_by_visible_text("sigmoid")
    page.wait_for("networks[0].settings.activation === 'sigmoid' && networks[1].report")
    assert "activation=sigmoid" in page.run("return location.hash")


def test_what_is_no_setting_stops_training_until_it_is_mended(
    browser: webdriver.Chrome, lab: Path
) -> None:
    page = opened(browser, lab)
    hidden = page.find("#controls input")
    hidden.send_keys(", many", Keys.TAB)
    assert not page.find("#train").is_enabled()
    hidden.send_keys(Keys.BACKSPACE * 6, Keys.TAB)
    page.wait_for("networks[0].report && !document.getElementById('train').disabled")
    assert opened(browser, lab, "#hidden=many&rate=-1").run(
        "return [texts().hidden, texts().rate]"
    ) == ["64", "0.05"]


def test_two_networks_end_with_the_verdict_of_mcnemar(browser: webdriver.Chrome, lab: Path) -> None:
    page = opened(browser, lab, "#hidden=20&epochs=1&second=rate:0.0001")
    train_to_the_end(page)
    labels = decode(page, "DATA.testLabels", "i8")
    first, second = (
        decode(page, f"networks[{i}].report.predictions", "i8") == labels for i in (0, 1)
    )
    n_wins, n_losses = int((second & ~first).sum()), int((first & ~second).sum())
    assert mcnemar(n_wins, n_losses) < 0.0001
    points = 100 * (n_losses - n_wins) / len(labels)
    assert page.find("#verdict").text == (
        "B: learning rate 0.0001 is worse than A: learning rate 0.05 by"
        f" {points:.2f} points (p < 0.0001, McNemar's exact test on the same 500 images)."
    )
    shown = [int(cell.text or 0) for cell in page.find_all("#networks > :first-child td.correct")]
    assert sum(shown) == first.sum()
    assert page.problems() == []


def test_training_starts_pauses_and_is_reset_with_the_keyboard(
    browser: webdriver.Chrome, lab: Path
) -> None:
    page = opened(browser, lab, "#hidden=20&epochs=1000")
    page.run("document.getElementById('train').focus()")
    page.press(Keys.ENTER)
    page.wait_for("epochsDone() > 0.5")
    page.press(Keys.ENTER)
    page.wait_for("document.getElementById('train').textContent === 'Train'")
    n_steps = page.run("return networks[0].report.nSteps")
    page.press(Keys.TAB, Keys.ENTER)
    page.wait_for(f"networks[0].report.nSteps === {n_steps + 1}")
    page.press(Keys.TAB, Keys.TAB, Keys.ENTER)
    page.wait_for("networks[0].report?.nSteps === 0")
    assert page.problems() == []


def test_one_step_is_shown_with_gradients_that_trying_confirms(
    browser: webdriver.Chrome, lab: Path
) -> None:
    page = opened(browser, lab, "#hidden=20,10&epochs=1")
    train_to_the_end(page)
    page.click("#magnify")
    page.wait_for("lens")
    titles, n_gradients = [page.find("#moment-view h3").text], 0
    while page.find("#next").is_enabled():
        page.click("#next")
        titles.append(page.find("#moment-view h3").text)
        if "Backward" in titles[-1]:
            for _ in range(3):
                by_backpropagation, by_trying = page.run(
                    "return document.querySelector('#moment-view .note').textContent"
                    ".match(/-?\\d+\\.\\d{6}/g).map(Number)"
                )
                assert by_trying == pytest.approx(by_backpropagation, abs=2e-6)
                n_gradients += by_backpropagation != 0
                page.run("document.querySelectorAll('#moment-view canvas')[1].focus()")
                page.press(Keys.ARROW_RIGHT)  # the next weight
    assert n_gradients > 0
    assert [title.partition(" of ")[0] for title in titles] == [str(n) for n in range(1, 10)]
    assert "Backward: layer 3 of 3" in titles[5]
    before, after = (
        float(each.text.rpartition(" ")[2]) for each in page.find_all("#moment-view figcaption")
    )
    assert after < before
    assert before == pytest.approx(float(titles[4].rpartition(" ")[2]))
    # Looking changes nothing.
    same = page.run(
        "return networks[0].trainer.ask('parameters').then(({result}) =>"
        " result.every((values, i) => values.every((value, j) =>"
        " value === parametersOf(lens.network)[i][0][j])))"
    )
    assert same
    assert page.problems() == []


@pytest.mark.parametrize("width", [360, 1280])
def test_click_selects_the_weight_below_the_pointer(
    width: int, browser: webdriver.Chrome, lab: Path
) -> None:
    page = opened(browser, lab, "#hidden=20,10")
    page.resize(width, 800)
    page.click("#magnify")
    page.wait_for("lens")
    page.run("goTo(7)")
    page.click("#moment-view figure:nth-child(2) canvas")  # its centre, where four cells meet
    row, column = divmod(page.run("return nudged.input"), 28)
    assert {row, column} <= {13, 14}


def test_nothing_is_cut_off_before_and_after_training(browser: webdriver.Chrome, lab: Path) -> None:
    page = opened(browser, lab, "#hidden=20&epochs=1&second=hidden:")
    assert_not_cut_off(page, "before training")
    train_to_the_end(page)
    page.click("#magnify")
    page.wait_for("lens")
    for step in range(5):
        assert_not_cut_off(page, f"step {step}")
        page.click("#next")
    assert page.problems() == []


def assert_not_cut_off(page: Page, when: str) -> None:
    for width, dark in itertools.product((360, 1280), (False, True)):
        page.resize(width, 800, dark)
        assert page.overflowing() == [], (when, width, dark)
