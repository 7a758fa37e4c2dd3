"""Data as people have it: tables, arrays, pictures and archives in many layouts."""

import gzip
import io
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stages.datasets import idx
from stages.datasets.catalogue import FILES, find
from tests.helpers import letters
from tests.helpers.commands import ROOT, run, stage_within

Arrays = list[np.ndarray]  # images and labels for training, then for testing


def letter_arrays() -> Arrays:
    return [
        np.where(array < 40, 0, array | 15) if array.ndim == 3 else array
        for array in (*letters.to_arrays(8, 1), *letters.to_arrays(3, 2))
    ]


def gather(folder: Path, *args: str | Path, expect: int = 0) -> str:
    args = (*args, "--name", "letters")
    return stage_within("gather", *args, cwd=folder, expect=expect).output


def gathered(folder: Path) -> Arrays:
    return [idx.read(folder / "data" / "own" / "letters" / name) for name in FILES]


def assert_gathered(folder: Path, expected: Sequence[np.ndarray] | None = None) -> None:
    for array, wanted in zip(gathered(folder), expected or letter_arrays(), strict=True):
        np.testing.assert_array_equal(array, wanted)


# Tables.


def rows(images: np.ndarray, labels: Iterable[object], delimiter: str, is_first: bool) -> str:
    lines = []
    for image, label in zip(images.reshape(len(images), -1).tolist(), labels, strict=True):
        cells = [label, *image] if is_first else [*image, label]
        lines.append(delimiter.join(map(str, cells)))
    return "\n".join(lines) + "\n"


def names(delimiter: str, is_first: bool, label: str = "label") -> str:
    pixels = [f"pixel{number}" for number in range(784)]
    return delimiter.join([label, *pixels] if is_first else [*pixels, label]) + "\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("header", ["", "label", "Class", "x", "names of pandas"])
def test_tables_are_read_with_labels_first_or_last_and_with_names_or_without(
    tmp_path: Path, delimiter: str, is_first: bool, header: str
) -> None:
    images, labels, test_images, test_labels = letter_arrays()
    line = names(delimiter, is_first, header) if header else ""
    if header.startswith("names"):  # of columns with the same name
        line = delimiter.join(["0", *[f"0.{number}" for number in range(1, 785)]]) + "\n"
    for name, pair in (
        ("mnist_train", (images, labels)),
        ("mnist_test", (test_images, test_labels)),
    ):
        text = line + rows(*pair, delimiter, is_first)
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8-sig")
    printed = gather(tmp_path, "mnist_train.csv", "mnist_test.csv")
    assert "training set: mnist_train.csv\ntest set: mnist_test.csv\n" in printed
    assert_gathered(tmp_path)


def test_a_table_may_be_gzipped_have_quotes_an_index_and_names_as_labels(tmp_path: Path) -> None:
    images, labels, test_images, test_labels = letter_arrays()
    for name, some, indices in (("train", images, labels), ("test", test_images, test_labels)):
        words = [f'"{list(letters.STROKES)[index]}, a letter"' for index in indices]
        cells = [f"{number},{word}" for number, word in enumerate(words)]
        text = f'"",{names(",", True)}' + "\r\n".join(rows(some, cells, ",", True).splitlines())
        (tmp_path / f"{name}.csv").write_bytes(gzip.compress(text.encode()))
    gather(tmp_path, "train.csv", "test.csv")
    assert_gathered(tmp_path)
    assert find("letters", tmp_path / "data" / "own").classes[0] == "A, a letter"


def test_a_table_of_floats_is_read(tmp_path: Path) -> None:
    arrays = letter_arrays()
    for name, (images, labels) in (("train", arrays[:2]), ("test", arrays[2:])):
        (tmp_path / f"{name}.csv").write_text(rows(images / 255, labels, ",", True))
    assert "from 0 to 1 instead of 255" in gather(tmp_path, "train.csv", "test.csv")
    assert_gathered(tmp_path)


def test_of_one_table_a_part_is_for_testing_and_one_without_labels_is_left_out(
    tmp_path: Path,
) -> None:
    images, labels, test_images, _ = letter_arrays()
    (tmp_path / "mine").mkdir()
    table = tmp_path / "mine" / "train.csv"
    table.write_text(names(",", True) + rows(images, labels, ",", True))
    unlabelled = names(",", True).removeprefix("label,")
    for image in test_images.reshape(len(test_images), -1).tolist():
        unlabelled += ",".join(map(str, image)) + "\n"
    (tmp_path / "mine" / "test.csv").write_text(unlabelled)
    (tmp_path / "mine" / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    printed = gather(tmp_path, "mine")
    assert "left out: mine/test.csv: has no labels; `stages.predict` reads its rows" in printed
    assert "left out: mine/sample_submission.csv: not a picture in a supported" in printed
    assert "no test set: 10 images are for testing, chosen by what they hold" in printed
    train_images, train_labels, test_images, test_labels = gathered(tmp_path)
    assert np.bincount(train_labels).tolist() == [6] * 5
    assert np.bincount(test_labels).tolist() == [2] * 5
    both = np.concatenate([train_images, test_images])
    assert {image.tobytes() for image in both} == {image.tobytes() for image in images}
    # Another image moves none but itself into the test set.
    before = {image.tobytes() for image in test_images}
    table.write_text(table.read_text() + rows(images[:1] // 2, labels[:1], ",", True))
    gather(tmp_path, "mine")
    assert len({image.tobytes() for image in gathered(tmp_path)[2]} - before) <= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (names(",", True) + "1,2,3\n", "mine.csv: not a table of numbers: invalid column index"),
        (names(",", True) + ",".join(["3", *["256"] * 784]), "have pixels from 256 to 256, but"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "mine.csv").write_text(text)
    assert message in gather(tmp_path, "mine.csv", expect=1)


# Arrays.

KERAS = ("x_train", "y_train", "x_test", "y_test")


def save_npz(path: Path, **arrays: Any) -> None:
    np.savez_compressed(path, **arrays)


def write_npz(folder: Path, arrays: Arrays) -> None:
    save_npz(folder / "mnist.npz", **dict(zip(KERAS, arrays, strict=True)))


def write_npy(folder: Path, arrays: Arrays) -> None:
    for name, array in zip(("X", "y", "X_test", "y_test"), arrays, strict=True):
        np.save(folder / f"{name}.npy", array)


def write_idx(folder: Path, arrays: Arrays) -> None:
    for name, array in zip(FILES, arrays, strict=True):
        idx.write_gzipped(array, folder / name)


def write_csv(folder: Path, arrays: Arrays) -> None:
    for name, (images, labels) in (("train", arrays[:2]), ("test", arrays[2:])):
        (folder / f"{name}.csv").write_text(rows(images, labels, ",", True))


def write_torchvision(folder: Path, arrays: Arrays) -> None:
    """Write what torchvision does: each file gzipped and unpacked, in folders of its own."""
    (folder / "MNIST" / "raw").mkdir(parents=True)
    write_idx(folder / "MNIST" / "raw", arrays)
    for path in (folder / "MNIST" / "raw").glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))


WRITERS = (write_npz, write_npy, write_idx, write_csv, write_torchvision)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("packed", ["", "zip", "gztar", "bztar", "tar", "zip of zips"])
def test_arrays_are_gathered_from_folders_and_archives_with_other_files_beside(
    tmp_path: Path, write: Callable[[Path, Arrays], None], packed: str
) -> None:
    source = tmp_path / "test data"  # its name says nothing of its files
    source.mkdir()
    write(source, letter_arrays())
    (source / "README.md").write_text("# Test data\n")
    (source / "__MACOSX").mkdir()
    (source / "__MACOSX" / "._train-images").write_bytes(b"\0\5\x16\7")
    letters.draw("A", np.random.default_rng(1)).save(source / "samples.png")
    if packed == "zip of zips":
        for path in list(source.glob("*")):
            with zipfile.ZipFile(source / f"{path.name}.zip", "w") as archive:
                for file in [path, *path.rglob("*")]:
                    archive.write(file, file.relative_to(source))
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if packed:
        kind = packed.split()[0]
        source = Path(shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path, "test data"))
    printed = gather(tmp_path, source.name)
    assert "README.md: not a picture in a supported format" in printed
    assert "samples.png: picture" in printed
    assert ("the same as" in printed) == (write is write_torchvision)
    assert str(tmp_path) not in printed  # nor any other temporary folder
    assert_gathered(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda images: images.reshape(len(images), 784),
        lambda images: images[..., np.newaxis],
        lambda images: images[:, np.newaxis],
        lambda images: (images / 255).astype(np.float64),
        lambda images: images.astype(np.int64),
        np.asfortranarray,
    ],
)
def test_arrays_of_other_shapes_and_types_are_the_same_images(
    tmp_path: Path, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    arrays = [change(array) if array.ndim == 3 else array[:, None] for array in letter_arrays()]
    write_npz(tmp_path, arrays)
    gather(tmp_path, "mnist.npz")
    assert_gathered(tmp_path)


def test_validation_images_are_added_to_the_training_images_or_are_the_test_set(
    tmp_path: Path,
) -> None:
    images, labels, test_images, test_labels = letter_arrays()
    split = {"train_images": images[:30], "train_labels": labels[:30]}
    split |= {"val_images": images[30:], "val_labels": labels[30:]}
    save_npz(tmp_path / "all.npz", **split, test_images=test_images, test_labels=test_labels)
    assert "10 images for validation are added" in gather(tmp_path, "all.npz")
    assert_gathered(tmp_path)
    save_npz(tmp_path / "all.npz", **split)
    gather(tmp_path, "all.npz")
    assert_gathered(tmp_path, list(split.values()))


PEAK = """
import re, sys
from pathlib import Path
from stages.gather import gather

gather(sys.argv[1:], standalone_mode=False)
print(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs the peak of a process's memory")
@pytest.mark.parametrize("write", [write_csv, write_npz])
def test_as_much_as_mnist_is_gathered_in_little_memory(
    tmp_path: Path, write: Callable[[Path, Arrays], None]
) -> None:
    few = letter_arrays()
    sizes = (60_000, 60_000, 10_000, 10_000)
    arrays = [np.resize(array, (n, *array.shape[1:])) for n, array in zip(sizes, few, strict=True)]
    (tmp_path / "mine").mkdir()
    write(tmp_path / "mine", arrays)
    command = [sys.executable, "-c", PEAK, "mine", "--name", "letters"]
    printed = run(*command, cwd=tmp_path, PYTHONPATH=str(ROOT)).stdout
    assert int(printed.split()[-1]) < 300 << 10
    assert_gathered(tmp_path, arrays)


# Pictures.


def test_pictures_have_their_class_at_the_front_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(1)
    for number, letter in enumerate(list(letters.STROKES) * 4):
        letters.draw(letter, rng).save(tmp_path / "photos" / f"{letter}_{number}.jpg")
    letters.draw("A", rng).save(tmp_path / "photos" / "cover.png")
    printed = gather(tmp_path, "photos")
    assert "left out: photos/cover.png: neither its folder nor its name tell its class" in printed
    assert "15 training and 5 test images of 5 classes: A, H, L, T, Z" in printed


@pytest.mark.parametrize("validation", ["", "val"])
@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "Testing")])
@pytest.mark.parametrize("is_flat", [False, True])
@pytest.mark.parametrize("is_zipped", [False, True])
def test_folders_tell_the_pictures_for_testing(
    tmp_path: Path, train: str, test: str, validation: str, is_flat: bool, is_zipped: bool
) -> None:
    source = tmp_path / "wrapper" / "letters"
    rng = np.random.default_rng(1)
    for split, n in ((train, 2), (test, 1), (validation, 1)):
        for letter in "ALT" if split else ():
            for number in range(n):
                name = f"{letter}_{number}.png" if is_flat else f"{letter}/{number}.png"
                (source / split / name).parent.mkdir(parents=True, exist_ok=True)
                letters.draw(letter, rng).save(source / split / name)
    if is_zipped:
        shutil.make_archive(str(tmp_path / "wrapper"), "zip", tmp_path, "wrapper")
    printed = gather(tmp_path, "wrapper.zip" if is_zipped else "wrapper")
    n_train = 9 if validation else 6
    assert f"{n_train} training and 3 test images of 3 classes: A, L, T" in printed


def test_what_stands_beside_the_folders_of_classes_is_left_out_and_named(tmp_path: Path) -> None:
    source = letters.write_folder(tmp_path / "mine" / "wrapper", 4)
    (source / "README.md").write_text("# Letters\n")
    (source / "LICENSE").write_text("CC0\n")
    (source / "empty").mkdir()
    (source / "__MACOSX" / "A").mkdir(parents=True)
    (source / "__MACOSX" / "A" / "._1.png").write_bytes(b"\0\5\x16\7")
    (source / "docs").mkdir()
    (source / "docs" / "page.html").write_text("<!DOCTYPE html>")
    printed = gather(tmp_path, "mine")
    for name in ("README.md", "LICENSE", "empty", "__MACOSX", "docs/page.html"):
        assert f"left out: mine/wrapper/{name}: " in printed
    assert "15 training and 5 test images of 5 classes: A, H, L, T, Z" in printed


# What is not read; docs/own-data.md and test_wrong_data.py have more.


def test_an_array_of_objects_which_would_be_pickled_is_refused(tmp_path: Path) -> None:
    images, labels, *_ = letter_arrays()
    np.savez(tmp_path / "mine.npz", x=images, y=labels.astype(object))
    printed = gather(tmp_path, "mine.npz", expect=1)
    assert "mine.npz/y.npy: not a .npy array" in printed


def test_no_file_of_an_archive_is_written_outside_of_it(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.fromarray(letter_arrays()[0][0]).save(content, "PNG")
    with tarfile.open(tmp_path / "mine.tar", "w") as archive:
        for name in ("../../A_1.png", "/A_2.png", "../A_3.png", "C:\\..\\H_1.png", "H/../H_2.png"):
            member = tarfile.TarInfo(name)
            member.size = len(content.getvalue())
            archive.addfile(member, io.BytesIO(content.getvalue()))
        link = tarfile.TarInfo("H_3.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    before = set(tmp_path.rglob("*"))
    gather(tmp_path, "mine.tar", expect=1)
    assert {path for path in set(tmp_path.rglob("*")) - before if path.suffix == ".png"} == set()
