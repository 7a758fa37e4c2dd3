"""Results of any revision, read through DVC without checking it out."""

from typing import Any

import numpy as np
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from ruamel.yaml import YAML

from stages.cli.options import PARAMS_FILE, UserError
from stages.reporting.tables import Predictions, read_predictions

WORKSPACE = "workspace"
PREDICTIONS_FILE = "reports/predictions.csv"
TEST_IMAGES_FILE = "data/npy/test_images.npy"


class Revision:
    """A commit, branch, tag or experiment, or the files in the workspace.

    Parameters
    ----------
    name
        Any revision that DVC knows, or `workspace`.

    Raises
    ------
    UserError
        If DVC does not know it, or it has no parameters.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._files = DVCFileSystem(rev=None if name == WORKSPACE else name)
        try:
            self._params = self._yaml(str(PARAMS_FILE))
        except DvcException as error:
            raise UserError(f"{name}: {error}") from error

    def params(self) -> dict[str, Any]:
        """Return all parameters, flat: `train.epochs` and so on."""
        flat: dict[str, Any] = {}
        for key, value in self._params.items():
            if isinstance(value, dict):
                flat |= {f"{key}.{name}": inner for name, inner in value.items()}
            else:
                flat[key] = value
        return flat

    def predictions(self) -> Predictions:
        """Read the predictions of the test images.

        Raises
        ------
        UserError
            If there are none.
        ReportingError
            If the file is broken.
        """
        try:
            with self._files.open(PREDICTIONS_FILE, "r", encoding="utf-8", newline="") as file:
                return read_predictions(file, f"{PREDICTIONS_FILE} of {self.name}")
        except FileNotFoundError as error:
            raise UserError(
                f"{self.name} has no {PREDICTIONS_FILE}: run `dvc repro` there first"
            ) from error

    def test_images(self) -> np.ndarray | None:
        """Read the test images, uint8 (n, rows, columns); None where DVC's cache lacks them."""
        try:
            with self._files.open(TEST_IMAGES_FILE, "rb") as file:
                images: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
                return images
        except FileNotFoundError:
            return None

    def params_match_lock(self) -> bool:
        """Check whether params.yaml has the values of the last `dvc repro` (dvc.lock)."""
        try:
            stages = self._yaml("dvc.lock")["stages"]
            locked = stages["train"]["params"][str(PARAMS_FILE)]
        except (FileNotFoundError, KeyError):
            return True  # run by hand: there is no record of the values
        return all(self._params.get(key) == value for key, value in locked.items())

    def _yaml(self, path: str) -> dict[str, Any]:
        with self._files.open(path, "r", encoding="utf-8") as file:
            content: dict[str, Any] = YAML(typ="safe").load(file)
            return content
