"""The demo page's moments of training, its pixels that mattered and its limits, in a browser."""

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from stages.classifier import model_file
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.training import snapshots
from stages.training.ensemble import random_ensemble
from stages.training.snapshots import Snapshot
from tests import browser as browsers
from tests.browser import Page
from tests.helpers import mnist_5k
from tests.helpers.commands import stage_within
from tests.helpers.config import CONFIG, options

N_IMAGES = 200


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train two networks on mnist-5k for a moment, and make their page."""
    folder = tmp_path_factory.mktemp("trained")
    images, labels = mnist_5k.load()
    for split, first, last in (("train", 200, 1200), ("test", 0, N_IMAGES)):
        np.save(folder / f"{split}_images.npy", images[first:last])
        np.save(folder / f"{split}_labels.npy", labels[first:last])
    write_manifest(create_manifest(folder, "mnist-5k", CATALOGUE["mnist-5k"]), folder)
    config = replace(CONFIG, hidden=(20, 12), ensemble_size=2, augmentation=None)
    paths: list[str | Path] = ["--data", folder, "--model", folder / "model.safetensors"]
    stage_within("train", *paths, *options(config), "--snapshots=6", cwd=folder)
    stage_within("demo", *paths, "--out", folder / "demo.html", cwd=folder)
    return folder


@pytest.fixture
def page(browser: webdriver.Chrome, trained: Path) -> Page:
    page = Page(browser, trained / "demo.html")
    page.wait_for("snapshots.length > 1")
    return page


def page_data(path: Path) -> dict[str, Any]:
    match = re.search(
        r'<script id="data" type="application/json">(.*?)</script>',
        path.read_text(encoding="utf-8"),
    )
    assert match is not None
    data: dict[str, Any] = json.loads(match[1])
    return data


def load_images(folder: Path) -> np.ndarray:
    images: np.ndarray = np.load(folder / "test_images.npy")
    return images


def load(folder: Path) -> tuple[Ensemble, list[Snapshot]]:
    ensemble = model_file.load(folder / "model.safetensors").ensemble
    path = folder / "model.snapshots.safetensors"
    return ensemble, snapshots.load(path, ensemble.networks[0])


def contributions(network: MLP, image: np.ndarray, output: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute value times gradient for the pixels and the first layer of a ReLU network."""
    gradient = np.eye(10)[output]
    for layer, activations in zip(
        reversed(network.layers[1:]),
        reversed(network.layer_activations(image[np.newaxis])[:-1]),
        strict=True,
    ):
        below = gradient @ layer.weights.T
        neurons = below * activations[0]
        gradient = below * (activations[0] > 0)
    return gradient @ network.layers[0].weights.T * image.ravel() / 255, neurons


def test_each_moment_answers_as_the_network_did_then(page: Page, trained: Path) -> None:
    ensemble, kept = load(trained)
    images = load_images(trained)
    assert len(kept) == 5
    page.click("#correct button")
    image = images[page.run("return IMAGES[state.image].index")][np.newaxis]
    for index, moment in enumerate(kept):
        page.run("arguments[0].value = arguments[1]", page.find("#snapshot"), index)
        page.run("arguments[0].dispatchEvent(new Event('input'))", page.find("#snapshot"))
        network = moment.network(ensemble.networks[0])
        outputs = page.run("return [...view.outputs]")
        np.testing.assert_allclose(outputs, network.predict_proba(image)[0], rtol=0, atol=1e-4)
        weights = page.run(
            "return shownLayers().map((layer) => [...layer.weights.values, ...layer.biases.values])"
        )
        for shown, layer in zip(weights, network.layers, strict=True):
            expected = np.vstack([layer.weights, layer.biases]).ravel()
            np.testing.assert_array_equal(np.array(shown, np.float32), expected)
        labels = np.load(trained / "test_labels.npy")
        accuracy = 100 * (network.predict_proba(images).argmax(1) == labels).mean()
        text = page.find("#snapshot-text").text
        assert f"{accuracy:.1f} % of the test images classified correctly, by the" in text
        assert ("At the start" in text) == (index == 0)
    assert page.problems() == []


def test_last_moment_is_the_ensemble_exactly(page: Page, trained: Path) -> None:
    ensemble, _ = load(trained)
    assert page.find("#snapshot").get_attribute("value") == "5"
    encoded = page_data(trained / "demo.html")["networks"]
    for network, layers in zip(ensemble.networks, encoded, strict=True):
        for layer, content in zip(network.layers, layers, strict=True):
            expected = np.vstack([layer.weights, layer.biases])
            assert base64.b64decode(content["weights"]) == expected.astype("<f4").tobytes()
    page.click("#correct button")
    image = load_images(trained)[page.run("return IMAGES[state.image].index")][np.newaxis]
    outputs = page.run("return [...view.outputs]")
    np.testing.assert_allclose(outputs, ensemble.predict_proba(image)[0], rtol=0, atol=1e-4)
    assert "At the end of training" in page.find("#snapshot-text").text


def test_play_shows_all_moments_and_arrow_keys_on_the_slider_shift_no_image(page: Page) -> None:
    page.click("#correct button")
    image = page.network_input()
    page.run("document.getElementById('snapshot').focus()")
    page.press(Keys.ARROW_LEFT)
    assert page.run("return snapshot") == 4
    np.testing.assert_array_equal(page.network_input(), image)
    page.press(Keys.ARROW_RIGHT)
    page.click("#play")
    assert page.run("return snapshot") == 0
    assert page.find("#play").text == "Pause"
    page.wait_for("timer === null")
    assert page.run("return snapshot") == 5
    assert page.find("#play").text == "Play"


def test_pixels_that_mattered_are_weights_times_ink(page: Page, trained: Path) -> None:
    ensemble, _ = load(trained)
    page.click("#correct button:nth-child(4)")
    image = load_images(trained)[page.run("return IMAGES[state.image].index")]
    winner = int(ensemble.predict_proba(image[np.newaxis]).argmax())
    expected = np.mean(
        [contributions(network, image, winner)[0] for network in ensemble.networks], axis=0
    )
    shown = page.run("return [...view.contributions.pixels]")
    np.testing.assert_allclose(shown, expected, rtol=0, atol=1e-4)
    rgba = page.run(
        "const c = document.getElementById('pixels');"
        "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    red, _, blue, _ = np.array(rgba).reshape(-1, 4).T
    strong = np.abs(expected) > np.abs(expected).max() / 3
    np.testing.assert_array_equal(red[strong] > blue[strong], expected[strong] > 0)
    assert f"ink for {winner}" in page.find("#contributions-text").text


def test_page_opens_on_the_neuron_that_mattered_most(page: Page, trained: Path) -> None:
    ensemble, _ = load(trained)
    first = ensemble.networks[0]
    images = load_images(trained)

    def strengths(indices: list[int]) -> np.ndarray:
        total = np.zeros(20)
        for image in images[indices]:
            winner = int(first.predict_proba(image[np.newaxis]).argmax())
            total += np.abs(contributions(first, image, winner)[1])
        return total

    everything = strengths(page.run("return IMAGES.map((image) => image.index)"))
    title = page.find("#selection-title")
    page.click("#clear")
    assert title.text == f"Weights of neuron {everything.argmax()} of layer 1"
    page.click("#correct button")
    one = strengths([page.run("return IMAGES[state.image].index")])
    assert title.text == f"Weights of neuron {one.argmax()} of layer 1"
    page.run("showSnapshot(0)")  # the same neuron, so that it can be watched
    assert title.text == f"Weights of neuron {one.argmax()} of layer 1"
    page.click(".bar-row:nth-child(2)")
    page.click("#clear")
    assert title.text == "Weights of output 1"


def test_weights_of_an_output_are_laid_out_as_the_neurons_are(page: Page, trained: Path) -> None:
    ensemble, _ = load(trained)
    page.click(".bar-row:nth-child(3)")
    columns = page.run("return grids[1].columns")
    assert page.run("return [weights.width, weights.height]") == [columns, 12 // columns]
    rgba = page.run(
        "const c = document.getElementById('weights');"
        "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    red, _, blue, _ = np.array(rgba).reshape(-1, 4).T
    weights = ensemble.networks[0].layers[2].weights[:, 2]
    strong = np.abs(weights) > np.abs(weights).max() / 3
    np.testing.assert_array_equal(red[strong] > blue[strong], weights[strong] > 0)


def test_small_drawing_is_enlarged_as_strokes_and_a_dot_stays_small(page: Page) -> None:
    page.draw(*browsers.DIGITS[3])
    large = page.network_input().astype(float)
    page.click("#clear")
    page.draw(*[[(45 + x / 10, 45 + y / 10) for x, y in stroke] for stroke in browsers.DIGITS[3]])
    small = page.network_input().astype(float)
    assert small.mean() < 1.5 * large.mean()
    assert np.corrcoef(small.ravel(), large.ravel())[0, 1] > 0.7
    page.click("#clear")
    page.draw([(50, 50)])
    dot = page.network_input()
    assert dot.max() == 255
    rows, columns = np.nonzero(dot)
    assert max(np.ptp(rows), np.ptp(columns)) <= 2 * page.run("return PEN_WIDTH")


@pytest.mark.parametrize("moments_file", ["empty", "none"])
def test_page_without_moments_has_no_slider(
    moments_file: str, browser: webdriver.Chrome, trained: Path, tmp_path: Path
) -> None:
    model = model_file.load(trained / "model.safetensors")
    model_file.save(model, tmp_path / "m.safetensors")
    if moments_file == "empty":
        snapshots.save([], tmp_path / "m.snapshots.safetensors")
    args = ("--data", trained, "--model", tmp_path / "m.safetensors", "--out", tmp_path / "d.html")
    stage_within("demo", *args, cwd=tmp_path)
    page = Page(browser, tmp_path / "d.html")
    page.click("#correct button")
    assert page.prediction
    assert not page.find("#training").is_displayed()
    assert page.problems() == []


@pytest.mark.slow
def test_page_of_a_large_ensemble_has_at_most_ten_megabytes_and_says_what_it_shows(
    browser: webdriver.Chrome, trained: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, hidden=(2000, 600), ensemble_size=3)
    ensemble = random_ensemble(config, (28, 28), 10)
    model = model_file.load(trained / "model.safetensors")
    model_file.save(replace(model, ensemble=ensemble), tmp_path / "m.safetensors")
    snapshots.save(
        [Snapshot.of(ensemble.networks[0], 0, 0.0)], tmp_path / "m.snapshots.safetensors"
    )
    args = ("--data", trained, "--model", tmp_path / "m.safetensors", "--out", tmp_path / "d.html")
    stage_within("demo", *args, cwd=tmp_path)
    assert (tmp_path / "d.html").stat().st_size <= 10e6
    page = Page(browser, tmp_path / "d.html")
    assert page.find("#ensemble").text == (
        "The neurons shown are those of the first of the 3 networks; the outputs are the mean of"
        " the first 2. To keep this page small, weights have 8 bits: outputs differ a little."
    )
    page.click("#correct button")
    image = load_images(trained)[page.run("return IMAGES[state.image].index")][np.newaxis]
    outputs = page.run("return [...view.outputs]")
    expected = Ensemble(ensemble.networks[:2]).predict_proba(image)[0]
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=0.05)
    assert page.problems() == []


def test_moments_of_128_neurons_take_less_than_two_megabytes(tmp_path: Path, trained: Path) -> None:
    network = MLP.random((784, 128, 10), "relu", "cross_entropy", np.random.default_rng(1))
    model = model_file.load(trained / "model.safetensors")
    model_file.save(replace(model, ensemble=Ensemble([network])), tmp_path / "m.safetensors")
    args = ("--data", trained, "--model", tmp_path / "m.safetensors", "--out", tmp_path / "d.html")
    stage_within("demo", *args, cwd=tmp_path)
    size_without = (tmp_path / "d.html").stat().st_size
    rng = np.random.default_rng(1)
    kept = []
    for step in range(19):  # unlike in training, nothing of one moment is left in the next
        for layer in network.layers:
            layer.weights[:] = rng.normal(0, 0.1, layer.weights.shape)
        kept.append(Snapshot.of(network, step, step))
    snapshots.save(kept, tmp_path / "m.snapshots.safetensors")
    stage_within("demo", *args, cwd=tmp_path)
    size = (tmp_path / "d.html").stat().st_size
    assert size_without < size < size_without + 2e6
    assert 2 <= len(page_data(tmp_path / "d.html")["snapshots"]) < 19
