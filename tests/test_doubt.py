"""Doubt: what predictions are worth, by the commands, on MNIST and on the page."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click import Command
from click.testing import CliRunner
from PIL import Image
from selenium import webdriver

from stages.classifier import calibration, novelty
from stages.classifier.model_file import Model, save
from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.demo import demo
from stages.evaluate import evaluate
from stages.network.activations import ACTIVATIONS
from stages.network.dense import Dense
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.predict import predict
from stages.reporting import calibration as calibration_error
from stages.reporting import metrics
from stages.train import train
from tests.browser import Page
from tests.helpers import mnist_5k, non_digits
from tests.helpers.config import CONFIG, options
from tests.helpers.mnist import Mnist

DIGITS = CATALOGUE["mnist-5k"].classes
KINDS = list(non_digits.NON_DIGITS)


@pytest.fixture(scope="module")
def mnist_model(mnist: Mnist) -> Model:
    """Give the small MNIST network the doubt that training fits, from images it has not seen."""
    images, labels = arrays.load(mnist.folder, "train")
    validation, labels = images[20_000:26_000], labels[20_000:26_000]
    return replace(
        mnist.model,
        calibration=calibration.fit(mnist.model.ensemble.predict_proba(validation), labels),
        novelty=novelty.fit(images[:20_000], validation, np.random.default_rng(1)),
    )


def test_most_non_digits_are_doubted_and_hardly_any_digit_is(
    mnist: Mnist, mnist_model: Model
) -> None:
    answers = mnist_model.predict(mnist.images)
    assert (answers.is_unsure | answers.is_novel).mean() <= 0.02
    # Seeds from 1000 on: the method was chosen by others.
    made = np.concatenate([non_digits.make(kind, 40, seed=1000) for kind in KINDS])
    answers = mnist_model.predict(made)
    assert (answers.is_unsure | answers.is_novel).mean() >= 0.8


def test_temperature_brings_confidence_near_accuracy(mnist: Mnist, mnist_model: Model) -> None:
    outputs = mnist_model.predict(mnist.images).outputs ** 4  # far too sure
    outputs /= outputs.sum(axis=1, keepdims=True)
    fitted = calibration.fit(outputs[::2], mnist.labels[::2])
    errors = []
    for probabilities in (None, fitted.probabilities(outputs)[1::2]):
        evaluation = metrics.evaluate(outputs[1::2], mnist.labels[1::2], probabilities)
        errors.append(calibration_error.error(calibration_error.bins(evaluation)))
    assert errors[1] < errors[0] / 2


def invoke(command: Command, *args: str) -> str:
    result = CliRunner().invoke(command, args)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_commands_say_what_confidence_was_calibrated_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    images, labels = mnist_5k.load()
    for split, part in (("train", slice(1200)), ("test", slice(1200, 1800))):
        np.save(f"{split}_images.npy", images[part])
        np.save(f"{split}_labels.npy", labels[part])
    write_manifest(create_manifest(tmp_path, "mnist-5k", CATALOGUE["mnist-5k"]), tmp_path)
    files = ("--data", ".", "--model", "m.safetensors")
    config = [*options(replace(CONFIG, epochs=1)), "--snapshots=0"]
    assert "not calibrated" in invoke(train, *files, *config, "--validation-fraction", "0")
    assert "not calibrated" not in invoke(train, *files, *config)
    assert "(temperature from 120 validation images)" in invoke(evaluate, *files)
    header, *rows = Path("m.reports/calibration.csv").read_text(encoding="utf-8").splitlines()
    assert header == "confidence,accuracy,n_images"
    assert sum(int(row.split(",")[2]) for row in rows) == 600
    assert Path("m.reports/reliability.png").stat().st_size > 1000


def test_all_outputs_of_0_are_answered_not_sure(tmp_path: Path) -> None:
    dead = Dense(np.zeros((784, 10), np.float32), np.zeros(10, np.float32), ACTIVATIONS["relu"])
    network = MLP([dead], "relu", "squared_error")
    save(Model(Ensemble([network]), (28, 28), DIGITS, "mnist-5k", 20), tmp_path / "model")
    images, _ = mnist_5k.load()
    Image.fromarray(images[0]).save(tmp_path / "a.png")
    args = ["--model", str(tmp_path / "model"), str(tmp_path / "a.png")]
    said = CliRunner().invoke(predict, args).stdout
    assert said.splitlines()[0].endswith("a.png: not sure")
    [answer] = json.loads(CliRunner().invoke(predict, [*args, "--json"]).stdout)
    assert answer["doubt"] == "not sure"


def test_page_has_the_doubts_of_python(browser: webdriver.Chrome, tmp_path: Path) -> None:
    images, labels = mnist_5k.load()
    training, test, test_labels = images[:3600], images[3600:], labels[3600:]
    network = MLP.random((784, 30, 10), "relu", "cross_entropy", np.random.default_rng(1))
    model = Model(
        Ensemble([network]),
        (28, 28),
        DIGITS,
        "mnist-5k",
        20,
        calibration.Calibration(0.6, 0.3, 100),
        novelty.fit(training, test, np.random.default_rng(1)),
    )
    assert model.novelty
    np.save(tmp_path / "test_images.npy", test)
    np.save(tmp_path / "test_labels.npy", test_labels)
    write_manifest(create_manifest(tmp_path, "mnist-5k", CATALOGUE["mnist-5k"]), tmp_path)
    save(model, tmp_path / "model")
    paths = ["--data", tmp_path, "--model", tmp_path / "model", "--out", tmp_path / "demo.html"]
    assert CliRunner().invoke(demo, [str(path) for path in paths]).exit_code == 0
    page = Page(browser, tmp_path / "demo.html")
    some = np.concatenate([test[:200], non_digits.make("scribble", 40, seed=1)])
    found = page.run(
        "const all = decodeBytes(arguments[0]); const found = [];"
        "for (let i = 0; i < all.length; i += 784) {"
        " const image = all.subarray(i, i + 784);"
        " const { outputs } = predict(DATA.networks, image);"
        " const winner = outputs.indexOf(Math.max(...outputs));"
        " const probabilities = calibratedProbabilities(outputs, DATA.calibration);"
        " found.push([noveltyScore(DATA.novelty, image), probabilities[winner],"
        "  answerTexts(DATA, { image, outputs, probabilities, winner })[0]]); }"
        "return found",
        base64.b64encode(some.tobytes()).decode(),
    )
    scores, confidences, texts = zip(*found, strict=True)
    answers = model.predict(some)
    np.testing.assert_allclose(scores, model.novelty.scores(some), atol=1e-4)
    np.testing.assert_allclose(confidences, answers.probabilities.max(axis=1), atol=1e-4)
    kinds = [
        "no digit" if text.startswith("best guess: ") else text.startswith("not sure: ")
        for text in texts
    ]
    expected = [
        "no digit" if novel else unsure
        for novel, unsure in zip(answers.is_novel, answers.is_unsure, strict=True)
    ]
    assert kinds == expected
    assert {"no digit", True, False} <= set(kinds)
    page.draw([(20, 30), (80, 60)], [(20, 60), (80, 30)], [(45, 15), (55, 85)])
    winner = page.run("return DATA.classes[view.winner]")
    assert page.prediction == f"best guess: {winner}"  # unlike all images
    assert page.problems() == []
