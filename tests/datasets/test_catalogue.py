import re
from pathlib import Path
from typing import Any

import pytest

from stages.cli.parameters import DATASET
from stages.datasets.catalogue import CATALOGUE, parse
from stages.datasets.errors import DatasetError
from tests.helpers.commands import stage_within

URL = "https://example.com/train-images.gz"
FILE = {"urls": [URL], "sha256_of_content": "0" * 64}
ENTRY = {
    "classes": ["a", "b"],
    "digit_size": 20,
    "image_shape": [28, 30],
    "source": "https://example.com",
    "licence": "CC0",
    "paper": "Me, 2001",
    "files": {
        "train_images": FILE,
        "train_labels": {"urls": [URL], "md5_of_content": "1" * 32},
        "test_images": {"urls": [URL], "md5_of_archive": "0" * 32},
        "test_labels": {"sha256_of_content": "0" * 64},
    },
}


def test_every_dataset_states_source_licence_and_paper_and_tries_https_first() -> None:
    assert list(CATALOGUE) == ["mnist-5k", "mnist", "qmnist", "fashion-mnist", "kmnist"]
    for dataset in CATALOGUE.values():
        assert dataset.source
        assert dataset.licence
        assert dataset.paper
        for file in dataset.files:
            assert not file.urls or file.urls[0].startswith("https://")


def test_qmnist_has_the_training_images_of_mnist() -> None:
    assert CATALOGUE["qmnist"].files[:2] == CATALOGUE["mnist"].files[:2]


def test_help_and_comment_in_params_name_every_dataset() -> None:
    assert set(CATALOGUE) <= set(re.findall(r"[\w-]+", str(DATASET.help)))


def test_an_entry_is_read() -> None:
    dataset = parse("letters", ENTRY)
    assert dataset.classes == ("a", "b")
    assert (dataset.digit_size, dataset.image_shape) == (20, (28, 30))
    assert dataset.files[0].urls == (URL,)
    assert dataset.files[1][1:] == ("md5", "content", "1" * 32)
    assert dataset.files[2][1:] == ("md5", "archive", "0" * 32)


def test_names_of_every_script_and_signs_of_arithmetic_are_names() -> None:
    classes = [
        "+",
        "-",
        "=",
        "@",
        "-1",
        "+1.5",
        "\u0645\u06cc\u200c\u062e",
        "a\u00a0b",
        "\U0001f469\u200d\U0001f680",
    ]
    assert parse("letters", changed(classes=classes)).classes == tuple(classes)


def changed(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (ENTRY | changes).items() if value is not None}


def with_file(**changes: Any) -> dict[str, Any]:
    file = {key: value for key, value in (FILE | changes).items() if value is not None}
    return changed(files={**ENTRY["files"], "train_images": file})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("mnist", "letters: must hold names and values: classes, digit_size"),
        (changed(licens="CC0"), "letters: unknown key licens; the keys are classes, digit_size"),
        (changed(classes=None), "letters: classes is missing"),
        (changed(classes="ab"), "classes: must be a list of names"),
        (changed(classes=["a"]), "classes: has 1 class, but a network tells from 2 to 256 apart"),
        (changed(classes=[0, 1]), 'classes: 0 is not a name; write a number as "0"'),
        (changed(classes=["a", "\x1b[31m"]), r"classes: '\x1b[31m' is not a name"),
        (changed(classes=["a", "\u200c \u200d"]), "classes: '\\u200c \\u200d' is not a name"),
        (changed(classes=["a", "b" * 101]), f"classes: '{'b' * 100}' is not a name: use"),
        (changed(classes=["a", "=1+1"]), "classes: '=1+1' begins as a formula does, which"),
        (changed(classes=["a", "@SUM(1)"]), "classes: '@SUM(1)' begins as a formula"),
        (changed(classes=["a", "-x"]), "classes: '-x' begins as a formula"),
        (changed(classes=["a", "b", "a"]), "classes: a is listed twice"),
        (changed(digit_size=31), "digit_size: must be a whole number from 1 to 30"),
        (changed(digit_size=True), "digit_size: must be a whole number from 1 to 30"),
        (changed(image_shape=28), "image_shape: must be two whole numbers, rows and columns"),
        (changed(image_shape=[28, 0]), "image_shape: must be two whole numbers"),
        (changed(source=3), "source: must be text"),
        (changed(files=[]), "letters: files: must hold names and values: train_images"),
        (changed(files={}), "letters: files: train_images is missing"),
        (with_file(urls=URL), "files: train_images: urls: must be a list of addresses"),
        (with_file(urls=["ftp://x"]), "urls: ftp://x does not start with https:// or http://"),
        (with_file(sha1="0"), "train_images: unknown key sha1; the keys are urls, sha256_of"),
        (with_file(sha256_of_content="0"), "sha256_of_content: must be 64 hexadecimal digits"),
        (with_file(md5_of_content="0" * 32), "has sha256_of_content and md5_of_content, but"),
        (with_file(sha256_of_content=None), "has no checksum, but must have one of sha256_of"),
    ],
)
def test_a_mistake_in_an_entry_is_named_in_a_sentence(entry: Any, message: str) -> None:
    with pytest.raises(DatasetError) as error:
        parse("letters", entry)
    assert str(error.value).startswith("letters: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ("classes: [", "dataset.yaml: not YAML"),
        ("- a", "dataset.yaml: must hold names and values"),
        ("klasses: [a, b]", "dataset.yaml: unknown key klasses"),
    ],
)
def test_a_mistake_in_an_own_description_is_named_by_commands(
    params: Path, description: str, message: str
) -> None:
    path = params.parent / "data" / "own" / "letters" / "dataset.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(description, encoding="utf-8")
    failed = stage_within("download", "--dataset", "letters", cwd=params.parent, expect=1)
    assert message in failed.output


def test_choice_of_a_dataset_lists_those_of_ones_own(params: Path) -> None:
    (params.parent / "data" / "own" / "letters").mkdir(parents=True)
    (params.parent / "data" / "own" / "letters" / "dataset.yaml").touch()
    assert "kmnist|letters]" in stage_within("download", "--help", cwd=params.parent).output
    failed = stage_within("download", "--dataset", "leters", cwd=params.parent, expect=2)
    assert "'leters' is not one of 'mnist-5k', 'mnist'" in failed.output
    assert "'letters'" in failed.output
