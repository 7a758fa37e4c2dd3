"""The report of a run, in a browser."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver

from stages.classifier import model_file
from stages.cli.parameters import PARAMETERS
from stages.reporting import tables
from stages.runtime.files import atomic_write
from tests import browser as browsers
from tests.browser import Page
from tests.helpers.commands import ROOT, stage_within
from tests.helpers.project import set_params


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the stages on mnist-5k, with a training of one epoch."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copy(ROOT / "params.yaml", folder)
    for name in ("download", "convert"):
        stage_within(name, cwd=folder)
    stage_within("train", "--epochs=1", "--hidden=8", "--strength=0", cwd=folder)
    stage_within("evaluate", cwd=folder)
    stage_within("report", cwd=folder)
    return folder


@pytest.fixture
def page(browser: webdriver.Chrome, run_folder: Path) -> Page:
    return Page(browser, run_folder / "reports" / "index.html")


def test_report_is_one_file_that_makes_no_network_requests(page: Page, run_folder: Path) -> None:
    html = (run_folder / "reports" / "index.html").read_text()
    assert "default-src 'none'" in html
    addresses = re.findall(r"""(?:src|href)=["'][^"']*|url\([^)]*|@import|https?:[^"']*""", html)
    links = [*browsers.LINKS, "http://www.w3.org/2000/svg"]
    assert addresses == links  # none of which is opened by itself
    assert page.problems() == []


def test_accuracies_are_those_of_the_tables_with_their_intervals(
    page: Page, run_folder: Path
) -> None:
    metrics = json.loads((run_folder / "reports" / "metrics.json").read_text())
    shown = page.find("dl").text
    low, high = (100 * metrics[f"accuracy_{end}"] for end in ("low", "high"))
    assert f"{100 * metrics['accuracy']:.2f} %" in shown
    assert f"95 % interval {low:.2f} to {high:.2f} %" in shown
    assert f"{100 * metrics['validation_accuracy']:.2f} %" in shown
    assert f"{metrics['loss']:.4f}" in shown


def test_outputs_of_the_first_test_image_are_the_networks(page: Page, run_folder: Path) -> None:
    model = model_file.load(run_folder / "models" / "model.safetensors")
    images = np.load(run_folder / "data" / "npy" / "test_images.npy")
    labels = np.load(run_folder / "data" / "npy" / "test_labels.npy")
    outputs = model.predict(images[:1]).probabilities[0]
    values = [element.text for element in page.find_all(".bars .value")]
    assert values == [f"{value:.3f}" for value in outputs]
    assert page.find(".bars .winner").text.split()[0] == model.classes[outputs.argmax()]
    first_row = (run_folder / "reports" / "predictions.csv").read_text().splitlines()[1]
    confidence = 100 * float(first_row.split(",")[3])
    sentence = page.find(".first + p").text
    assert f", {confidence:.1f} % sure; " in sentence
    assert sentence.startswith(f"Predicted: {model.classes[outputs.argmax()]}, ")
    assert sentence.endswith(f"actual: {model.classes[labels[0]]}.")


def test_report_has_every_parameter_class_and_figure(page: Page, run_folder: Path) -> None:
    rows = [row.text for row in page.find_all(".parameters tbody tr")]
    assert [row.split()[0] for row in rows] == list(PARAMETERS)
    for row, parameter in zip(rows, PARAMETERS.values(), strict=True):
        assert parameter.help is not None
        assert parameter.help in row
    classes = [row.text.split()[0] for row in page.find_all(".numbers tbody tr")]
    assert classes == [str(digit) for digit in range(10)]
    titles = [element.text for element in page.find_all("h2")]
    assert {"Learning curves", "Confusion matrix", "Confidence", "Weights"} <= set(titles)
    assert "Parameters that the network was trained with" in titles
    assert page.find("#demo-link").is_displayed()
    assert page.find("nav [aria-current=page]").text == "Report"


def test_plots_show_the_tables(page: Page, run_folder: Path) -> None:
    lines = (run_folder / "reports" / "predictions.csv").read_text().splitlines()[1:]
    expected = np.zeros((10, 10), int)
    for line in lines:
        _, actual, predicted, _ = line.split(",")
        expected[int(actual), int(predicted)] += 1
    shown = [
        [int(cell.text or 0) for cell in row.find_elements("css selector", "td")]
        for row in page.find_all(".confusion tbody tr")
    ]
    np.testing.assert_array_equal(shown, expected)
    n_bins = len((run_folder / "reports" / "calibration.csv").read_text().splitlines()) - 1
    assert len(page.find_all("#reliability circle")) == n_bins
    for plot in ("#loss", "#accuracy"):  # one epoch: a point each
        classes = {dot.get_attribute("class") for dot in page.find_all(f"{plot} circle")}
        assert {"series-0", "series-2"} <= classes
    assert "validation images" in page.find("#curves-legend").text
    pixels = page.run(
        "const c = document.getElementById('weights');"
        "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    assert len(set(pixels)) > 50
    assert page.problems() == []


def test_most_confident_mistake_comes_first(page: Page, run_folder: Path) -> None:
    lines = (run_folder / "reports" / "predictions.csv").read_text().splitlines()[1:]
    rows = [line.split(",") for line in lines]
    wrong = [row for row in rows if row[1] != row[2]]
    _, actual, predicted, confidence = max(wrong, key=lambda row: float(row[3]))
    caption = page.find(".thumbnails figcaption").text
    assert caption == f"{actual} → {predicted}\n{100 * float(confidence):.0f} %"
    assert len(page.find_all(".thumbnails canvas")) == min(20, len(wrong))


def test_nothing_is_cut_off_at_any_width(page: Page) -> None:
    for width, dark in itertools.product((360, 820, 1280), (False, True)):
        page.resize(width, 800, dark)
        assert page.overflowing() == [], (width, dark)
        background = page.run("return getComputedStyle(document.body).backgroundColor")
        assert (int(background.partition("(")[2].partition(",")[0]) < 128) == dark, (width, dark)


def test_long_names_do_not_widen_the_report(
    browser: webdriver.Chrome, run_folder: Path, tmp_path: Path
) -> None:
    model = model_file.load(run_folder / "models" / "model.safetensors")
    names = tuple(str(digit) * 200 for digit in range(10))
    path = tmp_path / "m.safetensors"
    model_file.save(replace(model, classes=names, dataset="d" * 200), path)
    shutil.copytree(run_folder / "reports", tmp_path / "m.reports")
    stage_within("evaluate", "--model", path, cwd=run_folder)
    stage_within("report", "--model", path, cwd=run_folder)
    page = Page(browser, tmp_path / "m.reports" / "index.html")
    for width in (360, 1280):
        page.resize(width, 800)
        assert page.overflowing() == [], width


def test_same_inputs_give_the_same_bytes(run_folder: Path) -> None:
    path = run_folder / "reports" / "index.html"
    before = path.read_bytes()
    path.unlink()
    stage_within("report", cwd=run_folder)
    assert path.read_bytes() == before


def test_report_of_a_model_without_validation_images_is_beside_it(
    browser: webdriver.Chrome, run_folder: Path
) -> None:
    model = ("--model", "models/other.safetensors")
    train = ("train", *model, "--epochs=0", "--hidden=", "--validation-fraction=0")
    stage_within(*train, cwd=run_folder)
    stage_within("evaluate", *model, cwd=run_folder)
    stage_within("report", *model, cwd=run_folder)
    page = Page(browser, run_folder / "models" / "other.reports" / "index.html")
    assert "of the test images" in page.find("#accuracies").text
    assert "of the validation images" not in page.find("#accuracies").text
    assert page.problems() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("history.csv", "epoch\n"),
        ("history.csv", ""),
        ("validation_predictions.csv", "index\n"),
    ],
)
def test_damaged_file_is_named_in_a_sentence(
    name: str, content: str, run_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(run_folder / "reports", tmp_path / "reports")
    (tmp_path / "reports" / name).write_text(content)
    printed = stage_within(
        "report", "--reports", tmp_path / "reports", cwd=run_folder, expect=1
    ).output
    assert f"{name}: not " in printed
    (tmp_path / "reports" / name).unlink()
    printed = stage_within(
        "report", "--reports", tmp_path / "reports", cwd=run_folder, expect=2
    ).output
    assert f"{name}: No such file" in printed


def test_curves_of_a_training_that_goes_on_load_themselves_anew(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    set_params(tmp_path, epochs=3)
    out, history = tmp_path / "reports" / "training.html", tmp_path / "reports" / "history.csv"
    history.parent.mkdir()
    tables.write(history, tables.HISTORY, [dict.fromkeys(tables.HISTORY, 1)] * 3)  # the last run's
    command = [sys.executable, "-m", "stages.report", "--live"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as live:
        try:
            assert live.stdout is not None
            assert b"training.html: open it in a browser" in live.stdout.readline()
            of_last_run = out.read_bytes()
            history.unlink()  # as DVC does when the stage starts
            while out.read_bytes() == of_last_run:
                assert live.poll() is None
                time.sleep(0.05)
            page, n_points = Page(browser, out), 0
            for n_epochs in range(3):
                page.wait_for(f"byId('about').textContent === '{n_epochs} of 3 epochs'")
                # The axis goes to the last epoch from the start.
                page.wait_for("byId('loss').textContent.includes('2.53epoch')")
                n_points += len(page.find_all("#loss circle"))
                rows = [
                    dict.fromkeys(tables.HISTORY, 1 / epoch) for epoch in range(1, n_epochs + 2)
                ]
                with atomic_write(history) as new_table:
                    tables.write(new_table, tables.HISTORY, rows)
            assert live.wait() == 0
        finally:
            live.kill()
    page.wait_for("byId('about').textContent === '3 of 3 epochs'")
    assert n_points == 2  # the first epoch of training and validation; more are lines
    assert page.find_all("#accuracy path.series-1") != []
    assert page.problems() == []
