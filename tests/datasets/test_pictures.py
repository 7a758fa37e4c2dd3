import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from stages.datasets import bundled
from stages.datasets import pictures as picture
from stages.datasets.errors import DatasetError

BOX = 20


def in_form(seed):
    """Write three random strokes and bring them to the form."""
    rng = np.random.default_rng(seed)
    page = Image.new("L", (400, 400))
    for points in rng.uniform(50, 350, size=(3, 3, 2)):
        line = [(float(x), float(y)) for x, y in points]
        ImageDraw.Draw(page).line(line, fill=255, width=30, joint="curve")
    return picture.to_form(np.asarray(page) / 255, BOX)


IMAGES = [in_form(seed) for seed in range(8)]


def on_page(image, scale=10, side=1000):
    """Show a dark copy, larger, off the middle of a white page; values 0 to 1."""
    page = np.ones((side, side))
    large = Image.fromarray(image).resize((28 * scale,) * 2, Image.Resampling.BICUBIC)
    page[90 : 90 + 28 * scale, 620 : 620 + 28 * scale] -= np.asarray(large) / 255
    return page


def save(values, path):
    Image.fromarray(np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)).save(path)


DOWN, ACROSS = np.mgrid[:1000, :1000] / 999
NOISE = np.random.default_rng(1).normal(0, 0.02, (1000, 1000))
DISGUISES = {
    "inverted": lambda image: 1 - image / 255,
    "off the middle": lambda image: np.pad(image, ((1, 9), (8, 0))) / 255,
    "large, on a page": on_page,
    "large, on a black page": lambda image: 1 - on_page(image),
    "lit from a side": lambda image: on_page(image) * (1 - 0.6 * ACROSS),
    "lit on black from a side": lambda image: 0.4 * ACROSS + 0.6 * (1 - on_page(image)),
    "lit from the middle, noisy": lambda image: (
        on_page(image) * (1 - 0.7 * ((DOWN - 0.5) ** 2 + (ACROSS - 0.5) ** 2)) + NOISE
    ),
    "faint": lambda image: 0.5 + 0.2 * on_page(image) + NOISE / 2,
    "dust": lambda image: np.minimum(on_page(image), np.hypot(DOWN - 0.9, ACROSS - 0.1) > 0.004),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_ink_is_found_whatever_it_is_on(disguise, tmp_path):
    for image in IMAGES:
        save(DISGUISES[disguise](image), tmp_path / "picture.png")
        found = picture.read(tmp_path / "picture.png", BOX)
        assert likeness(found, image) > 0.95


def likeness(found, image):
    """Correlate; half a pixel of mass can put all of an image a whole pixel aside."""
    aside = [np.roll(found, by, (0, 1)) for by in np.ndindex(2, 2)]
    aside += [np.roll(found, (-down, -across), (0, 1)) for down, across in np.ndindex(2, 2)]
    return max(np.corrcoef(other.ravel(), image.ravel())[0, 1] for other in aside)


def test_picture_in_the_form_is_taken_byte_for_byte(tmp_path):
    digits = [bundled.to_mnist_form(image / 16) for image in load_digits().images[:50]]
    written = [image for image in (*IMAGES, *digits) if off_centre(image) <= 1]
    assert len(written) > 40
    for image in written:
        Image.fromarray(image).save(tmp_path / "picture.png")
        np.testing.assert_array_equal(picture.read(tmp_path / "picture.png", BOX), image)
        Image.fromarray(255 - image).save(tmp_path / "picture.png")
        np.testing.assert_array_equal(picture.read(tmp_path / "picture.png", BOX), image)


def off_centre(image):
    down, across = np.indices(image.shape)
    return max(abs((where * image).sum() / image.sum() - 14) for where in (down, across))


def test_every_mnist_image_is_in_the_form(mnist, tmp_path):
    for image in mnist.images[:300]:
        Image.fromarray(image).save(tmp_path / "picture.png")
        np.testing.assert_array_equal(picture.read(tmp_path / "picture.png", BOX), image)


def test_form_is_cropped_scaled_and_centred_by_mass():
    ink = np.zeros((200, 300))
    ink[100:160, 20:40] = 1
    ink[100:120, 20:110] = 1
    image = picture.to_form(ink, BOX)
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert len(columns) == 20
    assert len(rows) == 13
    assert off_centre(image) <= 0.5
    assert image.max() == 255


def test_each_pixel_of_the_form_is_the_mean_of_its_area():
    ink = np.random.default_rng(1).uniform(0.2, 1, size=(50, 30))
    image = picture.to_form(ink, BOX)
    found = image[image.any(1)][:, image.any(0)]
    # 2.5 x 2.5 pixels become one: the same when each is first made of two by two.
    fine = np.repeat(np.repeat(ink, 2, 0), 2, 1)
    means = fine.reshape(20, 5, 12, 5).mean(axis=(1, 3))
    assert found.shape == means.shape
    assert np.abs(found - 255 * means).max() <= 0.51


def drawing(mode, paper, ink, size=(300, 300)):
    page = Image.new(mode, size, paper)
    line = [(100, 60), (210, 60), (150, 250)]
    ImageDraw.Draw(page).line(line, fill=ink, width=24, joint="curve")
    return page


PLAIN = drawing("L", 255, 0)
KINDS = {
    "colour": ("picture.png", drawing("RGB", (250, 240, 200), (20, 30, 120))),
    "one bit": ("picture.png", drawing("1", 1, 0)),
    "jpeg": ("picture.jpg", PLAIN),
    "for print": ("picture.jpg", drawing("CMYK", (0, 0, 0, 0), (0, 0, 0, 255))),
    "palette": ("picture.gif", PLAIN.convert("P")),
    "16 bits": ("picture.png", Image.fromarray(np.asarray(PLAIN, np.uint16) * 200)),
    "float": ("picture.tiff", Image.fromarray(np.asarray(PLAIN, np.float32) / 300 - 0.5)),
    "black on nothing": ("picture.png", drawing("RGBA", (0, 0, 0, 0), (0, 0, 0, 255))),
    "white on nothing": ("picture.png", drawing("RGBA", (0, 0, 0, 0), (255, 255, 255, 255))),
    "alpha unused": ("picture.png", drawing("RGBA", (255, 255, 255, 255), (0, 0, 0, 255))),
    "grey with alpha": ("picture.png", drawing("LA", (0, 0), (30, 255))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_is_read(kind, tmp_path):
    PLAIN.save(tmp_path / "plain.png")
    wanted = picture.read(tmp_path / "plain.png", BOX)
    name, page = KINDS[kind]
    page.save(tmp_path / name)
    found = picture.read(tmp_path / name, BOX)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.98


def test_rounded_corners_of_a_screenshot_are_paper(tmp_path):
    page = drawing("RGBA", (255, 255, 255, 255), (0, 0, 0, 255))
    for corner in ((-20, -20), (280, -20), (-20, 280), (280, 280)):
        box = (*corner, corner[0] + 40, corner[1] + 40)
        ImageDraw.Draw(page).ellipse(box, fill=(0, 0, 0, 0))
    page.save(tmp_path / "picture.png")
    PLAIN.save(tmp_path / "plain.png")
    found, wanted = (picture.read(tmp_path / name, BOX) for name in ("picture.png", "plain.png"))
    np.testing.assert_array_equal(found, wanted)


def test_phone_photo_is_turned_as_its_exif_says(tmp_path):
    PLAIN.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright: turn clockwise to look at it
    turned = PLAIN.transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    found, wanted = (picture.read(tmp_path / name, BOX) for name in ("photo.jpg", "upright.png"))
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.98


def test_thin_strokes_are_made_thick_enough_to_be_seen(tmp_path):
    page = Image.new("L", (1200, 900), 230)
    ImageDraw.Draw(page).line([(400, 200), (700, 200), (500, 700)], fill=60, width=5)
    page.save(tmp_path / "ballpoint.png")
    image = picture.read(tmp_path / "ballpoint.png", BOX)
    widths = (image > 127).sum(axis=1)[image.any(axis=1)][4:-2]
    assert 1 <= np.median(widths) <= 4
    assert image.max() > 230


def blank(path):
    paper = 0.8 - 0.3 * ACROSS + np.random.default_rng(2).normal(0, 0.02, (1000, 1000))
    save(paper, path)


def broken(path):
    PLAIN.save(path)
    path.write_bytes(path.read_bytes()[:200])


REFUSED = {
    "white": (lambda path: Image.new("L", (300, 200), 255).save(path), "nothing in it stands out"),
    "black": (lambda path: Image.new("RGB", (28, 28)).save(path), "nothing in it stands out"),
    "one pixel": (lambda path: Image.new("L", (1, 1)).save(path), "nothing in it stands out"),
    "transparent": (
        lambda path: Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(path),
        "nothing in it stands out",
    ),
    "blank paper, unevenly lit": (blank, "nothing in it stands out"),
    "text": (lambda path: path.write_text("7"), "not a picture"),
    "broken": (broken, "broken"),
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
def test_what_cannot_be_read_is_refused_by_name(kind, tmp_path):
    make, reason = REFUSED[kind]
    path = tmp_path / "picture.png"
    make(path)
    with pytest.raises(DatasetError, match=reason) as found:
        picture.read(path, BOX)
    assert str(found.value).startswith(f"{path}: ")
    assert "\n" not in str(found.value)


def test_what_fills_its_image_is_left_as_it_is(tmp_path):
    coat = np.zeros((28, 28), np.uint8)
    coat[:, 5:20] = 180
    Image.fromarray(coat).save(tmp_path / "coat.png")
    np.testing.assert_array_equal(picture.read(tmp_path / "coat.png", 28), coat)


def test_network_for_images_of_another_size_is_refused():
    picture.require_shape((28, 28))
    with pytest.raises(DatasetError, match="8 x 8 pixels"):
        picture.require_shape((8, 8))
