"""Pictures of MNIST's test images are predicted as well as its arrays."""

import json
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
    images, labels = mnist.images[:15], mnist.labels[:15]
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
