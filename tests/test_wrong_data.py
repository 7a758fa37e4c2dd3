"""Data that cannot be right: what docs/own-data.md says that `gather` says of it."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stages.datasets import idx
from stages.datasets.catalogue import FILES, find
from tests.helpers import letters
from tests.helpers.commands import ROOT, stage_within

PAGE = ROOT / "docs" / "own-data.md"
Arrays = list[np.ndarray]  # images and labels for training, then for testing
Make = Callable[[], Arrays]


def rows(heading: str) -> list[tuple[str, str]]:
    """Read the table below a heading of the page: the data, and what is said of it."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2]
    table = re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(r"^\| (.+) \| (.+) \|$", table, re.MULTILINE)
    assert found[0] == ("data", "what is said")
    return found[1:]


def is_said(sentence: str, printed: str) -> bool:
    """Look for a sentence of the page, in which "…" stands for anything."""
    return re.search(".*".join(map(re.escape, sentence.split("…"))), printed) is not None


def ten_classes() -> Arrays:
    """Make images of ten classes: five letters, and their mirror images."""
    arrays = []
    for n, seed in ((4, 1), (2, 2)):
        images, labels = letters.to_arrays(n, seed)
        images = np.where(images < 40, 0, images | 15)  # black to white
        arrays += [np.concatenate([images, images[:, :, ::-1]])]
        arrays += [np.concatenate([labels, labels + np.uint8(5)])]
    return arrays


def write(folder: Path, arrays: Arrays) -> None:
    (folder / "mine").mkdir()
    for name, array in zip(FILES, arrays, strict=True):
        idx.write_gzipped(np.ascontiguousarray(array), folder / "mine" / name)


def gather(folder: Path, *args: str, expect: int = 0) -> str:
    args = ("mine", "--name", "letters", *args)
    return stage_within("gather", *args, cwd=folder, expect=expect).output


def gathered(folder: Path) -> Arrays:
    return [idx.read(folder / "data" / "own" / "letters" / name) for name in FILES]


def classes(folder: Path) -> tuple[str, ...]:
    return find("letters", folder / "data" / "own").classes


def with_images(change: Callable[[np.ndarray], np.ndarray]) -> Make:
    return lambda: [change(array) if array.ndim == 3 else array for array in ten_classes()]


def with_labels(change: Callable[[np.ndarray], np.ndarray]) -> Make:
    return lambda: [change(array) if array.ndim == 1 else array for array in ten_classes()]


def as_floats(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / np.float32(255)


def with_gap(labels: np.ndarray) -> np.ndarray:
    return np.where(labels < 5, labels, labels + 20).astype(np.uint8)


# What is made right.

MADE_RIGHT: dict[str, tuple[Make, list[int]]] = {
    "pixels from 0 to 1": (with_images(as_floats), [*range(10)]),
    "dark ink on a light background": (with_images(lambda images: 255 - images), [*range(10)]),
    "labels with gaps": (with_labels(with_gap), [*range(5), *range(25, 30)]),
    "labels that start at 100": (
        with_labels(lambda labels: labels + np.uint8(100)),
        [*range(100, 110)],
    ),
    "labels that are codes of characters": (
        with_labels(lambda labels: labels + np.uint8(48)),
        [*range(10)],
    ),
}


def test_the_page_lists_what_is_made_right() -> None:
    assert [data for data, _ in rows("Made right")] == [*MADE_RIGHT]


@pytest.mark.parametrize(("data", "sentence"), rows("Made right"))
def test_other_pixels_and_labels_become_the_same_images(
    data: str, sentence: str, tmp_path: Path
) -> None:
    make, names = MADE_RIGHT[data]
    write(tmp_path, make())
    assert is_said(sentence, gather(tmp_path))
    assert classes(tmp_path) == tuple(map(str, names))
    for array, expected in zip(gathered(tmp_path), ten_classes(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_dark_pixels_from_0_to_1_are_stretched_and_inverted(tmp_path: Path) -> None:
    write(tmp_path, with_images(lambda images: 1 - as_floats(images))())
    printed = gather(tmp_path)
    assert "they are stretched" in printed
    assert "they are inverted" in printed
    np.testing.assert_array_equal(gathered(tmp_path)[0], ten_classes()[0])


def test_pixels_of_two_values_become_black_and_white(tmp_path: Path) -> None:
    arrays = with_images(lambda images: (images > 127).astype(np.uint8))()
    write(tmp_path, arrays)
    assert "pixels are from 0 to 1 instead of 255: they are stretched" in gather(tmp_path)
    assert set(np.unique(gathered(tmp_path)[0])) == {0, 255}
    np.testing.assert_array_equal(gathered(tmp_path)[0] > 0, arrays[0] > 0)


def test_labels_of_any_size_are_classes(tmp_path: Path) -> None:
    write(tmp_path, with_labels(lambda labels: labels.astype(np.int32) * 1000)())
    gather(tmp_path)
    assert classes(tmp_path) == tuple(map(str, range(0, 10000, 1000)))


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
    write(tmp_path, ten_classes())
    printed = gather(tmp_path, "--class-names", "names.txt")
    assert classes(tmp_path) == tuple(names)
    assert ("names.txt: holds codes of characters" in printed) == (names[0] == "0")


def test_a_file_of_names_may_stand_in_the_folder_and_be_spelt_in_any_way(tmp_path: Path) -> None:
    write(tmp_path, ten_classes())
    lines = [f"{label} name of {label}" for label in range(10)]
    (tmp_path / "mine" / "names.txt").write_text("\n".join(lines))
    printed = gather(tmp_path, "--class-names", "mine/../mine/names.txt")
    assert "left out" not in printed
    assert classes(tmp_path) == tuple(f"name of {label}" for label in range(10))


# What is used, with a warning.


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


def grey(images: np.ndarray) -> np.ndarray:
    return (100 + images // 5).astype(np.uint8)


WARNED: dict[str, Make] = {
    "a grey background": with_images(grey),
    "a class only in the test set": with_a_class_only_in_test,
    "a class only in the training set": with_a_class_only_in_training,
    "blank images": with_blank_images,
    "test images that are training images too": with_test_images_among_training_images,
    "few images of a class": with_few_of_a_class,
}


def test_the_page_lists_what_is_used_with_a_warning() -> None:
    assert [data for data, _ in rows("Used, with a warning")] == [*WARNED]


@pytest.mark.parametrize(("data", "sentence"), rows("Used, with a warning"))
def test_gather_and_convert_say_what_looks_wrong(data: str, sentence: str, params: Path) -> None:
    folder = params.parent
    write(folder, WARNED[data]())
    said = [gather(folder)]
    stage_within("download", "--dataset", "letters", cwd=folder)
    said.append(stage_within("convert", "--dataset", "letters", cwd=folder).output)
    for printed in said:
        warnings = [line for line in printed.splitlines() if line.startswith("Warning: ")]
        assert is_said(f"Warning: {sentence}", warnings[0])
        assert len(warnings) == 1 + (data == "blank images")  # of both sets


def test_nothing_is_said_of_data_that_is_right(tmp_path: Path) -> None:
    write(tmp_path, ten_classes())
    printed = gather(tmp_path)
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


def without_some_labels() -> Arrays:
    images, labels, test_images, test_labels = ten_classes()
    return [images, labels, test_images, test_labels[:7]]


REFUSED: dict[str, Make] = {
    "labels from 1 in training, from 0 in test": counted_from_one_in_training,
    "labels that are fractions": with_labels(lambda labels: labels.astype(np.float32)),
    "fewer labels than images": without_some_labels,
    "images of one class": with_labels(np.zeros_like),
    "dark on light in one set alone": dark_on_light_in_test,
    "pixels from 0 to 1 in one set alone": from_0_to_1_in_training,
    "pixels with negative values": with_images(standardised),
    "black images": with_images(np.zeros_like),
    "test images of another size": of_another_shape_in_test,
    "an empty set": without_test_images,
}


def table(*cells: object) -> bytes:
    return ",".join(map(str, cells)).encode()


def an_excel_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return file.getvalue()


NAMES = table("label", *(f"pixel{number}" for number in range(784))) + b"\n"
# Written by hand: a dict, a list and the start of an array, in old protocols.
PICKLES = (b"\x80\x02}q\0.", b"(lp0\nI1\na.", b"cnumpy.core.multiarray\n_reconstruct\np0\n")
FOREIGN: dict[str, tuple[bytes, ...]] = {
    "a pickle, such as `mnist.pkl.gz`": (*PICKLES, *map(gzip.compress, PICKLES)),
    "an array of objects": (b"\x93NUMPY\1\0\x10\0{'descr': '|O'  }",),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n\0\0",),
    "a MATLAB file": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64",),
    "a Parquet file": (b"PAR1\x15\x04\x15",),
    "an Excel file": (an_excel_file(),),
    "a RAR or 7z archive": (b"7z\xbc\xaf\x27\x1c\0\4", b"Rar!\x1a\7"),
    "a damaged archive": (b"PK\x03\x04" + bytes(40),),
    "half of a download": (gzip.compress(bytes(range(200)))[:-9],),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",),
    "a web page": (b"\n<!DOCTYPE html><html><body>Log in</body></html>", b"<html>"),
    "a HEIC photo": (b"\0\0\0\x24ftypheic\0\0\0\0",),
    "a PDF file": (b"%PDF-1.7\n",),
    "a text in UTF-16": ("0,1,2\n".encode("utf-16"),),
    "any other file": (b"# Notes\n", b"\0\1\2\3"),
    "a table with missing columns": (table(*[1] * 300),),
    "a table with words for pixels": (NAMES + table(3, *["abc"] * 784),),
    "a table without a row": (NAMES,),
    "a table with labels in an unknown column": (table(*[0] * 785),),
}


def test_the_page_lists_what_is_refused() -> None:
    assert [data for data, _ in rows("Refused")] == [*REFUSED, *FOREIGN]


@pytest.mark.parametrize(("data", "sentence"), rows("Refused"))
def test_data_that_cannot_be_right_is_refused(data: str, sentence: str, tmp_path: Path) -> None:
    if data in REFUSED:
        write(tmp_path, REFUSED[data]())
        assert is_said(f"Error: {sentence}", gather(tmp_path, expect=1))
    for content in FOREIGN.get(data, ()):
        (tmp_path / "mine").write_bytes(content)
        assert is_said(f"Error: mine: {sentence}", gather(tmp_path, expect=1))
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
