"""Datasets of one's own, gathered from pictures and from IDX files."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stages.datasets import idx
from stages.datasets.catalogue import FILES, find
from stages.pictures import reader as pictures_module
from tests.helpers import letters
from tests.helpers.commands import stage_within
from tests.helpers.terminal import run_on_terminal, visible_lines

OWN = Path("data") / "own"


def gather(folder: Path, *args: str | Path, expect: int = 0) -> str:
    return stage_within("gather", *args, cwd=folder, expect=expect).output


def read(folder: Path, name: str) -> list[np.ndarray]:
    """Read training images and labels, then test images and labels."""
    return [idx.read(folder / OWN / name / file) for file in FILES]


def images_in(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Ten pictures of each of two letters."""
    return letters.write_folder(tmp_path / "mine", 10, {"A": "A", "L": "L"})


def test_pictures_become_a_training_and_a_test_set(pictures: Path, tmp_path: Path) -> None:
    printed = gather(tmp_path, "mine", "--name", "letters")
    assert "16 training and 4 test images of 2 classes: A, L" in printed
    train_images, train_labels, test_images, test_labels = read(tmp_path, "letters")
    assert train_images.shape == (16, 28, 28)
    assert np.bincount(train_labels).tolist() == [8, 8]
    assert np.bincount(test_labels).tolist() == [2, 2]
    assert not images_in(train_images) & images_in(test_images)
    # The last training images are for validation, and must be of all classes.
    assert len(set(train_labels[-8:])) == 2
    dataset = find("letters", tmp_path / OWN)
    assert (dataset.classes, dataset.digit_size) == (("A", "L"), 20)
    assert (dataset.image_shape, dataset.source) == ((28, 28), "mine")


def test_the_same_pictures_give_the_same_bytes(pictures: Path, tmp_path: Path) -> None:
    gather(tmp_path, "mine", "--name", "letters")
    files = sorted((tmp_path / OWN / "letters").iterdir())
    contents = [file.read_bytes() for file in files]
    gather(tmp_path, "mine", "--name", "letters")
    assert [file.read_bytes() for file in files] == contents


def test_a_copy_is_left_out_so_that_no_picture_is_in_both_sets(
    pictures: Path, tmp_path: Path
) -> None:
    gather(tmp_path, "mine", "--name", "once")
    for path in list(pictures.glob("*/*.png")):
        shutil.copy(path, path.with_stem(f"copy of {path.stem}"))
    printed = gather(tmp_path, "mine", "--name", "twice")
    assert printed.count("the same picture as") == 20
    for once, twice in zip(read(tmp_path, "once"), read(tmp_path, "twice"), strict=True):
        np.testing.assert_array_equal(once, twice)


def test_adding_a_picture_moves_no_picture_into_the_test_set_but_itself(
    pictures: Path, tmp_path: Path
) -> None:
    gather(tmp_path, "mine", "--name", "letters")
    before = images_in(read(tmp_path, "letters")[2])
    letters.draw("A", np.random.default_rng(2)).save(pictures / "A" / "added.png")
    assert "17 training and 4 test" in gather(tmp_path, "mine", "--name", "letters")
    after = images_in(read(tmp_path, "letters")[2])
    assert len(after - before) <= 1


def test_what_is_no_picture_is_named_and_left_out(pictures: Path, tmp_path: Path) -> None:
    (pictures / "notes.txt").write_text("not a class")
    (pictures / "A" / "notes.txt").write_text("not a picture")
    (pictures / "A" / ".hidden").write_text("of the system")
    printed = gather(tmp_path, "mine", "--name", "letters")
    assert f"left out: {Path('mine') / 'notes.txt'}: not a picture" in printed
    assert f"left out: {Path('mine') / 'A' / 'notes.txt'}: not a picture" in printed
    assert ".hidden" not in printed
    assert "16 training and 4 test images" in printed


def test_what_is_left_out_stands_on_lines_of_its_own_on_a_terminal(
    pictures: Path, tmp_path: Path
) -> None:
    (pictures / "A" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    shutil.copy(pictures / "L" / "1.png", pictures / "L" / "copy.png")
    command = (sys.executable, "-m", "stages.gather", "mine", "--name", "letters")
    printed = run_on_terminal(*command, cwd=tmp_path)
    assert "pictures/s" in printed  # there is a bar
    left_out = [line for line in visible_lines(printed) if "left out" in line]
    assert len(left_out) == 2
    assert all(line.startswith("left out: mine/") for line in left_out)


def test_all_pictures_of_a_writer_are_in_the_same_set(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for letter in letters.STROKES:
        for writer in ("ann", "bob", "cid"):
            folder = tmp_path / "mine" / letter / writer
            folder.mkdir(parents=True)
            for number in range(3):
                letters.draw(letter, rng).save(folder / f"{number}.png")
    printed = gather(tmp_path, "mine", "--name", "letters", "--by-writer")
    assert "30 training and 15 test images of 5 classes" in printed
    test_images = images_in(read(tmp_path, "letters")[2])
    test_writers = {
        path.parent.name
        for path in (tmp_path / "mine").glob("*/*/*.png")
        if pictures_module.read(path, 20).tobytes() in test_images
    }
    assert len(test_writers) == 1


def test_own_pictures_are_spread_among_the_training_images_of_another_dataset(
    pictures: Path, tmp_path: Path
) -> None:
    for number, part in enumerate(("train", "test")):
        write_idx(tmp_path / "idx", *letters.to_arrays(100, number), f"{part}-x", f"{part}-y")
    (tmp_path / "names.txt").write_text("0 A\n1 H\n2 L\n3 T\n4 Z\n")
    gather(tmp_path, "idx", "--name", "printed", "--class-names", "names.txt")
    printed = gather(tmp_path, "mine", "--name", "my-hand", "--with", "printed")
    assert "516 training and 4 test images of 5 classes: A, H, L, T, Z" in printed
    base_images, base_labels, *_ = read(tmp_path, "printed")
    images, labels, test_images, test_labels = read(tmp_path, "my-hand")
    base = images_in(base_images)
    is_base = np.array([image.tobytes() in base for image in images])
    np.testing.assert_array_equal(images[is_base], base_images)
    np.testing.assert_array_equal(labels[is_base], base_labels)
    for half in (~is_base[:258], ~is_base[258:]):
        assert half.sum() == 8
    assert np.bincount(labels[~is_base]).tolist() == [8, 0, 8]
    assert len(test_images) == 4
    assert set(test_labels) == {0, 2}


Files = Callable[[Path], object]


def write_idx(folder: Path, images: np.ndarray, labels: np.ndarray, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for array, name in zip((images, labels), names, strict=True):
        idx.write_gzipped(array, folder / name)


def write_both(folder: Path, n_train: int = 4, n_test: int = 2, first_label: int = 1) -> None:
    """Write sets of images of any names, with labels that start at `first_label`."""
    for name, n, seed in (("large", n_train, 1), ("small", n_test, 2)):
        images, labels = letters.to_arrays(n, seed)
        labels = labels.astype(np.int16) + np.int16(first_label)
        write_idx(folder, images.transpose(0, 2, 1), labels, f"{name}.images", f"{name}.labels")


def test_idx_files_of_any_names_are_gathered(tmp_path: Path) -> None:
    write_both(tmp_path / "emnist")
    (tmp_path / "names.txt").write_text("1 Aa\n2 H\n3 L\n4 Tt\n5 a Z\n")
    args = ("--name", "letters", "--transpose", "--class-names", "names.txt")
    printed = gather(tmp_path, "emnist", *args)
    assert f"test set: {Path('emnist') / 'small.images'}" in printed
    dataset = find("letters", tmp_path / OWN)
    assert dataset.classes == ("Aa", "H", "L", "Tt", "a Z")
    expected = [*letters.to_arrays(4, 1), *letters.to_arrays(2, 2)]
    for array, wanted in zip(read(tmp_path, "letters"), expected, strict=True):
        np.testing.assert_array_equal(array, wanted)
    # The longest side of what they show is measured.
    heights = [np.ptp(np.flatnonzero((image > 25).any(axis=1))) + 1 for image in expected[0]]
    widths = [np.ptp(np.flatnonzero((image > 25).any(axis=0))) + 1 for image in expected[0]]
    assert dataset.digit_size == round(float(np.median(np.maximum(heights, widths))))


def test_the_test_set_is_told_by_names_first(tmp_path: Path) -> None:
    for name, n, seed in (("train", 2, 1), ("t10k", 4, 2)):
        write_idx(tmp_path / "idx", *letters.to_arrays(n, seed), f"{name}-images", f"{name}-labels")
    printed = gather(tmp_path, "idx", "--name", "letters")
    assert "10 training and 20 test images of 5 classes: 0, 1, 2, 3, 4" in printed
    assert "labels are" not in printed


def test_images_of_any_shape_and_sixteen_classes_go_through_every_stage(params: Path) -> None:
    folder = params.parent
    rng = np.random.default_rng(1)
    for name, n in (("train", 160), ("test", 64)):
        labels = np.arange(n, dtype=np.uint8) % 16
        images = rng.integers(0, 40, (n, 50, 40)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[3 * label : 3 * label + 4, 5:35] = 255
        write_idx(folder / "idx", images, labels, f"{name}-images", f"{name}-labels")
    gather(folder, "idx", "--name", "bars")
    for name in ("download", "convert"):
        stage_within(name, "--dataset", "bars", cwd=folder)
    stage_within("train", "--epochs", "15", "--strength", "0", cwd=folder)
    assert "accuracy 100.00% of 64 test images" in stage_within("evaluate", cwd=folder).output
    for file in ("samples", "confusion", "mistakes", "weights", "learning_curves"):
        assert (folder / "reports" / f"{file}.png").stat().st_size > 1000
    stage_within("report", cwd=folder)
    assert '"hasDemo": false' in (folder / "reports" / "index.html").read_text()
    stage_within("lab", cwd=folder)
    letters.draw("L", rng).save(folder / "l.png")
    for args in (("demo",), ("predict", "l.png")):
        failed = stage_within(*args, cwd=folder, expect=1)
        assert "takes images of 50 x 40 pixels, but pictures are scaled to 28 x 28" in failed.output


def folder_of_one(folder: Path) -> None:
    letters.write_folder(folder / "mine", 1)


def folder_of_letters(folder: Path) -> None:
    letters.write_folder(folder / "mine", 2, {"A": "A", "L": "L"})


def folder_of_too_many(folder: Path) -> None:
    letters.write_folder(folder / "picture", 1, {"A": "A"})
    for number in range(257):
        shutil.copytree(folder / "picture" / "A", folder / "mine" / f"{number}")


def folder_of_formulas(folder: Path) -> None:
    letters.write_folder(folder / "mine", 2, {"A": "A", "L": "=1+1"})


def folder_of_one_class(folder: Path) -> None:
    letters.write_folder(folder / "mine", 3, {"A": "A"})


def nothing(folder: Path) -> None:
    (folder / "mine").mkdir()


def taken(folder: Path) -> None:
    folder_of_letters(folder)
    letters.write_folder(folder / "other", 2, {"A": "A", "L": "L"})
    gather(folder, "other", "--name", "taken")


def one_idx_file(folder: Path) -> None:
    (folder / "mine").mkdir()
    shutil.copy(__file__, folder / "mine" / "images")


def equal_sizes(folder: Path) -> None:
    write_both(folder / "mine", 2, 2)


def one_class(folder: Path) -> None:
    images, labels = letters.to_arrays(4, 1)
    write_idx(folder / "mine", images, np.zeros_like(labels), "images", "labels")


def names_missing(folder: Path) -> None:
    write_both(folder / "mine")
    (folder / "names.txt").write_text("1 a\n2 b\n\n")


def names_wrong(folder: Path) -> None:
    write_both(folder / "mine")
    (folder / "names.txt").write_text("a\n")


def three_files(folder: Path) -> None:
    write_both(folder / "mine")
    (folder / "mine" / "small.labels").unlink()


def other_labels(folder: Path) -> None:
    write_both(folder / "mine")
    idx.write_gzipped(np.zeros(7, np.uint8), folder / "mine" / "small.labels")


NAME = ("--name", "letters")


@pytest.mark.parametrize(
    ("prepare", "args", "code", "message"),
    [
        (folder_of_letters, ("--name", "../x"), 2, "--name: '../x' is not a plain name: use"),
        (folder_of_letters, ("--name", "Mine"), 2, "'Mine' is not a plain name"),
        (folder_of_letters, ("--name", "null"), 2, "'null' is not a plain name"),
        (folder_of_letters, ("--name", "nul"), 2, "'nul' is not a plain name"),
        (folder_of_letters, ("--name", "com1"), 2, "'com1' is not a plain name"),
        (
            folder_of_formulas,
            NAME,
            1,
            "pictures: '=1+1' begins as a formula does, which a spreadsheet",
        ),
        (folder_of_too_many, NAME, 1, "has 257 classes, but a network tells from 2 to 256 apart"),
        (folder_of_letters, ("--name", "mnist"), 2, "has a dataset mnist already: choose another"),
        (taken, ("--name", "taken"), 2, "exists and was not gathered from mine: choose another"),
        (folder_of_letters, (*NAME, "--transpose"), 2, "are for arrays, not for pictures"),
        (folder_of_letters, (*NAME, "--with", "mnist-5k"), 1, "mnist-5k has no class A: its"),
        (folder_of_letters, (*NAME, "--by-writer"), 1, "the pictures' classes are not told: put"),
        (folder_of_one, NAME, 1, "has 1 picture that can be used, but a class needs two"),
        (folder_of_one_class, NAME, 1, "the pictures' classes are not told: put them into"),
        (one_class, NAME, 1, "mine: has 1 class, but a network tells from 2 to 256 apart"),
        (nothing, NAME, 1, "mine: a folder without files"),
        (one_idx_file, NAME, 1, "not a picture in a supported format"),
        (
            three_files,
            NAME,
            1,
            "a dataset is images and their labels, for training and for testing, but",
        ),
        (other_labels, NAME, 1, "holds 7 labels, but"),
        (equal_sizes, NAME, 1, "do not tell which is for testing: put test into the names"),
        (equal_sizes, (*NAME, "--by-writer"), 2, "--by-writer is for pictures"),
        (names_missing, (*NAME, "--class-names", "names.txt"), 1, "has no name for label 3"),
        (names_wrong, (*NAME, "--class-names", "names.txt"), 1, "names.txt: line 1: must be a"),
    ],
)
def test_what_cannot_be_gathered_is_told_in_a_sentence_and_nothing_is_written(
    prepare: Files, args: tuple[str, ...], code: int, message: str, tmp_path: Path
) -> None:
    prepare(tmp_path)
    printed = gather(tmp_path, "mine", *args, expect=code)
    assert message in printed
    assert "Traceback" not in printed
    assert not (tmp_path / OWN / "letters").exists()


@pytest.mark.parametrize(
    "name", ["\u0645\u06cc\u200c\u062e", "a\u00a0b", "\U0001f469\u200d\U0001f680"]
)
def test_every_name_that_gather_accepts_is_one_that_download_accepts(
    tmp_path: Path, name: str
) -> None:
    letters.write_folder(tmp_path / "mine", 2, {"A": "A", "L": name})
    gather(tmp_path, "mine", "--name", "letters")
    stage_within("download", "--dataset", "letters", cwd=tmp_path)
    assert find("letters", tmp_path / OWN).classes == ("A", name)


def test_gathering_again_replaces_a_broken_description(pictures: Path, tmp_path: Path) -> None:
    gather(tmp_path, "mine", "--name", "letters")
    (tmp_path / OWN / "letters" / "dataset.yaml").write_text("classes: [")
    gather(tmp_path, "mine", "--name", "letters")
    assert find("letters", tmp_path / OWN).classes == ("A", "L")


def test_a_gathered_file_that_was_changed_is_not_used(pictures: Path, tmp_path: Path) -> None:
    gather(tmp_path, "mine", "--name", "letters")
    path = tmp_path / OWN / "letters" / FILES[1]
    idx.write_gzipped(np.zeros(16, np.uint8), path)
    failed = stage_within("download", "--dataset", "letters", cwd=tmp_path, expect=1)
    assert f"{path.name}: wrong content: its SHA256 starts with" in failed.output
    assert "Gather the dataset again" in failed.output
