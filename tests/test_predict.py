"""Pictures of MNIST's test images are read as well as its arrays."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from stages.predict import predict
from tests.benchmarks.pictures import DISGUISES


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised_test_images_are_read_like_the_arrays(disguise, mnist, tmp_path):
    images, labels = mnist.images[:40], mnist.labels[:40]
    paths = [tmp_path / f"{index}.png" for index in range(len(images))]
    for index, (path, image) in enumerate(zip(paths, images, strict=True)):
        rng = np.random.default_rng(index)
        Image.fromarray(DISGUISES[disguise](image, rng)).save(path, compress_level=1)
    model = ["--dataset", "mnist", "--model", str(mnist.folder / "model.safetensors"), "--json"]
    done = CliRunner().invoke(predict, [*model, *map(str, paths)])
    assert done.exit_code == 0
    found = [int(answer["class"]) for answer in json.loads(done.stdout)]
    right = mnist.model.committee.outputs(images).argmax(axis=1) == labels
    assert (found == labels).sum() >= right.sum() - 1
