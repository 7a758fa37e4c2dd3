"""The demo page in a real browser."""

import base64
import re

import numpy as np
import pytest
from click.testing import CliRunner
from selenium.webdriver.common.keys import Keys

from stages.datasets import bundled
from stages.datasets import pictures as picture
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.demo import demo
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.model_file import Model, save
from tests import browser as browsers
from tests.browser import Page


@pytest.fixture(scope="module")
def browser():
    with browsers.opened() as browser:
        yield browser


@pytest.fixture(scope="module")
def digits():
    """The bundled digits, 1,797 images and their labels."""
    return bundled.load()


def made(folder, model, images, labels, dataset="digits"):
    """Run the real command on a model and test images, and return the page's path."""
    np.save(folder / "test_images.npy", images)
    np.save(folder / "test_labels.npy", labels)
    write_manifest(create_manifest(folder, dataset, CATALOGUE[dataset]), folder)
    save(model, folder / "model.safetensors")
    out = folder / "demo.html"
    args = ["--dataset", dataset, "--data", folder, "--model", folder / "model.safetensors"]
    done = CliRunner().invoke(demo, [*map(str, args), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


def random_model(hidden, activation="relu", loss="cross_entropy", members=1, classes=None):
    rng = np.random.default_rng(1)
    classes = classes or CATALOGUE["digits"].classes
    networks = []
    for _ in range(members):
        network = MLP.random((784, *hidden, len(classes)), activation, loss, rng)
        for layer in network.layers:
            layer.weights[:, -1] = rng.normal(0, 0.1, layer.neurons)
        networks.append(network)
    return Model(Ensemble(networks), (28, 28), classes)


@pytest.fixture(scope="module")
def plain(tmp_path_factory, digits):
    """The page of a network with random weights and two hidden layers."""
    return made(tmp_path_factory.mktemp("plain"), random_model((40, 12)), *digits)


KINDS = {
    "no hidden layer": ((), "relu", "cross_entropy", 1),
    "one": ((128,), "relu", "cross_entropy", 1),
    "sigmoid, squared error": ((30, 20), "sigmoid", "squared_error", 1),
    "relu, squared error": ((30,), "relu", "squared_error", 1),
    "wide, committee": ((1536, 64), "sigmoid", "cross_entropy", 3),
}


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_those_of_python_for_every_architecture(kind, browser, digits, tmp_path):
    images, labels = digits
    model = random_model(*KINDS[kind])
    page = Page(browser, made(tmp_path, model, images, labels))
    shown = images[:1000]
    found = page.run(
        "const all = bytesOf(arguments[0]); const found = [];"
        "for (let i = 0; i < all.length; i += 784)"
        " found.push([...answer(NETWORK, all.subarray(i, i + 784)).outputs]);"
        "return found",
        base64.b64encode(shown.tobytes()).decode(),
    )
    np.testing.assert_allclose(found, model.committee.outputs(shown), rtol=0, atol=1e-4)
    hidden = KINDS[kind][0]
    assert len(page.find_all(".neurons")) == len(hidden)
    page.click("#right button")
    assert page.answer in model.classes
    committee = page.find("#committee").text
    assert ("first of the 3 networks" in committee) == (KINDS[kind][3] == 3)
    assert page.problems() == []


def test_page_is_one_file_that_may_ask_for_nothing(plain):
    html = plain.read_text()
    assert "default-src 'none'" in html
    assert not re.search(r"""(src|href)=["']|url\(|@import|https?://""", html)
    assert plain.stat().st_size < 300_000


def test_network_of_128_neurons_is_at_most_two_megabytes(tmp_path, digits):
    assert made(tmp_path, random_model((128,)), *digits).stat().st_size < 2e6


def test_same_inputs_give_the_same_bytes(plain, tmp_path, digits):
    assert made(tmp_path, random_model((40, 12)), *digits).read_bytes() == plain.read_bytes()


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_drawing_is_prepared_as_python_prepares_it(pointer, browser, plain, tmp_path):
    page = Page(browser, plain)
    model = random_model((40, 12))
    for strokes in browsers.DIGITS[:: 2 if pointer == "mouse" else 4]:
        page.click("#clear") if page.find("#clear").is_enabled() else None
        page.draw(*strokes, pointer=pointer)
        drawn = page.run("return paper.toDataURL('image/png').split(',')[1]")
        (tmp_path / "drawn.png").write_bytes(base64.b64decode(drawn))
        found = picture.read(tmp_path / "drawn.png", digit_size=20)
        # Transparent ink loses at most a level when it is put on paper.
        assert np.abs(found.astype(int) - page.seen()).max() <= 3
        outputs = model.committee.outputs(found[np.newaxis])
        assert page.answer == model.classes[outputs.argmax()]
    assert page.problems() == []


def test_drawn_digits_are_recognised(browser, mnist, tmp_path):
    page = Page(browser, made(tmp_path, mnist.model, mnist.images, mnist.labels, "mnist"))
    answers = ""
    for strokes in browsers.DIGITS:
        page.draw(*strokes)
        answers += page.answer
        page.click("#clear")
    assert answers == "0123456789"
    about = page.find("#about").text
    assert "“mnist”" in about
    accuracy = mnist.model.committee.accuracy(mnist.images, mnist.labels)
    assert f"{100 * accuracy:.2f} % of 10,000 test images" in about
    assert page.problems() == []


def test_strokes_are_undone_one_by_one_and_cleared_at_once(browser, plain):
    page = Page(browser, plain)
    assert page.answer == ""
    assert not page.find("#undo").is_enabled()
    page.draw(*browsers.DIGITS[7])
    seven = page.seen()
    page.draw([(30, 50), (70, 50)])
    assert (page.seen() != seven).any()
    page.click("#undo")
    np.testing.assert_array_equal(page.seen(), seven)
    page.click("#clear")
    assert page.answer == ""
    page.press_undo()
    np.testing.assert_array_equal(page.seen(), seven)
    page.press(Keys.DELETE)
    assert page.run("return seen()") is None


def test_all_can_be_done_by_keyboard(browser, plain, digits):
    page = Page(browser, plain)
    for _ in range(40):
        page.press(Keys.TAB)
        if page.run("return document.activeElement.closest('#right') !== null"):
            break
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press(Keys.ENTER)
    index = page.run("return IMAGES[document.activeElement.dataset.image].index")
    image = digits[0][index]
    np.testing.assert_array_equal(page.seen(), image)
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_UP)
    moved = page.seen()
    np.testing.assert_array_equal(moved[:-1, 2:], image[1:, :-2])
    page.press_undo()
    np.testing.assert_array_equal(page.seen()[:, 2:], image[:, :-2])
    page.run("document.querySelector('.neurons').focus()")
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.find("#chosen-title").text == "Weights of neuron 2 of layer 1"
    np.testing.assert_array_equal(page.seen()[:, 2:], image[:, :-2])  # not nudged


def test_worst_mistakes_are_there_to_be_nudged(browser, plain, digits):
    page = Page(browser, plain)
    images, labels = digits
    outputs = random_model((40, 12)).committee.outputs(images)
    worst = np.where(outputs.argmax(1) == labels, 0, outputs.max(1)).argmax()
    page.click("#worst button")
    np.testing.assert_array_equal(page.seen(), images[worst])
    assert page.answer == str(outputs[worst].argmax())
    assert f"it is: {labels[worst]}" in page.find("#answer").text
    page.click("[data-nudge=ArrowDown]")
    np.testing.assert_array_equal(page.seen()[1:], images[worst][:-1])


def test_click_on_a_neuron_shows_its_weights(browser, plain):
    page = Page(browser, plain)
    model = random_model((40, 12))
    page.click(".neurons")
    title = page.find("#chosen-title").text
    neuron = int(re.fullmatch(r"Weights of neuron (\d+) of layer 1", title)[1])
    shown = page.run(
        "const c = document.getElementById('weights');"
        "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    red, _, blue, _ = np.array(shown).reshape(-1, 4).T
    weights = model.committee.networks[0].layers[0].weights[neuron, :-1]
    strong = np.abs(weights) > np.abs(weights).max() / 3
    np.testing.assert_array_equal(red[strong] > blue[strong], weights[strong] > 0)
    page.click(".output:nth-child(4)")
    assert page.find("#chosen-title").text == "Weights of output 3"


def test_layers_light_up_one_after_the_other(browser, plain):
    page = Page(browser, plain)
    page.click("#right button")
    delays = page.run(
        "return document.getAnimations()"
        ".map((a) => [a.effect.target.id || a.effect.target.dataset.layer,"
        " a.effect.getTiming().delay]).sort((a, b) => a[1] - b[1]).map(([name]) => name)"
    )
    assert delays == ["sees", "0", "1", "bars"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 820, 1280])
def test_nothing_is_cut_at_any_width(width, dark, browser, digits, tmp_path):
    classes = CATALOGUE["fashion-mnist"].classes
    model = random_model((1536, 100), members=2, classes=classes)
    page = Page(browser, made(tmp_path, model, *digits, "fashion-mnist"))
    page.resize(width, 800, dark)
    page.click("#right button")
    assert page.answer in classes
    assert {row.text for row in page.find_all(".output > span:first-child")} == set(classes)
    too_wide = page.run(
        "return [...document.querySelectorAll('body *')].filter((e) => {"
        " const {right, left} = e.getBoundingClientRect();"
        " return right > innerWidth + 0.5 || left < 0 || e.scrollWidth > e.clientWidth + 1 &&"
        " getComputedStyle(e).display !== 'inline'; }).map((e) => e.outerHTML)"
    )
    assert too_wide == []
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", ground)[0]) < 128) == dark


def test_names_of_a_foreign_model_are_text_and_nothing_else(browser, digits, tmp_path):
    names = tuple(f"</script><img src=x onerror=document.title='{i}'>" for i in range(10))
    page = Page(browser, made(tmp_path, random_model((5,), classes=names), *digits))
    page.click("#right button, #worst button")
    assert page.answer in names
    assert page.find_all("img") == []
    assert page.browser.title == "Draw, and watch a network read it"
    assert page.problems() == []
