"""`predict --many` reads all digits of a page, and without it a page says that it has several."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.classifier import model_file
from stages.training.ensemble import random_ensemble
from tests.helpers import made_pictures, mnist_5k
from tests.helpers.commands import stage_within
from tests.helpers.config import CONFIG

N_DIGITS, N_COLUMNS = 10, 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page and a network that has learnt nothing."""
    digits = tuple(str(digit) for digit in range(10))
    ensemble = random_ensemble(CONFIG, (28, 28), len(digits))
    model = model_file.Model(ensemble, (28, 28), digits, "mnist", digit_size=20)
    model_file.save(model, tmp_path / "model.safetensors")
    images = mnist_5k.load()[0][10 : 10 + N_DIGITS]
    page = made_pictures.page(images, np.random.default_rng(1), n_columns=N_COLUMNS)
    Image.fromarray(page).resize((2 * page.shape[1], 2 * page.shape[0])).save(tmp_path / "page.png")
    return tmp_path


def test_page_is_printed_line_by_line(folder: Path) -> None:
    done = stage_within("predict", "page.png", "--many", "--model", "model.safetensors", cwd=folder)
    title, *lines = done.stdout.splitlines()
    assert title == f"page.png: {N_DIGITS} digits in 2 lines"
    assert [len(line.split()) for line in lines[:4]] == [N_COLUMNS] * 4
    assert all(word.endswith("%") for word in lines[1].split())


def test_json_has_boxes_in_pixels_of_the_picture(folder: Path) -> None:
    done = stage_within(
        "predict", "page.png", "--many", "--json", "--model", "model.safetensors", cwd=folder
    )
    (page,) = json.loads(done.stdout)
    assert page["picture"] == "page.png"
    assert [digit["line"] for digit in page["digits"]] == [0] * N_COLUMNS + [1] * N_COLUMNS
    picture = np.asarray(Image.open(folder / "page.png"))
    for digit in page["digits"]:
        box = digit["box"]
        assert 100 < max(box["height"], box["width"]) < 220
        rows = slice(box["top"], box["top"] + box["height"])
        columns = slice(box["left"], box["left"] + box["width"])
        assert picture[rows, columns].min() < 0.6 * np.median(picture[rows])


def test_digits_that_touch_are_doubted_in_words_and_json(folder: Path) -> None:
    page = Image.new("L", (640, 360), 255)
    draw = ImageDraw.Draw(page)
    for left, top in ((40, 40), (160, 40), (280, 40), (40, 220), (160, 220), (238, 220)):
        draw.ellipse((left, top, left + 80, top + 100), outline=0, width=8)
    page.save(folder / "touching.png")
    options = ("touching.png", "--many", "--model", "model.safetensors")
    words = stage_within("predict", *options, cwd=folder).stdout.splitlines()
    assert words[0] == "touching.png: 5 digits in 2 lines"
    note = "  ? in line 2, digit 2: so wide that it may be several that touch"
    assert [line for line in words if "touch" in line[2:]] == [note]
    (found,) = json.loads(stage_within("predict", *options, "--json", cwd=folder).stdout)
    assert [digit["wide"] for digit in found["digits"]] == [False] * 4 + [True]


def test_page_and_single_pictures_are_drawn(folder: Path) -> None:
    options = ("page.png", "--model", "model.safetensors", "--show")
    stage_within("predict", *options, "many.png", "--many", cwd=folder)
    stage_within("predict", *options, "one.png", cwd=folder)
    for name in ("many.png", "one.png"):
        drawn = np.asarray(Image.open(folder / name)).astype(int)
        # The picture is grey, its frames are coloured.
        is_coloured = np.ptp(drawn[:, : drawn.shape[1] // 4], axis=2) > 100
        assert is_coloured.sum() > 50


def test_picture_of_several_digits_says_so(folder: Path) -> None:
    done = stage_within("predict", "page.png", "--model", "model.safetensors", cwd=folder)
    assert done.stdout.startswith("page.png: ")
    assert f"Warning: page.png: shows {N_DIGITS} digits" in done.stderr
    assert "--many" in done.stderr
