"""Revisions for the fuzzer: names of them, and commits in which one file is broken."""

import hashlib
import io
import json
import os
from contextlib import chdir, redirect_stdout
from functools import cache, partial
from pathlib import Path

import numpy as np
import pygit2
from dvc.repo import Repo

from stages.comparison import comparison, report
from stages.comparison.revisions import Revision
from tests.helpers.commands import ROOT, run
from tests.helpers.project import commit, set_git_user
from tests.torture.mutations import Target, unchanged
from tests.torture.readers import model_seeds

N_IMAGES = 10
IMAGES = "data/npy/test_images.npy"
NAMES = [b"HEAD", b"main", b"HEAD~0", b"HEAD^{commit}", b"workspace", b"main@{0}"]


PIPELINE = """
stages:
  convert:
    cmd: convert
    outs: [data/npy/test_images.npy]
  train:
    cmd: train
    params: [dataset, train.epochs]
"""


def images() -> bytes:
    """Return an array of images, which is in DVC's cache and not in Git."""
    file = io.BytesIO()
    np.save(file, np.zeros((N_IMAGES, 28, 28), np.uint8))
    return file.getvalue()


def files() -> dict[str, bytes]:
    """Return what `compare` and DVC read of a revision, all in Git but for the images."""
    out = {"path": IMAGES, "hash": "md5", "md5": _md5_of_images()}
    lock = {
        "schema": "2.0",
        "stages": {
            "convert": {"cmd": "convert", "outs": [out]},
            "train": {
                "cmd": "train",
                "params": {"params.yaml": {"dataset": "mnist-5k", "train.epochs": 100}},
            },
        },
    }
    rows = "".join(f"{index},{index},{index},0.9\n" for index in range(N_IMAGES))
    return {
        "params.yaml": b"dataset: mnist-5k\ntrain: {epochs: 100, hidden: [128], momentum: 0.9}\n",
        "dvc.yaml": PIPELINE.encode(),
        "dvc.lock": json.dumps(lock, indent=1).encode(),
        ".dvc/config": (ROOT / ".dvc" / "config").read_bytes(),
        "reports/predictions.csv": f"index,actual,predicted,confidence\n{rows}".encode(),
        "models/model.safetensors": model_seeds()[0],
        IMAGES: images(),
    }


def make_repository(folder: Path) -> None:
    """Make a repository for Git and DVC, with a commit of these files."""
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=folder)
    set_git_user(folder)
    with redirect_stdout(io.StringIO()):
        Repo.init(str(folder))
    (folder / ".gitignore").write_text(IMAGES)
    for name, content in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    commit(folder, "Good")
    md5 = _md5_of_images()
    cached = folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    cached.parent.mkdir(parents=True)
    cached.write_bytes(images())


def _md5_of_images() -> str:
    return hashlib.md5(images(), usedforsecurity=False).hexdigest()


def commit_file(repository: pygit2.Repository, name: str, content: bytes) -> str:
    """Commit one changed file on top of HEAD, without moving a branch, and return the hash."""
    head = repository.head.peel(pygit2.Commit)
    index = pygit2.Index()
    index.read_tree(head.tree)
    mode = pygit2.enums.FileMode.BLOB
    index.add(pygit2.IndexEntry(name, repository.create_blob(content), mode))
    tree = index.write_tree(repository)
    made = repository.create_commit(None, head.author, head.committer, name, tree, [head.id])
    return str(made)


def read_name(path: Path) -> None:
    """Take the content as the name of a revision of the repository in the same folder."""
    with chdir(path.parent):
        Revision(os.fsdecode(path.read_bytes()))


def read_content(name: str, path: Path) -> None:
    """Commit the content as a file of that name, and compare the commit with HEAD."""
    with chdir(path.parent):
        base, of_base = _base(path.parent)
        other = Revision(commit_file(pygit2.Repository("."), name, path.read_bytes()))
        if other.dataset_problem(base):
            return
        compared = comparison.compare(of_base, [other.run_result("test")])
        assert compared[0].n_images == N_IMAGES
        notes = [note for note in (other.params_note(), other.libraries_note(base)) if note]
        images = other.images("test", of_base.predictions.actual)
        assert images is None or len(images) == N_IMAGES
        classes = tuple("0123456789")
        assert report.as_text(compared, "test", classes, notes, in_markdown=False)
        json.dumps(report.to_dict(compared, "test", classes, notes), allow_nan=False)


@cache
def _base(folder: Path) -> tuple[Revision, comparison.RunResult]:
    """Read HEAD of a repository once."""
    base = Revision("HEAD")
    return base, base.run_result("test")


def targets() -> list[Target]:
    """Return the reader of names, and a reader of each file of a revision."""
    of_files = [
        Target(
            f"{name} of a revision",
            [content],
            partial(read_content, name),
            [unchanged],
            share=0.01,
            names=(" of ", "HEAD and "),
            prepare=make_repository,
        )
        for name, content in files().items()
    ]
    return [
        Target("name of a revision", NAMES, read_name, [unchanged], share=0.05,
               names=("revision", "commit"), prepare=make_repository),
        *of_files,
    ]  # fmt: skip
