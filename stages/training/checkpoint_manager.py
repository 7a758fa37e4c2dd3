"""Checkpoints of a training run: when they are written, read and deleted."""

import sys
import time
from pathlib import Path
from typing import Self

from tqdm import tqdm

from stages import ProjectError
from stages.network.mlp import MLP
from stages.runtime.files import atomic_write
from stages.runtime.signals import Interrupted
from stages.training import checkpoint_file
from stages.training.errors import TrainingError
from stages.training.loop import Observer, TrainingState
from stages.training.snapshots import Snapshot

# Seconds between checkpoints; a crash loses at most this much work.
INTERVAL = 3.0
# The wait is at least this many times the time that writing a checkpoint takes.
MIN_WAIT_FACTOR = 50.0


class CheckpointManager:
    """Keeps a checkpoint of each network of a run, in files beside the model.

    As a context: when the block ends, or raises TrainingError, the checkpoints are deleted. When it
    is interrupted, a file cannot be written, or parameters or code have changed, they are written
    once more.

    Parameters
    ----------
    model
        The file that the run writes.
    key
        Identifies the run, hexadecimal: a run of other parameters, data or code has another.
    interval
        Least time between checkpoints, in seconds.
    min_wait_factor
        The least time in units of the time that writing a checkpoint takes.
    """

    def __init__(
        self,
        model: Path,
        key: str,
        interval: float = INTERVAL,
        min_wait_factor: float = MIN_WAIT_FACTOR,
    ) -> None:
        self._model = model
        self._key = key
        self._interval = interval
        self._min_wait_factor = min_wait_factor
        self._networks: list[MLP] = []
        self._states: list[TrainingState] = []
        self._due: list[float] = []
        self._warned = False

    def path(self, index: int) -> Path:
        """Name the checkpoint of a network; no two runs have the same names."""
        return self._model.with_name(f"{self._model.name}.{self._key[:12]}.{index}.checkpoint")

    def samples_seen(self, train_size: int) -> int:
        """Count the images that all networks have learnt from, of `train_size` an epoch."""
        return sum(len(state.epochs) * train_size + state.samples_seen for state in self._states)

    def n_epochs(self) -> int:
        """Count the epochs that all networks have completed."""
        return min((len(state.epochs) for state in self._states), default=0)

    def snapshots(self) -> list[Snapshot]:
        """Return the snapshots so far of the first network's training."""
        return self._states[0].snapshots

    def resume(self, network: MLP) -> TrainingState:
        """Restore a network from its checkpoint, if there is one, and return its training state."""
        state = self._read(len(self._networks), network) or TrainingState()
        self._networks.append(network)
        self._states.append(state)
        self._due.append(time.monotonic() + self._interval)
        return state

    def observer(self, index: int) -> Observer:
        """Make the observer that writes the checkpoint of a network when it is due."""
        return lambda state: self._save_if_due(index)

    def _save_if_due(self, index: int) -> None:
        if time.monotonic() < self._due[index]:
            return
        try:
            self._write(index)
        except OSError as error:
            if not self._warned:
                _warn(f"{self.path(index)}: {error.strerror}: training without checkpoints")
            self._warned = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None or isinstance(error, TrainingError):
            self._delete()
        elif isinstance(error, Interrupted | OSError | ProjectError):
            self._write_all()

    def _read(self, index: int, network: MLP) -> TrainingState | None:
        path = self.path(index)
        try:
            return checkpoint_file.from_file(path, network, self._key)
        except FileNotFoundError:
            return None
        except TrainingError as error:
            _warn(f"{error}: ignored, training starts from the beginning")
        except OSError as error:
            _warn(f"{path}: {error.strerror}: ignored, training starts from the beginning")
        return None

    def _write(self, index: int) -> None:
        start = time.monotonic()
        content = checkpoint_file.to_bytes(self._networks[index], self._states[index], self._key)
        try:
            with atomic_write(self.path(index), is_result=False) as tmp_path:
                tmp_path.write_bytes(content)
        finally:
            now = time.monotonic()
            wait = max(self._interval, self._min_wait_factor * (now - start))
            self._due[index] = now + wait

    def _write_all(self) -> None:
        started = [index for index, state in enumerate(self._states) if state.optimiser_state]
        try:
            for index in started:
                self._write(index)
        except OSError as error:
            _warn(f"{self.path(0)}: {error.strerror}: the last progress is not saved")
        else:
            if started:
                _warn(f"saved {self.path(0)}: run the same command again to resume")

    def _delete(self) -> None:
        for index in range(len(self._states)):
            try:
                self.path(index).unlink(missing_ok=True)
            except OSError as error:
                _warn(f"{self.path(index)}: {error.strerror}: no longer needed, delete it")


def _warn(text: str) -> None:
    tqdm.write(text, file=sys.stderr)  # above the progress bar, if there is one
