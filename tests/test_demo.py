"""The demo page in a real browser."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from stages.datasets import bundled
from stages.datasets import pictures as picture
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.demo import demo
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.model_file import Model, save
from stages.network.names import ActivationName, LossName
from tests import browser as browsers
from tests.browser import Page
from tests.conftest import Mnist

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with browsers.opened() as browser:
        yield browser


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Load the bundled digits: 1,797 images and their labels."""
    return bundled.load()


def make_page(
    folder: Path, model: Model, images: np.ndarray, labels: np.ndarray, dataset: str = "digits"
) -> Path:
    """Run the command on a model and test images, and return the page's path."""
    np.save(folder / "test_images.npy", images)
    np.save(folder / "test_labels.npy", labels)
    write_manifest(create_manifest(folder, dataset, CATALOGUE[dataset]), folder)
    save(model, folder / "model.safetensors")
    out = folder / "demo.html"
    args = ["--data", folder, "--model", folder / "model.safetensors"]
    result = CliRunner().invoke(demo, [*map(str, args), "--out", str(out)])
    assert result.exit_code == 0, result.output
