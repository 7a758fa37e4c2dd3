"""Data that cannot be right: what `gather` and `convert` say of it, and what they make of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stages.datasets import idx
from stages.datasets.catalogue import FILES, find
from tests.helpers import letters
from tests.helpers.commands import stage_within

Arrays = list[np.ndarray]  # images and labels for training, then for testing


def ten_classes() -> Arrays:
    """Make images of ten classes: five letters, and their mirror images."""
    arrays = []
    for n, seed in ((4, 1), (2, 2)):
        images, labels = letters.to_arrays(n, seed)
        images = np.where(images < 40, 0, images | 15)  # black to white
        arrays += [np.concatenate([images, images[:, :, ::-1]])]
        arrays += [np.concatenate([labels, labels + np.uint8(5)])]
    return arrays


def gather(folder: Path, arrays: Arrays, *args: str, expect: int = 0) -> str:
    (folder / "mine").mkdir()
    for name, array in zip(FILES, arrays, strict=True):
        idx.write_gzipped(np.ascontiguousarray(array), folder / "mine" / name)
    args = ("mine", "--name", "letters", *args)
    return stage_within("gather", *args, cwd=folder, expect=expect).output


def gathered(folder: Path) -> Arrays:
    return [idx.read(folder / "data" / "own" / "letters" / name) for name in FILES]


def classes(folder: Path) -> tuple[str, ...]:
    return find("letters", folder / "data" / "own").classes


def with_images(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[], Arrays]:
    return lambda: [change(array) if array.ndim == 3 else array for array in ten_classes()]


def with_labels(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[], Arrays]:
    return lambda: [change(array) if array.ndim == 1 else array for array in ten_classes()]


def as_floats(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / np.float32(255)


def with_gap(labels: np.ndarray) -> np.ndarray:
    return np.where(labels < 5, labels, labels + 20).astype(np.uint8)


# What is made right, and said.


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (as_floats, "pixels are from 0 to 1 instead of 255: they are stretched"),
        (lambda images: 255 - images, "images are dark on light (background 255 in the training"),
        (lambda images: 1 - as_floats(images), "they are inverted"),
    ],
)
def test_pixels_of_another_range_or_polarity_become_the_same_images(
    change: Callable[[np.ndarray], np.ndarray], sentence: str, tmp_path: Path
) -> None:
    assert sentence in gather(tmp_path, with_images(change)())
    for array, expected in zip(gathered(tmp_path), ten_classes(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_pixels_of_two_values_become_black_and_white(tmp_path: Path) -> None:
    arrays = with_images(lambda images: (images > 127).astype(np.uint8))()
    assert "pixels are from 0 to 1 instead of 255: they are stretched" in gather(tmp_path, arrays)
    assert set(np.unique(gathered(tmp_path)[0])) == {0, 255}
    np.testing.assert_array_equal(gathered(tmp_path)[0] > 0, arrays[0] > 0)


@pytest.mark.parametrize(
    ("change", "names", "sentence"),
    [
        (with_gap, [*range(5), *range(25, 30)], "labels are 0 to 4, 25 to 29: 10 classes, which"),
        (lambda labels: labels + np.uint8(48), range(10), "codes of characters: 48 is 0"),
        (lambda labels: labels + np.uint8(100), range(100, 110), "labels are 100 to 109: 10 cl"),
        (lambda labels: labels.astype(np.int32) * 1000, range(0, 10000, 1000), "1000, 2000"),
    ],
)
def test_classes_are_named_by_labels_however_these_are_numbered(
    change: Callable[[np.ndarray], np.ndarray], names: list[int], sentence: str, tmp_path: Path
) -> None:
    assert sentence in gather(tmp_path, with_labels(change)())
    assert classes(tmp_path) == tuple(map(str, names))
    for array, expected in zip(gathered(tmp_path), ten_classes(), strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([f"{label} {100 + label}" for label in range(10)], [str(100 + n) for n in range(10)]),
        (
            [*[f"{label} {48 + label}" for label in range(9)], "9 57 65"],
            [*"012345678", "9A"],
        ),
        (
            [*[f"{label} {48 + label}" for label in range(9)], "9 nine"],
            [*map(str, range(48, 57)), "nine"],
        ),
        ([f"{label}, a {label}" for label in range(10)], [f"a {label}" for label in range(10)]),
    ],
)
def test_names_that_are_numbers_stay_unless_all_can_be_codes(
    lines: list[str], names: list[str], tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_text("\n".join(lines), encoding="utf-8-sig")
    printed = gather(tmp_path, ten_classes(), "--class-names", "names.txt")
    assert classes(tmp_path) == tuple(names)
    assert ("names.txt: holds codes of characters" in printed) == (names[0] == "0")


# What is said.


def with_a_class_only_in_test() -> Arrays:
    images, labels, test_images, test_labels = ten_classes()
    return [images[labels != 7], labels[labels != 7], test_images, test_labels]


def with_a_class_only_in_training() -> Arrays:
    images, labels, test_images, test_labels = ten_classes()
    return [images, labels, test_images[test_labels != 7], test_labels[test_labels != 7]]


def with_blank_images() -> Arrays:
    arrays = ten_classes()
    arrays[0][3:5] = 0
    arrays[2][0] = 255
    return arrays


def with_test_images_among_training_images() -> Arrays:
    arrays = ten_classes()
    arrays[0][5:8] = arrays[2][:3]
    return arrays


def with_few_of_a_class() -> Arrays:
    images, labels, *test = ten_classes()
    indices = np.concatenate([np.flatnonzero(labels < 9).repeat(12), np.flatnonzero(labels == 9)])
    order = np.random.default_rng(1).permutation(indices)
    return [images[order], labels[order], *test]


def sorted_by_class() -> Arrays:
    images, labels, *test = ten_classes()
    order = np.argsort(labels, kind="stable")
    return [images[order], labels[order], *test]


def grey(images: np.ndarray) -> np.ndarray:
    return (100 + images // 5).astype(np.uint8)


@pytest.mark.parametrize(
    ("make", "sentences"),
    [
        (with_images(grey), ["background of the training images has brightness 100 of 255"]),
        (with_a_class_only_in_test, ["classes without training images: 7 (2) in test"]),
        (with_a_class_only_in_training, ["classes without test images: 7 (4) in training"]),
        (with_blank_images, ["2 of 40 training images are blank", "1 of 20 test images are blank"]),
        (
            with_test_images_among_training_images,
            ["3 of 20 test images are among the training images too"],
        ),
        (with_few_of_a_class, ["with few training images, where another has 48: 9 (4): add some"]),
        (sorted_by_class, ["the training images are sorted by class"]),
    ],
)
def test_gather_and_convert_say_what_looks_wrong(
    make: Callable[[], Arrays], sentences: list[str], params: Path
) -> None:
    folder = params.parent
    said = [gather(folder, make())]
    stage_within("download", "--dataset", "letters", cwd=folder)
    said.append(stage_within("convert", "--dataset", "letters", cwd=folder).output)
    for printed in said:
        warnings = [line for line in printed.splitlines() if line.startswith("Warning: ")]
        assert len(warnings) == len(sentences)
        for sentence in sentences:
            assert sentence in printed


def test_nothing_is_said_of_data_that_is_right(tmp_path: Path) -> None:
    printed = gather(tmp_path, ten_classes())
    assert "Warning" not in printed
    assert "labels are" not in printed


# What is refused.


def counted_from_one_in_training() -> Arrays:
    images, labels, *test = ten_classes()
    return [images, labels + np.uint8(1), *test]


def dark_on_light_in_test() -> Arrays:
    images, labels, test_images, test_labels = ten_classes()
    return [images, labels, 255 - test_images, test_labels]


def from_0_to_1_in_training() -> Arrays:
    images, labels, *test = ten_classes()
    return [as_floats(images), labels, *test]


def standardised(images: np.ndarray) -> np.ndarray:
    standard: np.ndarray = (images - images.mean()) / images.std()
    return standard.astype(np.float32)


def of_another_shape_in_test() -> Arrays:
    images, labels, test_images, test_labels = ten_classes()
    return [images, labels, test_images[:, 4:24, 4:24], test_labels]


def without_test_images() -> Arrays:
    images, labels, test_images, test_labels = ten_classes()
    return [images, labels, test_images[:0], test_labels[:0]]


def of_one_class() -> Arrays:
    return with_labels(np.zeros_like)()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            counted_from_one_in_training,
            "labels are 1 to 10 in training and 0 to 9 in test: count them from the same number",
        ),
        (
            dark_on_light_in_test,
            "brightness 0 in the training images, 255 in the test images: invert some of them",
        ),
        (
            from_0_to_1_in_training,
            "from 0 to 1 in the training images, 255 in the test images: bring all images to 0 to",
        ),
        (with_images(standardised), "the training images have pixels from -0."),
        (of_another_shape_in_test, "training images have 28 x 28 pixels, but test images 20 x 20"),
        (without_test_images, "t10k-images-idx3-ubyte.gz: holds no images"),
        (of_one_class, "mine: has 1 class, but a network tells from 2 to 256 apart"),
        (with_images(np.zeros_like), "the training images have pixels from 0 to 0, but"),
        (
            with_labels(lambda labels: labels.astype(np.float32)),
            "train-labels-idx1-ubyte.gz: holds float32 in 1 dimensions, but labels must be",
        ),
    ],
)
def test_data_that_cannot_be_right_is_refused(
    make: Callable[[], Arrays], sentence: str, tmp_path: Path
) -> None:
    assert sentence in gather(tmp_path, make(), expect=1)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (of_another_shape_in_test, "training images have 28 x 28 pixels, but test images 20 x 20"),
        (without_test_images, "t10k-images-idx3-ubyte.gz: holds no images"),
    ],
)
def test_convert_refuses_what_no_stage_after_it_could_use(
    make: Callable[[], Arrays], sentence: str, params: Path
) -> None:
    folder = params.parent
    (folder / "raw").mkdir()
    for name, array in zip(FILES, make(), strict=True):
        idx.write_gzipped(np.ascontiguousarray(array), folder / "raw" / name)
    args = ("--dataset", "mnist", "--raw", "raw")
    assert sentence in stage_within("convert", *args, cwd=folder, expect=1).output
    assert not list(folder.glob("data/npy/*"))
