from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.pictures import reader as pictures
from stages.pictures.errors import PictureError
from stages.pictures.mnist_format import to_mnist_format
from tests.helpers import mnist_5k
from tests.helpers.mnist import Mnist

DIGIT_SIZE = 20
Colour = int | tuple[int, ...]


def draw_digit(seed: int) -> np.ndarray:
    """Draw three random strokes in MNIST's format."""
    rng = np.random.default_rng(seed)
    page = Image.new("L", (400, 400))
    for points in rng.uniform(50, 350, size=(3, 3, 2)):
        line = [(float(x), float(y)) for x, y in points]
        ImageDraw.Draw(page).line(line, fill=255, width=30, joint="curve")
    return to_mnist_format(np.asarray(page) / 255, DIGIT_SIZE)


IMAGES = [draw_digit(seed) for seed in range(5)]


def on_page(image: np.ndarray) -> np.ndarray:
    """Show a dark copy, 10 times as large, off the centre of a white page; values 0 to 1."""
    page = np.ones((1000, 1000))
    large = Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)
    page[90:370, 620:900] -= np.asarray(large) / 255
    return page


def save(values: np.ndarray, path: Path) -> None:
    Image.fromarray(np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)).save(path)


Y, X = np.mgrid[:1000, :1000] / 999
NOISE = np.random.default_rng(1).normal(0, 0.02, (1000, 1000))
DISGUISES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "inverted": lambda image: 1 - image / 255,
    "off the centre": lambda image: np.pad(image, ((1, 9), (8, 0))) / 255,
    "large, on a page": on_page,
    "large, on a black page": lambda image: 1 - on_page(image),
    "lit from a side": lambda image: on_page(image) * (1 - 0.6 * X),
    "lit on black from a side": lambda image: 0.4 * X + 0.6 * (1 - on_page(image)),
    "lit from the middle, noisy": lambda image: (
        on_page(image) * (1 - 0.7 * ((Y - 0.5) ** 2 + (X - 0.5) ** 2)) + NOISE
    ),
    "faint": lambda image: 0.5 + 0.2 * on_page(image) + NOISE / 2,
    "dust": lambda image: np.minimum(on_page(image), np.hypot(Y - 0.9, X - 0.1) > 0.004),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_ink_is_found_on_every_background(disguise: str, tmp_path: Path) -> None:
    for image in IMAGES:
        save(DISGUISES[disguise](image), tmp_path / "picture.png")
        assert similarity(pictures.read(tmp_path / "picture.png", DIGIT_SIZE), image) > 0.95


def similarity(image: np.ndarray, expected: np.ndarray) -> float:
    """Best correlation over shifts by a pixel: rounding the centre may shift an image by one."""
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(correlation(np.roll(image, shift, (0, 1)), expected) for shift in shifts)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_picture_in_mnists_format_is_rerotated_unchanged(tmp_path: Path) -> None:
    for image in (*IMAGES, *mnist_5k.load()[0][:50]):
        Image.fromarray(image).save(tmp_path / "picture.png")
        np.testing.assert_array_equal(pictures.read(tmp_path / "picture.png", DIGIT_SIZE), image)
        Image.fromarray(255 - image).save(tmp_path / "picture.png")
        np.testing.assert_array_equal(pictures.read(tmp_path / "picture.png", DIGIT_SIZE), image)


def distance_from_centre(image: np.ndarray) -> float:
    """Larger of the two distances of the centre of mass from pixel (14, 14)."""
    return float(max(abs((i * image).sum() / image.sum() - 14) for i in np.indices(image.shape)))


def test_images_of_mnist_are_rerotated_unchanged(mnist: Mnist, tmp_path: Path) -> None:
    for image in mnist.images[:300]:
        Image.fromarray(image).save(tmp_path / "picture.png")
        np.testing.assert_array_equal(pictures.read(tmp_path / "picture.png", DIGIT_SIZE), image)


def test_ink_is_cropped_scaled_and_centred_by_mass() -> None:
    ink = np.zeros((200, 300))
    ink[100:160, 20:40] = 1
    ink[100:120, 20:110] = 1
    image = to_mnist_format(ink, DIGIT_SIZE)
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert len(columns) == 20
    assert len(rows) == 13
    assert distance_from_centre(image) <= 0.5
    assert image.max() == 255


def test_each_pixel_is_the_mean_of_its_area() -> None:
    ink = np.random.default_rng(1).uniform(0.2, 1, size=(50, 30))
    image = to_mnist_format(ink, DIGIT_SIZE)
    digit = image[image.any(1)][:, image.any(0)]
    # 2.5 x 2.5 pixels become one: the same when each is first made of two by two.
    fine = np.repeat(np.repeat(ink, 2, 0), 2, 1)
    means = fine.reshape(20, 5, 12, 5).mean(axis=(1, 3))
    assert digit.shape == means.shape
    assert np.abs(digit - 255 * means).max() <= 0.51


def draw(mode: str, paper: Colour, ink: Colour) -> Image.Image:
    page = Image.new(mode, (300, 300), paper)
    line = [(100, 60), (210, 60), (150, 250)]
    ImageDraw.Draw(page).line(line, fill=ink, width=24, joint="curve")
    return page


PLAIN = draw("L", 255, 0)
PICTURES = {
    "colour": ("picture.png", draw("RGB", (250, 240, 200), (20, 30, 120))),
    "one bit": ("picture.png", draw("1", 1, 0)),
    "jpeg": ("picture.jpg", PLAIN),
    "for print": ("picture.jpg", draw("CMYK", (0, 0, 0, 0), (0, 0, 0, 255))),
    "palette": ("picture.gif", PLAIN.convert("P")),
    "16 bits": ("picture.png", Image.fromarray(np.asarray(PLAIN, np.uint16) * 200)),
    "float": ("picture.tiff", Image.fromarray(np.asarray(PLAIN, np.float32) / 300 - 0.5)),
    "black on nothing": ("picture.png", draw("RGBA", (0, 0, 0, 0), (0, 0, 0, 255))),
    "white on nothing": ("picture.png", draw("RGBA", (0, 0, 0, 0), (255, 255, 255, 255))),
    "alpha unused": ("picture.png", draw("RGBA", (255, 255, 255, 255), (0, 0, 0, 255))),
    "grey with alpha": ("picture.png", draw("LA", (0, 0), (30, 255))),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_every_kind_of_picture_is_read(kind: str, tmp_path: Path) -> None:
    PLAIN.save(tmp_path / "plain.png")
    expected = pictures.read(tmp_path / "plain.png", DIGIT_SIZE)
    name, page = PICTURES[kind]
    page.save(tmp_path / name)
    assert correlation(pictures.read(tmp_path / name, DIGIT_SIZE), expected) > 0.98


def test_transparent_corners_of_a_screenshot_are_background(tmp_path: Path) -> None:
    page = draw("RGBA", (255, 255, 255, 255), (0, 0, 0, 255))
    for corner in ((-20, -20), (280, -20), (-20, 280), (280, 280)):
        bounds = (*corner, corner[0] + 40, corner[1] + 40)
        ImageDraw.Draw(page).ellipse(bounds, fill=(0, 0, 0, 0))
    page.save(tmp_path / "picture.png")
    PLAIN.save(tmp_path / "plain.png")
    image, expected = (
        pictures.read(tmp_path / name, DIGIT_SIZE) for name in ("picture.png", "plain.png")
    )
    np.testing.assert_array_equal(image, expected)


def test_photo_is_rotated_as_its_exif_data_says(tmp_path: Path) -> None:
    PLAIN.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be rotated clockwise by 90 degrees
    rotated = PLAIN.transpose(Image.Transpose.ROTATE_90)
    rotated.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    image, expected = (
        pictures.read(tmp_path / name, DIGIT_SIZE) for name in ("photo.jpg", "upright.png")
    )
    assert correlation(image, expected) > 0.98


def test_thin_strokes_are_dilated(tmp_path: Path) -> None:
    page = Image.new("L", (1200, 900), 230)
    ImageDraw.Draw(page).line([(400, 200), (700, 200), (500, 700)], fill=60, width=5)
    page.save(tmp_path / "ballpoint.png")
    image = pictures.read(tmp_path / "ballpoint.png", DIGIT_SIZE)
    widths = (image > 127).sum(axis=1)[image.any(axis=1)][4:-2]
    assert 1 <= np.median(widths) <= 4
    assert image.max() > 230


def save_blank(path: Path) -> None:
    paper = 0.8 - 0.3 * X + np.random.default_rng(2).normal(0, 0.02, (1000, 1000))
    save(paper, path)


def save_broken(path: Path) -> None:
    PLAIN.save(path)
    path.write_bytes(path.read_bytes()[:200])


def save_speck(path: Path, size: int, length: int) -> None:
    values = np.ones((length, length))
    values[100 : 100 + size, 50 : 50 + size] = 0
    save(values, path)


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "white": (lambda path: Image.new("L", (300, 200), 255).save(path), "nothing in it stands out"),
    "black": (lambda path: Image.new("RGB", (28, 28)).save(path), "nothing in it stands out"),
    "one pixel": (lambda path: Image.new("L", (1, 1)).save(path), "nothing in it stands out"),
    "transparent": (
        lambda path: Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(path),
        "nothing in it stands out",
    ),
    "blank paper, unevenly lit": (save_blank, "nothing in it stands out"),
    "dot of one pixel": (lambda path: save_speck(path, 1, 400), "nothing in it stands out"),
    "speck of 2 x 2 pixels": (lambda path: save_speck(path, 2, 800), "nothing in it stands out"),
    "text": (lambda path: path.write_text("7"), "not a picture in a supported format"),
    "broken": (save_broken, "broken"),
    "folder": (lambda path: path.mkdir(), "Is a directory"),
    "missing": (lambda path: None, "No such file"),
    "200 megapixels": (
        lambda path: Image.new("1", (20_000, 10_000)).save(path),
        "more than 89 million pixels",
    ),
    "100 megapixels": (
        lambda path: Image.new("1", (10_000, 10_000)).save(path),
        "more than 89 million pixels",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_unreadable_picture_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    save_picture, reason = REFUSED[kind]
    path = tmp_path / "picture.png"
    save_picture(path)
    with pytest.raises(PictureError, match=reason) as caught:
        pictures.read(path, DIGIT_SIZE)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_image_that_fills_the_canvas_is_returned_unchanged(tmp_path: Path) -> None:
    coat = np.zeros((28, 28), np.uint8)
    coat[:, 5:20] = 180
    Image.fromarray(coat).save(tmp_path / "coat.png")
    np.testing.assert_array_equal(pictures.read(tmp_path / "coat.png", 28), coat)


def test_faint_digit_with_a_speck_of_full_ink_is_read(tmp_path: Path) -> None:
    values = 1 - 0.3 * (1 - on_page(IMAGES[0]))
    values[900, 100] = 0
    save(values, tmp_path / "picture.png")
    assert similarity(pictures.read(tmp_path / "picture.png", DIGIT_SIZE), IMAGES[0]) > 0.9


@pytest.mark.filterwarnings("error")
def test_random_specks_and_lines_are_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        values = np.ones((rng.choice([29, 250, 400, 800]), rng.choice([1, 30, 400])))
        y, x = (int(rng.integers(length)) for length in values.shape)
        height, width = rng.choice([1, 2, 3, 40], 2)
        values[y : y + height, x : x + width] = rng.choice([0, 0.4, 0.8])
        save(values, tmp_path / "picture.png")
        with suppress(PictureError):
            assert pictures.read(tmp_path / "picture.png", DIGIT_SIZE).any()


def test_network_for_images_of_another_size_is_refused() -> None:
    pictures.require_shape((28, 28))
    with pytest.raises(PictureError, match="8 x 8 pixels"):
        pictures.require_shape((8, 8))
