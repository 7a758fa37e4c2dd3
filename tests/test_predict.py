"""Pictures of MNIST's test images are predicted as well as its arrays."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from stages.predict import predict
from tests.benchmarks.pictures import DISGUISES
from tests.helpers.mnist import Mnist


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised_test_images_are_predicted_like_the_arrays(
    disguise: str, mnist: Mnist, tmp_path: Path
) -> None:
    images, labels = mnist.images[:10], mnist.labels[:10]
    paths = [tmp_path / f"{index}.png" for index in range(len(images))]
    for index, (path, image) in enumerate(zip(paths, images, strict=True)):
        rng = np.random.default_rng(index)
        Image.fromarray(DISGUISES[disguise](image, rng)).save(path, compress_level=1)
    options = ["--model", str(mnist.folder / "model.safetensors"), "--json"]
    result = CliRunner().invoke(predict, [*options, *map(str, paths)])
    assert result.exit_code == 0
    predictions = [int(answer["class"]) for answer in json.loads(result.stdout)]
    expected = mnist.model.ensemble.predict_proba(images).argmax(axis=1)
    assert np.sum(predictions == labels) >= np.sum(expected == labels) - 1


def test_specks_do_not_keep_other_pictures_from_an_answer(mnist: Mnist, tmp_path: Path) -> None:
    dot, speck = np.full((400, 400), 255, np.uint8), np.full((800, 800), 255, np.uint8)
    dot[200, 200] = 0
    speck[400:402, 400:402] = 0
    Image.fromarray(dot).save(tmp_path / "dot.png")
    Image.fromarray(speck).save(tmp_path / "speck.png")
    Image.fromarray(mnist.images[0]).save(tmp_path / "seven.png")
    names = ["dot.png", "speck.png", "seven.png"]
    paths = [str(tmp_path / name) for name in names]
    options = ["--model", str(mnist.folder / "model.safetensors"), "--json"]
    result = CliRunner().invoke(predict, [*options, *paths])
    assert isinstance(result.exception, SystemExit), result.exception
    answers = [answer["picture"] for answer in json.loads(result.stdout)]
    assert paths[2] in answers
    assert len(answers) + result.stderr.count("\n") == len(paths)


def predict_json(mnist: Mnist, *args: Path, expect: int = 0) -> tuple[dict[str, str], str]:
    """Return the class of each picture by its name, and what was printed on the error stream."""
    options = ["--model", str(mnist.folder / "model.safetensors"), "--json"]
    result = CliRunner().invoke(predict, [*options, *map(str, args)])
    assert result.exit_code == expect, result.output
    answers = json.loads(result.stdout) if result.stdout else []
    return {answer["picture"]: answer["class"] for answer in answers}, result.stderr


def test_a_folder_and_an_archive_of_pictures_are_predicted(mnist: Mnist, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for index, name in enumerate(("a.png", "more/b.png")):
        Image.fromarray(mnist.images[index]).save(folder / name)
    (folder / "README.md").write_text("# Photos\n")
    (folder / "c.jpg").write_bytes(b"\0\0\0\x24ftypheic")
    answers, errors = predict_json(mnist, folder)
    assert answers == {f"{folder}/a.png": "7", f"{folder}/more/b.png": "2"}
    assert f"left out: {folder}/README.md: not a picture in a supported format" in errors
    assert f"left out: {folder}/c.jpg: a HEIC photo: save it as JPEG" in errors
    archive = Path(shutil.make_archive(str(folder), "zip", folder))
    assert list(predict_json(mnist, archive)[0].values()) == ["7", "2"]
    _, errors = predict_json(mnist, folder / "c.jpg", expect=1)
    assert errors == f"Error: {folder}/c.jpg: a HEIC photo: save it as JPEG\n"


@pytest.mark.parametrize("is_inverted", [False, True])
def test_the_rows_of_a_table_are_predicted_with_labels_and_without(
    mnist: Mnist, tmp_path: Path, is_inverted: bool
) -> None:
    images = 255 - mnist.images[:40] if is_inverted else mnist.images[:40]
    expected = mnist.model.ensemble.predict_proba(mnist.images[:40]).argmax(axis=1)
    flat = images.reshape(40, -1)
    for name, table in (("test", flat), ("train", np.column_stack([mnist.labels[:40], flat]))):
        path = tmp_path / f"{name}.csv"
        np.savetxt(path, table, "%d", ",")
        answers, notes = predict_json(mnist, path)
        assert list(answers) == [f"{path}:{number}" for number in range(1, 41)]
        assert list(map(int, answers.values())) == expected.tolist()
        assert ("they are inverted" in notes) == is_inverted
    np.savetxt(tmp_path / "small.csv", images[:, 4:24, 4:24].reshape(40, -1), "%d", ",")
    _, errors = predict_json(mnist, tmp_path / "small.csv", expect=1)
    assert "holds images of 20 x 20 pixels, but the network takes 28 x 28" in errors
