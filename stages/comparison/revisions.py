"""Results of any revision, read through DVC without checking it out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import SCM, resolve_rev

from stages import ProjectError
from stages.classifier.model_file import read_provenance
from stages.classifier.provenance import Provenance, differing_params
from stages.cli.errors import UserError
from stages.cli.params_file import PARAMS_FILE, flatten
from stages.cli.paths import OWN_DATASETS
from stages.comparison.comparison import RunResult
from stages.datasets import arrays, catalogue
from stages.datasets.errors import DatasetError
from stages.datasets.manifest import manifest_path, read_manifest
from stages.reporting import tables
from stages.reporting.errors import ReportingError
from stages.runtime.printable import printable
from stages.runtime.yaml_file import YamlError, parse_yaml

WORKSPACE = "workspace"
# The images that predictions are of.
ImageSet = Literal["test", "validation"]
PREDICTIONS_FILES: dict[ImageSet, str] = {
    "test": "reports/predictions.csv",
    "validation": "reports/validation_predictions.csv",
}
MODEL_FILE = "models/model.safetensors"


class Revision:
    """A commit, branch, tag or experiment, or the files in the workspace.

    Parameters
    ----------
    name
        Any revision that DVC knows, or `workspace`.

    Attributes
    ----------
    params
        The parameters that its network was trained with, by key: from the model's file; where DVC's
        cache lacks it, from dvc.lock; else from params.yaml.
    dataset
        One of them.

    Raises
    ------
    UserError
        If DVC does not know it, or it has no parameters or no known dataset.
    ReportingError
        If its params.yaml or a file of DVC's is broken.
    """

    def __init__(self, name: str) -> None:
        self.name = _printable(name)
        self._files = DVCFileSystem(rev=None if name == WORKSPACE else resolve(name))
        params = self._read_mapping(str(PARAMS_FILE))
        if params is None:
            raise UserError(f"{self.name} has no {PARAMS_FILE}: it is no revision of this project")
        self._in_file = {key: _json_value(value) for key, value in flatten(params).items()}
        self.params = self._in_file | (
            dict(self.provenance.params) if self.provenance else locked_params(self._lock)
        )
        dataset, known = self.params.get("dataset"), catalogue.names(OWN_DATASETS)
        if not isinstance(dataset, str) or dataset not in known:
            advice = catalogue.how_to_get(_printable(str(dataset)), OWN_DATASETS)
            raise UserError(
                f"{PARAMS_FILE} of {self.name}: dataset: {_printable(repr(dataset))} is not one of"
                f" {', '.join(known)}. {advice}"
            )
        self.dataset = dataset

    def run_result(self, image_set: ImageSet) -> RunResult:
        """Read the parameters, the predictions, and the learning curves if there are any.

        Raises
        ------
        UserError
            If there are no predictions.
        ReportingError
            If their file is broken.
        """
        path = PREDICTIONS_FILES[image_set]
        table = self._read_table(path, tables.PREDICTIONS)
        if table is None:
            raise UserError(f"{self.name} has no {path}: run `dvc repro` there first")
        predictions = tables.to_predictions(table)
        if predictions is None:
            raise UserError(
                f"{path} of {self.name}: has no predictions, for there were no images: with"
                " train.validation_fraction 0 there are no validation images"
            )
        history = None
        with suppress(ReportingError):  # of a version with other columns
            history = self._read_table("reports/history.csv", tables.HISTORY)
        return RunResult(self.name, self.params, predictions, history or {})

    def images(self, image_set: ImageSet, actual: np.ndarray) -> np.ndarray | None:
        """Read the images of predictions, uint8, (n, rows, columns).

        None where DVC's cache lacks them, or their labels are not `actual`: where a dataset is
        sorted by class, the validation images are not the last ones.
        """
        split: arrays.Split = "test" if image_set == "test" else "train"
        with TemporaryDirectory() as name:
            folder = Path(name)
            for path in (manifest_path(folder), *arrays.paths(folder, split)):
                path.write_bytes(self._read(f"data/npy/{path.name}") or b"")
            try:
                images, labels = arrays.load(folder, split)
                classes = np.array(read_manifest(folder).classes)
            except DatasetError:
                return None
            last = slice(-len(actual), None)
            is_theirs = np.array_equal(classes[labels[last]], actual)
            return np.array(images[last]) if is_theirs else None

    @cached_property
    def provenance(self) -> Provenance | None:
        """What the network was trained with; None where its file is missing, or another's.

        After `git checkout` the workspace has the predictions of the commit, and until `dvc
        checkout` a model that did not make them.
        """
        model, predictions = self._read(MODEL_FILE), self._read(PREDICTIONS_FILES["test"])
        hashes = locked_hashes(self._lock)
        if model is None or (
            md5(model) != hashes.get(MODEL_FILE)
            and predictions is not None
            and md5(predictions) == hashes.get(PREDICTIONS_FILES["test"])
        ):
            return None
        return read_provenance(model)

    def libraries_note(self, base: "Revision") -> str | None:
        """Say that two networks were trained with other libraries; None if not, or unknown."""
        if not self.provenance or not base.provenance:
            return None
        own, other = self.provenance.libraries, base.provenance.libraries
        if own == other:
            return None
        return (
            f"Note: {base.name} was trained with {other} and {self.name} with {own}: even the same"
            " parameters would not give the same weights."
        )

    def dataset_problem(self, base: "Revision") -> str | None:
        """Say why this revision cannot be compared with another; None if it can."""
        if self.dataset == base.dataset:
            return None
        return (
            f"{base.name} was trained on {base.dataset} and {self.name} on {self.dataset}: only"
            " results on the same images can be compared"
        )

    def params_note(self) -> str | None:
        """Say that the results are of other parameters than params.yaml has; None if not."""
        differing = differing_params(self.params, self._in_file)
        if not differing:
            return None
        return (
            f"Note: params.yaml of {self.name} has other values than its network was trained with:"
            f" {_printable(differing)}."
        )

    @cached_property
    def _lock(self) -> dict[str, Any]:
        return self._read_mapping("dvc.lock") or {}

    def _read_table(self, path: str, columns: Sequence[str]) -> dict[str, np.ndarray] | None:
        """Read a table; None if it is missing."""
        content = self._read(path)
        if content is None:
            return None
        file = TextIOWrapper(BytesIO(content), encoding="utf-8", newline="")
        return tables.parse(file, f"{path} of {self.name}", columns)

    def _read(self, path: str) -> bytes | None:
        """Read a file; None if it is missing, or DVC's cache lacks it."""
        try:
            content: bytes = self._files.read_bytes(path)
        except FileNotFoundError:
            return None
        except (ProjectError, MemoryError):
            raise
        # DVC reads dvc.yaml and dvc.lock to find a file. They may be broken in any way, and it has
        # no one kind of error for that.
        except Exception as error:
            raise ReportingError(_printable(f"{path} of {self.name}: {error}")) from error
        return content

    def _read_mapping(self, path: str) -> dict[str, Any] | None:
        """Read a YAML file of names and values; None if there is none."""
        content = self._read(path)
        try:
            return None if content is None else parse_yaml(content, f"{path} of {self.name}")
        except YamlError as error:
            raise ReportingError(_printable(str(error))) from error


def experiment_names() -> list[str]:
    """List the DVC experiments that start from HEAD, by name.

    Raises
    ------
    UserError
        If there are none, or this is no DVC project.
    """
    try:
        with Repo() as repo:
            by_commit = repo.experiments.ls(rev="HEAD")
    except DvcException as error:
        raise UserError(_printable(str(error))) from error
    names = sorted(name for experiments in by_commit.values() for name, _ in experiments)
    if not names:
        raise UserError("there are no experiments of HEAD: make one with `dvc exp run`")
    return names


def n_looks_note() -> str | None:
    """Say how many experiments have been measured on the test images; None for one or none."""
    with Repo() as repo:
        by_commit = repo.experiments.ls(all_commits=True)
    n_experiments = sum(len(experiments) for experiments in by_commit.values())
    if n_experiments < 2:
        return None
    return (
        f"Note: this project has {n_experiments} experiments, each measured on its dataset's test"
        " images; the best of them looks better than it is. To choose, compare `--on validation`."
    )


def locked_params(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that dvc.lock says the network was trained with; empty if none."""
    params: Any = lock
    for key in ("stages", "train", "params", str(PARAMS_FILE)):
        params = params.get(key) if isinstance(params, dict) else None
    flat = flatten(params) if isinstance(params, dict) else {}
    return {key: _json_value(value) for key, value in flat.items()}


def locked_hashes(lock: Mapping[str, Any]) -> dict[str, str]:
    """Return the MD5 of each output that dvc.lock records, by path; empty if it has none."""
    try:
        stages = lock["stages"].values()
        return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", [])}
    except (AttributeError, KeyError, TypeError):
        return {}


def md5(content: bytes) -> str:
    """Compute the MD5 of a file's content, as DVC does."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def resolve(name: str) -> str:
    """Return the hash of the commit that a name stands for."""
    if not name:
        raise UserError("a revision has no name: give a commit, branch, tag or experiment")
    try:
        scm = SCM(Repo.find_root(), search_parent_directories=True)
        commit: str = resolve_rev(scm, name)
        scm.resolve_commit(commit)
        return commit
    except DvcException as error:
        is_shallow = Path(".git", "shallow").exists()
        advice = ": this clone has the last commits only; run `git fetch --unshallow`" * is_shallow
        raise UserError(_printable(f"{name}: {error}{advice}")) from error
    # Names of trees and files, and bytes that are no text, make DVC raise errors of many kinds.
    except Exception as error:
        raise UserError(f"{_printable(name)}: not a commit, branch, tag or experiment") from error


def _json_value(value: Any) -> Any:
    """Return a parameter's value, or its text if JSON has no such value: a date, or NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value


def _printable(text: str) -> str:
    """Escape everything that is not a printable character, on one line."""
    return printable(" ".join(text.split()))
