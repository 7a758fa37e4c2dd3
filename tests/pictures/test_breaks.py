"""Digits as strangers write and photograph them: in pieces, cropped tightly, lit by a lamp."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.pictures import reader as pictures
from stages.pictures.mnist_format import to_mnist_format
from tests.helpers.made_breaks import BODY_OF_5, BROKEN, crop, drawn, lamp
from tests.helpers.mnist import Mnist

DIGIT_SIZE = 20
SEVEN = [[(0.0, 0.0), (0.6, 0.02), (0.3, 1.0)]]
HEIGHT, PEN = 80, 8


def save(ink: np.ndarray, path: Path) -> Path:
    """Save ink, 0 to 1, as a dark pen on light paper."""
    Image.fromarray(np.rint(255 * (0.95 - 0.8 * ink)).astype(np.uint8)).save(path)
    return path


def similarity(image: np.ndarray, ink: np.ndarray) -> float:
    """Best correlation with ink in MNIST's format over shifts by a pixel."""
    expected = to_mnist_format(ink, DIGIT_SIZE)
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    moved = [np.roll(image, shift, (0, 1)).ravel() for shift in shifts]
    return max(float(np.corrcoef(one, expected.ravel())[0, 1]) for one in moved)


@pytest.mark.parametrize("name", BROKEN)
def test_pieces_of_a_digit_are_one_digit(name: str, tmp_path: Path) -> None:
    for height, width in ((200, 16), (60, 5)):
        ink = drawn(BROKEN[name], height, width, (int(1.7 * height), int(1.6 * height)))
        reading = pictures.read_digit(save(ink, tmp_path / "broken.png"), DIGIT_SIZE)
        assert reading.n_digits == 1
        assert similarity(reading.images[0], ink) > 0.75


def in_rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Write a broken digit among whole ones on a page of two lines, and alone."""
    broken, whole = (drawn(lines, HEIGHT, PEN, (130, 120)) for lines in (BROKEN[name], SEVEN))
    rows = [[whole, broken, whole, whole, broken], [whole, whole, broken, whole, broken]]
    return np.vstack([np.hstack(row) for row in rows]), broken


@pytest.mark.parametrize("name", [name for name in BROKEN if name != "0, of two halves"])
def test_pieces_of_a_digit_are_one_digit_on_a_page(name: str, tmp_path: Path) -> None:
    page, broken = in_rows(name)
    reading = pictures.read_digits(save(page, tmp_path / "page.png"), DIGIT_SIZE)
    assert reading.lines == (0,) * 5 + (1,) * 5
    assert min(similarity(reading.images[index], broken) for index in (1, 4, 7, 9)) > 0.85


def test_two_digits_are_not_merged(tmp_path: Path) -> None:
    pair = np.hstack([drawn(SEVEN, HEIGHT, PEN, (130, 70)), drawn(SEVEN, HEIGHT, PEN, (130, 70))])
    assert pictures.read_digit(save(pair, tmp_path / "pair.png"), DIGIT_SIZE).n_digits == 2


@pytest.mark.parametrize("has_squares", [False, True])
@pytest.mark.parametrize("name", [*BROKEN, "5, a scrap in its belly"])
def test_digit_that_is_cropped_tightly_is_read_whole(
    name: str, *, has_squares: bool, tmp_path: Path
) -> None:
    for seed in range(2):
        picture, ink = crop(name, has_squares, np.random.default_rng(seed))
        Image.fromarray(picture).save(tmp_path / "crop.png")
        image = pictures.read(tmp_path / "crop.png", DIGIT_SIZE)
        assert similarity(image, ink) > 0.85


def test_spot_of_a_lamp_is_no_ink(tmp_path: Path) -> None:
    n_read = 0
    for seed in range(10):
        picture, ink = lamp([BODY_OF_5], np.random.default_rng(seed))
        Image.fromarray(picture).save(tmp_path / "lamp.png")
        n_read += similarity(pictures.read(tmp_path / "lamp.png", DIGIT_SIZE), ink) > 0.75
    assert n_read >= 9


def test_faint_picture_of_mnists_size_is_read_with_full_ink(mnist: Mnist, tmp_path: Path) -> None:
    for image in mnist.images[:20]:
        faint = np.rint(image * 0.3).astype(np.uint8)
        for picture in (faint, 255 - faint):
            Image.fromarray(picture).save(tmp_path / "faint.png")
            read = pictures.read(tmp_path / "faint.png", DIGIT_SIZE)
            assert read.max() > 230


@pytest.mark.parametrize("is_light", [False, True])
def test_opaque_box_on_a_transparent_canvas_is_a_picture(tmp_path: Path, *, is_light: bool) -> None:
    ink = drawn(SEVEN, HEIGHT, PEN, (130, 120))
    grey = np.rint(255 * (ink if is_light else 1 - ink)).astype(np.uint8)
    canvas = Image.new("LA", (400, 400))
    canvas.paste(Image.fromarray(grey), (200, 150))
    canvas.save(tmp_path / "box.png")
    assert similarity(pictures.read(tmp_path / "box.png", DIGIT_SIZE), ink) > 0.9


def test_whole_digit_at_an_edge_is_read_and_a_part_of_one_is_named(tmp_path: Path) -> None:
    page = np.tile(drawn(SEVEN, HEIGHT, PEN, (130, 120)), (3, 5))
    seven, five = drawn(SEVEN, HEIGHT, PEN), drawn([BODY_OF_5], HEIGHT, PEN)
    page[:, 480:] = 0
    page[30 : 30 + seven.shape[0], -seven.shape[1] :] = seven
    page[160 : 160 + five.shape[0], -30:] = five[:, :30]
    reading = pictures.read_digits(save(page, tmp_path / "page.png"), DIGIT_SIZE)
    assert reading.lines == (0,) * 5 + (1,) * 4 + (2,) * 4
    (left_out,) = reading.left_out
    assert abs(left_out.top - 160) <= 2
    assert left_out.right == page.shape[1]
