"""The demo page in a real browser."""

import base64
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from stages.classifier.calibration import Calibration
from stages.classifier.model_file import Model, save
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.demo import demo
from stages.network.batches import to_inputs
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName
from stages.network.optimisers import SGD
from stages.pictures import reader as picture
from tests import browser as browsers
from tests.browser import Page
from tests.helpers import mnist_5k
from tests.helpers.mnist import Mnist

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Load the first 2,000 images of mnist-5k and their labels."""
    images, labels = mnist_5k.load()
    return images[:2000], labels[:2000]


def make_page(folder: Path, model: Model, images: np.ndarray, labels: np.ndarray) -> Path:
    """Run the command on a model and test images, and return the page's path."""
    np.save(folder / "test_images.npy", images)
    np.save(folder / "test_labels.npy", labels)
    write_manifest(create_manifest(folder, model.dataset, CATALOGUE[model.dataset]), folder)
    save(model, folder / "model.safetensors")
    out = folder / "demo.html"
    args = ["--data", folder, "--model", folder / "model.safetensors"]
    result = CliRunner().invoke(demo, [*map(str, args), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out


def random_model(
    hidden: tuple[int, ...],
    activation: ActivationName = "relu",
    loss: LossName = "cross_entropy",
    n_networks: int = 1,
    classes: tuple[str, ...] = CATALOGUE["mnist-5k"].classes,
    dataset: str = "mnist-5k",
) -> Model:
    rng = np.random.default_rng(1)
    networks = []
    for _ in range(n_networks):
        network = MLP.random((784, *hidden, len(classes)), activation, loss, rng)
        for layer in network.layers:
            layer.biases[:] = rng.normal(0, 0.1, layer.n_neurons)
        networks.append(network)
    always_sure = Calibration(min_confidence=0)
    return Model(Ensemble(networks), (28, 28), classes, dataset, 20, always_sure)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    """Make the page of a network with random weights and two hidden layers."""
    return make_page(tmp_path_factory.mktemp("plain"), random_model((40, 12)), *digits)


ARCHITECTURES: dict[str, tuple[tuple[int, ...], ActivationName, LossName, int]] = {
    "no hidden layer": ((), "relu", "cross_entropy", 1),
    "one": ((128,), "relu", "cross_entropy", 1),
    "tanh": ((20,), "tanh", "cross_entropy", 1),
    "tanh, squared error": ((20,), "tanh", "squared_error", 1),
    "leaky relu": ((20, 12), "leaky_relu", "cross_entropy", 1),
    "sigmoid, squared error": ((30, 20), "sigmoid", "squared_error", 1),
    "relu, squared error": ((30,), "relu", "squared_error", 1),
    "wide, ensemble": ((512, 64), "sigmoid", "cross_entropy", 3),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_outputs_are_those_of_python_for_every_architecture(
    name: str, browser: webdriver.Chrome, digits: Digits, tmp_path: Path
) -> None:
    images, labels = digits
    model = random_model(*ARCHITECTURES[name])
    page = Page(browser, make_page(tmp_path, model, images, labels))
    some = images[:200]
    outputs = page.run(
        "const all = decodeBytes(arguments[0]); const outputs = [];"
        "for (let i = 0; i < all.length; i += 784)"
        " outputs.push([...predict(DATA.networks, all.subarray(i, i + 784)).outputs]);"
        "return outputs",
        base64.b64encode(some.tobytes()).decode(),
    )
    np.testing.assert_allclose(outputs, model.ensemble.predict_proba(some), rtol=0, atol=1e-4)
    hidden, _, _, n_networks = ARCHITECTURES[name]
    assert len(page.find_all(".grid")) == len(hidden)
    page.click("#correct button")
    assert page.prediction in model.classes
    note = page.find("#ensemble").text
    assert ("first of the 3 networks" in note) == (n_networks == 3)
    assert page.problems() == []


def test_page_is_one_file_that_makes_no_network_requests(plain: Path) -> None:
    html = plain.read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    addresses = re.findall(r"""(?:src|href)=["'][^"']*|url\([^)]*|@import|https?:[^"']*""", html)
    links = [*browsers.LINKS, "http://www.w3.org/2000/svg"]
    assert addresses == links  # none of which is opened by itself
    assert plain.stat().st_size < 300_000


def test_page_of_128_neurons_has_less_than_two_megabytes(tmp_path: Path, digits: Digits) -> None:
    assert make_page(tmp_path, random_model((128,)), *digits).stat().st_size < 2e6


def test_same_inputs_give_the_same_bytes(plain: Path, tmp_path: Path, digits: Digits) -> None:
    assert make_page(tmp_path, random_model((40, 12)), *digits).read_bytes() == plain.read_bytes()


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_drawing_is_preprocessed_as_in_python(
    pointer: str, browser: webdriver.Chrome, plain: Path, tmp_path: Path
) -> None:
    page = Page(browser, plain, still=pointer != "mouse")
    model = random_model((40, 12))
    for strokes in browsers.DIGITS[:: 3 if pointer == "mouse" else 5]:
        page.click("#clear") if page.find("#clear").is_enabled() else None
        page.draw(*strokes, pointer=pointer)
        drawn = page.run("return canvas.toDataURL('image/png').split(',')[1]")
        (tmp_path / "drawn.png").write_bytes(base64.b64decode(drawn))
        image = picture.read(tmp_path / "drawn.png", digit_size=20)
        # Python composes the partly transparent ink with a white background, and rounds.
        assert np.abs(image.astype(int) - page.network_input()).max() <= 3
        outputs = model.ensemble.predict_proba(image[np.newaxis])
        assert page.prediction == model.classes[outputs.argmax()]
    assert page.problems() == []


@pytest.mark.slow
def test_drawn_digits_are_classified_correctly(
    browser: webdriver.Chrome, mnist: Mnist, tmp_path: Path
) -> None:
    page = Page(browser, make_page(tmp_path, mnist.model, mnist.images, mnist.labels))
    predictions = ""
    for strokes in browsers.DIGITS:
        page.draw(*strokes)
        predictions += page.prediction
        page.click("#clear")
    assert predictions == "0123456789"
    about = page.find("#about").text
    assert "“mnist”" in about
    _, accuracy = mnist.model.ensemble.evaluate(mnist.images, mnist.labels)
    assert f"Accuracy {100 * accuracy:.2f} % on 10,000 test images" in about
    assert page.problems() == []


def test_digits_drawn_on_the_page_of_mnist_5k_are_known(
    browser: webdriver.Chrome, reproduced: Path
) -> None:
    page = Page(browser, reproduced / "reports" / "demo.html")
    answers = []
    for strokes in browsers.DIGITS:
        page.draw(*strokes)
        answers.append(page.prediction)
        page.click("#clear")
    assert sum(answer == str(digit) for digit, answer in enumerate(answers)) >= 9, answers


def test_page_opens_with_a_digit_that_is_drawn_and_answered(
    browser: webdriver.Chrome, plain: Path
) -> None:
    page = Page(browser, plain, still=False)
    page.wait_for("state.strokes[0].length === EXAMPLE.length")
    assert page.prediction != ""
    page.draw([(30, 50), (70, 50)])  # one's own stroke takes its place
    assert page.run("return state.strokes.length") == 1
    assert page.problems() == []


def test_nothing_moves_for_those_who_want_no_motion(browser: webdriver.Chrome, plain: Path) -> None:
    page = Page(browser, plain)
    assert page.run("return state.strokes[0].length === EXAMPLE.length")
    page.click("#correct button")
    assert page.run("return document.getAnimations().length") == 0


def test_answer_is_right_below_the_drawing_on_a_telephone(
    browser: webdriver.Chrome, plain: Path
) -> None:
    page = Page(browser, plain)
    page.resize(375, 812)
    below, bottom = page.run(
        "const bottom = (id) => document.getElementById(id).getBoundingClientRect().bottom;"
        "return [prediction.getBoundingClientRect().top - bottom('canvas'), bottom('bars')]"
    )
    assert 0 < below < 40
    assert bottom < 812


def test_lesson_proposes_the_actual_class_or_the_answer(
    browser: webdriver.Chrome, plain: Path
) -> None:
    page = Page(browser, plain)
    page.draw([(30, 50), (70, 50)])
    assert page.run("return Number(byId('lesson').value) === view.winner")
    page.run("view.winner = (view.winner + 1) % 10; drawLesson()")  # later in a stroke
    assert page.run("return Number(byId('lesson').value) === view.winner")
    page.click("#misclassified button")
    assert page.run("return Number(byId('lesson').value) === IMAGES[state.image].actual")
    page.run("byId('lesson').value = '7'")
    page.click("#learn")
    assert page.run("return byId('lesson').value") == "7"


def test_lesson_is_one_step_of_gradient_descent_and_can_be_undone(
    browser: webdriver.Chrome, digits: Digits, tmp_path: Path
) -> None:
    model = random_model((40, 12), n_networks=2)
    page = Page(browser, make_page(tmp_path, model, *digits))
    page.click("#misclassified button")
    before = page.run("return [...view.outputs]")
    image = digits[0][page.run("return IMAGES[state.image].index")]
    label = (int(np.argmax(before)) + 3) % 10
    page.run(f"document.getElementById('lesson').value = '{label}'")
    page.click("#learn")
    for network in model.ensemble.networks:
        _, gradient = network.loss(network.forward(to_inputs(image[np.newaxis])), np.array([label]))
        network.backward(gradient)
        SGD(network, momentum=0).step(learning_rate=page.run("return LESSON_RATE"))
    after = page.run("return [...view.outputs]")
    expected = model.ensemble.predict_proba(image[np.newaxis])[0]
    np.testing.assert_allclose(after, expected, rtol=0, atol=1e-4)
    assert after[label] > before[label]
    assert f"{label} went from" in page.find("#lesson-text").text
    page.click("#unlearn")
    assert page.run("return [...view.outputs]") == before
    assert not page.find("#unlearn").is_displayed()
    assert page.problems() == []


def test_strokes_are_undone_one_by_one_and_cleared_at_once(
    browser: webdriver.Chrome, plain: Path
) -> None:
    page = Page(browser, plain)
    page.draw(*browsers.DIGITS[7])
    seven = page.network_input()
    page.draw([(30, 50), (70, 50)])
    assert (page.network_input() != seven).any()
    page.click("#undo")
    np.testing.assert_array_equal(page.network_input(), seven)
    page.click("#clear")
    assert page.prediction == ""
    page.press_undo()
    np.testing.assert_array_equal(page.network_input(), seven)
    page.press(Keys.DELETE)
    assert page.run("return networkInput()") is None


def test_strokes_stay_lines_in_browsers_that_do_not_coalesce_events(
    browser: webdriver.Chrome, plain: Path
) -> None:
    page = Page(browser, plain)
    # As over HTTP from another computer, and in Safari before 18.2.
    page.run("delete PointerEvent.prototype.getCoalescedEvents")
    page.draw(*browsers.DIGITS[1])
    assert np.ptp(np.nonzero(page.network_input())[0]) >= 15
    assert page.problems() == []


@pytest.mark.parametrize("interruption", ["undo", "clear", "load"])
def test_stroke_ends_when_something_else_is_done_before_the_pointer_is_lifted(
    interruption: str, browser: webdriver.Chrome, plain: Path, digits: Digits
) -> None:
    page = Page(browser, plain)
    page.draw([(30, 20), (30, 80)])
    before = page.network_input()
    page.point((60, 20), "down", (60, 50), (60, 60))
    if interruption == "undo":
        page.press_undo()
        expected = before
    elif interruption == "clear":
        page.press(Keys.DELETE)
        expected = None
    else:
        page.run("document.querySelector('#correct button').click()")
        expected = digits[0][page.run("return IMAGES[state.image].index")]
    page.point((90, 10), (10, 90), (50, 50), "up")
    if expected is None:
        assert page.run("return networkInput()") is None
    else:
        np.testing.assert_array_equal(page.network_input(), expected)
    page.draw([(70, 20), (70, 80)])  # and another stroke can be drawn
    page.press_undo()
    if interruption != "undo":
        page.press_undo()  # what interrupted it
        page.press_undo()  # the stroke that was interrupted
    np.testing.assert_array_equal(page.network_input(), before)
    assert page.problems() == []


def test_keyboard_alone_is_enough(browser: webdriver.Chrome, plain: Path, digits: Digits) -> None:
    page = Page(browser, plain)
    for _ in range(40):
        page.press(Keys.TAB)
        if page.run("return document.activeElement.closest('#correct') !== null"):
            break
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press(Keys.ENTER)
    index = page.run("return IMAGES[document.activeElement.dataset.image].index")
    image = digits[0][index]
    np.testing.assert_array_equal(page.network_input(), image)
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_UP)
    shifted = page.network_input()
    np.testing.assert_array_equal(shifted[:-1, 2:], image[1:, :-2])
    page.press_undo()
    np.testing.assert_array_equal(page.network_input()[:, 2:], image[:, :-2])
    page.run("document.querySelector('.grid').focus()")
    page.run("select(0, 3)")
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.find("#selection-title").text == "Weights of neuron 5 of layer 1"
    np.testing.assert_array_equal(page.network_input()[:, 2:], image[:, :-2])  # not shifted


def test_most_confident_misclassified_image_comes_first_and_can_be_shifted(
    browser: webdriver.Chrome, plain: Path, digits: Digits
) -> None:
    page = Page(browser, plain)
    images, labels = digits
    outputs = random_model((40, 12)).ensemble.predict_proba(images)
    worst = np.where(outputs.argmax(1) == labels, 0, outputs.max(1)).argmax()
    page.click("#misclassified button")
    np.testing.assert_array_equal(page.network_input(), images[worst])
    assert page.prediction == str(outputs[worst].argmax())
    assert f"actual: {labels[worst]}" in page.find("#prediction").text
    page.click("[data-nudge=ArrowDown]")
    np.testing.assert_array_equal(page.network_input()[1:], images[worst][:-1])


def test_click_on_a_neuron_shows_its_weights(browser: webdriver.Chrome, plain: Path) -> None:
    page = Page(browser, plain)
    model = random_model((40, 12))
    page.click(".grid")
    title = page.find("#selection-title").text
    match = re.fullmatch(r"Weights of neuron (\d+) of layer 1", title)
    assert match is not None, title
    neuron = int(match[1])
    rgba = page.run(
        "const c = document.getElementById('weights');"
        "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    red, _, blue, _ = np.array(rgba).reshape(-1, 4).T
    weights = model.ensemble.networks[0].layers[0].weights[:, neuron]
    strong = np.abs(weights) > np.abs(weights).max() / 3
    np.testing.assert_array_equal(red[strong] > blue[strong], weights[strong] > 0)
    page.click(".bar-row:nth-child(4)")
    assert page.find("#selection-title").text == "Weights of output 3"


def test_layers_fade_in_one_after_the_other(browser: webdriver.Chrome, plain: Path) -> None:
    page = Page(browser, plain, still=False)
    # In one script: on a busy machine the layers are there before a second one asks.
    delays = page.run(
        "document.querySelector('#correct button').click();"
        "return document.getAnimations()"
        ".map((a) => [a.effect.target.id || String(a.effect.target.className),"
        " a.effect.getTiming().delay]).sort((a, b) => a[1] - b[1]).map(([name]) => name)"
    )
    assert [name for name in delays if "SVG" not in name] == [
        "network-input",
        "grid",
        "grid",
        "bars",
    ]


def test_nothing_is_cut_off_at_any_width_in_light_and_dark(
    browser: webdriver.Chrome, digits: Digits, tmp_path: Path
) -> None:
    classes = CATALOGUE["fashion-mnist"].classes
    model = random_model((1536, 100), n_networks=2, classes=classes, dataset="fashion-mnist")
    page = Page(browser, make_page(tmp_path, model, *digits))
    for width, dark in itertools.product((360, 820, 1280), (False, True)):
        page.resize(width, 800, dark)
        page.run("clear()")
        page.click("#correct button")
        assert page.prediction in classes
        names = page.run(
            "return [...document.querySelectorAll('.bar-row > span:first-child')]"
            ".filter((e) => e.scrollWidth <= e.clientWidth).map((e) => e.textContent)"
        )
        assert names == list(classes)  # none is cut off
        assert page.overflowing() == [], (width, dark)
        background = page.run("return getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", background)[0]) < 128) == dark, (width, dark)


@pytest.mark.parametrize("width", [360, 1280])
def test_certain_answer_has_room(
    width: int, browser: webdriver.Chrome, digits: Digits, tmp_path: Path
) -> None:
    model = random_model((12,))
    model.ensemble.networks[0].layers[-1].weights *= 1000
    page = Page(browser, make_page(tmp_path, model, *digits))
    page.resize(width, 800)
    page.click("#correct button, #misclassified button")
    assert page.find(".winner .value").text == "100.0 %"
    assert page.overflowing() == []


def test_class_names_of_any_model_are_shown_as_text(
    browser: webdriver.Chrome, digits: Digits, tmp_path: Path
) -> None:
    names = tuple(f"</script><img src=x onerror=document.title='{i}'>" for i in range(10))
    page = Page(browser, make_page(tmp_path, random_model((5,), classes=names), *digits))
    page.click("#correct button, #misclassified button")
    assert page.prediction in names
    assert page.find_all("img") == []
    assert page.browser.title == "Draw, and watch a network classify it"
    assert page.problems() == []


@pytest.mark.parametrize("width", [360, 1280])
def test_long_names_do_not_widen_the_page(
    width: int, browser: webdriver.Chrome, digits: Digits, tmp_path: Path
) -> None:
    names = tuple(str(digit) * 200 for digit in range(10))
    page = Page(browser, make_page(tmp_path, random_model((5,), classes=names), *digits))
    page.resize(width, 800)
    page.click("#correct button, #misclassified button")
    assert page.prediction in names
    assert page.overflowing() == []
    page.click(".bar-row")
    assert page.overflowing() == []
