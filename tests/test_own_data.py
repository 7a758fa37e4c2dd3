"""The lines of docs/own-data.md, run one after the other in a clone of the project."""

import re
from pathlib import Path

import numpy as np
import pytest

from stages.datasets import arrays, idx
from tests.helpers import letters
from tests.helpers.commands import ENVIRONMENT, ROOT, dvc, run, stage_within
from tests.helpers.project import clone_project, commit, set_params

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "own-data.md"


def write_emnist(folder: Path) -> None:
    """Write letters as EMNIST has them: on their side, with labels that start at 1."""
    folder.mkdir()
    for part, n, seed in (("train", 20, 1), ("test", 5, 2)):
        images, labels = letters.to_arrays(n, seed)
        start = f"emnist-letters-{part}"
        idx.write_gzipped(images.transpose(0, 2, 1), folder / f"{start}-images-idx3-ubyte.gz")
        idx.write_gzipped(labels + np.uint8(1), folder / f"{start}-labels-idx1-ubyte.gz")
    lines = [f"{label} {ord(letter)}" for label, letter in enumerate(letters.STROKES, 1)]
    (folder / "emnist-letters-mapping.txt").write_text("\n".join(lines) + "\n")


def test_every_line_of_the_page_on_own_data_works(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    clone_project(project)
    set_params(project, epochs=20)
    commit(project, "Fewer epochs")
    pictures = letters.write_folder(project / "my-letters", 12)
    letters.write_folder(project / "my-digits", 5, {"L": "L", "Z": "Z"})
    write_emnist(project / "emnist")

    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    of_letters, of_digits, of_emnist = (
        # The letters stand in for MNIST, which may not be there.
        f"set -e\n{block.replace('--with mnist', '--with letters')}"
        for block in blocks
    )
    assert len(of_letters.splitlines()) == 4  # three commands

    # Five letters become a network and a page.
    printed = shell(of_letters, project)
    assert re.search(r"^my-letters/A/1.png: A, ", printed, re.M)
    (accuracy,) = re.findall(r"accuracy ([\d.]+)% of 10 test images", printed)
    assert float(accuracy) >= 80
    page = (project / "reports" / "demo.html").read_text(encoding="utf-8")
    assert '"classes": ["A", "H", "L", "T", "Z"]' in page
    assert '"dataset": "letters"' in page

    # DVC has nothing to do until another picture is gathered.
    assert dvc("status", cwd=project).stdout == "Data and pipelines are up to date.\n"
    letters.draw("T", np.random.default_rng(5)).save(pictures / "T" / "added.png")
    stage_within("gather", "my-letters", "--name", "letters", cwd=project)
    assert "modified:           data/own" in dvc("status", "download", cwd=project).stdout

    assert "58 training and 2 test images of 5 classes" in shell(of_digits, project)

    # Transposed files with other names become a network and a page too.
    assert "holds codes of characters" in shell(of_emnist, project)
    for stage in ("download", "convert"):
        stage_within(stage, "--dataset", "emnist-letters", cwd=project)
    stage_within("train", cwd=project)
    images, labels = arrays.load(project / "data" / "npy", "train")
    expected_images, expected_labels = letters.to_arrays(20, 1)
    np.testing.assert_array_equal(images, expected_images)
    np.testing.assert_array_equal(labels, expected_labels)
    printed = stage_within("evaluate", cwd=project).output
    (accuracy,) = re.findall(r"accuracy ([\d.]+)% of 25 test images", printed)
    assert float(accuracy) >= 80
    stage_within("demo", cwd=project)
    page = (project / "reports" / "demo.html").read_text(encoding="utf-8")
    assert '"dataset": "emnist-letters"' in page
    assert run("git", "status", "--porcelain", "data", cwd=project).stdout == ""


def shell(script: str, folder: Path) -> str:
    path = ENVIRONMENT["PATH"]
    return run("bash", "-c", script, cwd=folder, PYTHONPATH="", PATH=path).stdout
