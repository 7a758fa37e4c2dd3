"""The reader finds the digit among what else is in a picture, and many digits on a page."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.pictures import reader as pictures
from stages.pictures.boxes import Box
from stages.pictures.reading_order import lines_of
from stages.pictures.ruled_lines import remove_lines
from stages.pictures.sheet import cut_out_sheet
from tests.helpers import made_photos, made_pictures, mnist_5k
from tests.helpers.mnist import Mnist

DIGIT_SIZE = 20
N_EACH = 2
# One of each digit, and two more ones, which look most like lines.
IMAGES, LABELS = mnist_5k.load()[:2]
SURROUNDINGS = [
    "frame",
    "table cell",
    "dark edge",
    "marks at the rim",
    "shadow line",
    "caption",
]


def read(picture: np.ndarray, folder: Path) -> np.ndarray:
    Image.fromarray(picture).save(folder / "picture.png", compress_level=1)
    return pictures.read(folder / "picture.png", DIGIT_SIZE)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Best correlation over shifts by a pixel."""
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(
        float(np.corrcoef(np.roll(a, shift, (0, 1)).ravel(), b.ravel())[0, 1]) for shift in shifts
    )


@pytest.fixture(scope="module")
def read_alone(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Digits with nothing around them, as they are read."""
    folder = tmp_path_factory.mktemp("alone")
    return [
        read(made_pictures.plain(image, np.random.default_rng(seed)), folder)
        for seed, image in enumerate(IMAGES[:N_EACH])
    ]


@pytest.mark.parametrize("kind", SURROUNDINGS)
def test_what_surrounds_a_digit_is_left_out(
    kind: str, read_alone: list[np.ndarray], tmp_path: Path
) -> None:
    similarities = []
    for seed, (image, alone) in enumerate(zip(IMAGES, read_alone, strict=False)):
        # The same seed writes the same digit at the same place.
        made = made_pictures.KINDS[kind](image, np.random.default_rng(seed))
        similarities.append(correlation(read(made, tmp_path), alone))
    assert min(similarities) > 0.9


@pytest.mark.parametrize("kind", made_pictures.KINDS)
def test_made_pictures_are_classified(kind: str, mnist: Mnist, tmp_path: Path) -> None:
    n = 3
    made = (
        made_pictures.KINDS[kind](image, np.random.default_rng(seed))
        for seed, image in enumerate(mnist.images[:n])
    )
    inputs = np.stack([read(picture, tmp_path) for picture in made])
    predicted = mnist.model.ensemble.predict_proba(inputs).argmax(axis=1)
    assert (predicted == mnist.labels[:n]).sum() >= n - 1


@pytest.mark.parametrize("kind", ["sheet on a table", "graph paper", "photocopy", "neighbours"])
def test_digit_is_found_in_photos_and_scans(kind: str, tmp_path: Path) -> None:
    similarities = []
    for seed, image in enumerate(IMAGES[:N_EACH]):
        made = made_photos.PHOTOS[kind](image, np.random.default_rng(seed))
        alone = read(255 - np.kron(image, np.ones((4, 4), np.uint8)), tmp_path)
        similarities.append(correlation(read(made, tmp_path), alone))
    assert min(similarities) > 0.6


@pytest.mark.parametrize("is_light", [True, False])
def test_drawn_digit_with_a_hole_is_no_sheet(is_light: bool, tmp_path: Path) -> None:
    page = Image.new("L", (120, 160), 255)
    draw = ImageDraw.Draw(page)
    draw.ellipse((25, 10, 95, 150), outline=0, width=22)
    grey = np.asarray(page)
    assert cut_out_sheet(255 - grey if is_light else grey) is None


@pytest.mark.parametrize("margin", [0, 12, 60])
def test_one_drawn_with_a_fat_brush_is_solid(margin: int, tmp_path: Path) -> None:
    page = Image.new("L", (60 + 2 * margin, 300 + 2 * margin), 240)
    ImageDraw.Draw(page).rectangle((margin, margin, margin + 59, margin + 299), fill=30)
    image = read(np.pad(np.asarray(page), ((0, 0), (40, 40)), constant_values=240), tmp_path)
    rows, columns = image.any(axis=1).sum(), image.any(axis=0).sum()
    assert (rows, columns) == (20, 4)
    assert (image > 200).sum() >= 0.9 * rows * columns


def test_fat_digit_that_is_cropped_to_the_rim_is_dark_on_light(tmp_path: Path) -> None:
    page = Image.new("L", (170, 260))
    ImageDraw.Draw(page).ellipse((0, 0, 169, 259), outline=255, width=45)
    light = np.linspace(1, 0.5, 170)
    noise = np.random.default_rng(1).normal(0, 5, (260, 170))
    photo = light * np.where(np.asarray(page) > 0, 50, 230) + noise
    image = read(photo.astype(np.uint8), tmp_path)
    assert image[14, 14] == 0
    assert min(image[14, 8], image[14, 19]) > 150


def test_digit_that_fills_its_picture_is_no_frame(tmp_path: Path) -> None:
    page = Image.new("L", (120, 200), 255)
    ImageDraw.Draw(page).line([(2, 4), (117, 4), (50, 199)], fill=0, width=9)
    image = read(np.asarray(page), tmp_path)
    assert image[4:8].max(axis=0).astype(bool).sum() >= 10  # the bar of the seven
    assert image[20:].any()


def test_lines_are_removed_and_strokes_that_cross_them_stay() -> None:
    mask = np.zeros((200, 300), bool)
    for column in range(300):
        row = 100 + column // 50
        mask[row : row + 3, column] = True
    line = mask.copy()
    mask[40:160, 140:150] = True
    left = remove_lines(mask, 0.9)
    assert left[40:160, 140:150].all()
    assert not (left & line)[:, :130].any()


def test_lines_of_a_tilted_page_are_read_in_order() -> None:
    boxes = [
        Box(50 * row + 3 * column, 40 * column, 50 * row + 3 * column + 30, 40 * column + 20)
        for row in range(3)
        for column in range(9)
    ]
    shuffled = np.random.default_rng(1).permutation(len(boxes))
    lines = lines_of([boxes[index] for index in shuffled])
    assert [[int(shuffled[index]) for index in line] for line in lines] == [
        list(range(9 * row, 9 * row + 9)) for row in range(3)
    ]


def test_page_is_divided_into_its_digits(tmp_path: Path) -> None:
    images = IMAGES[10:20]
    made = made_pictures.page(images, np.random.default_rng(1), n_columns=5)
    Image.fromarray(made).save(tmp_path / "page.png")
    reading = pictures.read_digits(tmp_path / "page.png", DIGIT_SIZE)
    assert reading.lines == (0,) * 5 + (1,) * 5
    assert np.mean([correlation(*pair) for pair in zip(reading.images, images, strict=True)]) > 0.7
    single = pictures.read_digit(tmp_path / "page.png", DIGIT_SIZE)
    assert single.n_digits >= 9
    assert single.boxes[0] in reading.boxes


def test_page_of_forty_digits_is_read(mnist: Mnist, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    chosen = rng.permutation(len(mnist.images))[:40]
    Image.fromarray(made_pictures.page(mnist.images[chosen], rng)).save(tmp_path / "page.png")
    reading = pictures.read_digits(tmp_path / "page.png", DIGIT_SIZE)
    assert reading.lines == tuple(index // 8 for index in range(40))
    predicted = mnist.model.ensemble.predict_proba(reading.images).argmax(axis=1)
    # The network's own mistakes are not the reader's.
    expected = mnist.model.ensemble.predict_proba(mnist.images[chosen]).argmax(axis=1)
    assert (predicted != expected).sum() <= 2


def test_digits_that_touch_are_doubted(tmp_path: Path) -> None:
    page = Image.new("L", (700, 200), 255)
    draw = ImageDraw.Draw(page)
    for left in (40, 140, 240):
        draw.ellipse((left, 50, left + 60, 150), outline=0, width=8)
    draw.ellipse((340, 50, 425, 150), outline=0, width=8)
    draw.ellipse((418, 50, 500, 150), outline=0, width=8)
    page.save(tmp_path / "page.png")
    reading = pictures.read_digits(tmp_path / "page.png", DIGIT_SIZE)
    assert reading.is_wide == (False, False, False, True)


def test_boxes_of_a_form_are_no_digits(tmp_path: Path) -> None:
    page = Image.new("L", (900, 300), 250)
    draw = ImageDraw.Draw(page)
    for left in (50, 250, 450, 650):
        draw.rectangle((left, 60, left + 150, 240), outline=60, width=5)
        draw.line((left + 80, 100, left + 70, 200), fill=20, width=10)
    page.save(tmp_path / "form.png")
    reading = pictures.read_digits(tmp_path / "form.png", DIGIT_SIZE)
    assert len(reading.boxes) == 4
    assert all(box.width < 60 for box in reading.boxes)
