"""CheckpointManager of a training run: when they are written, where they lie, when they go."""

import glob
import os
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tqdm import tqdm

from stages.network import checkpoint_file as checkpoint
from stages.network.errors import NetworkError
from stages.network.mlp import MLP
from stages.network.training import TrainingState
from stages.runtime.files import atomic_write
from stages.runtime.signals import Interrupted

# Seconds from one checkpoint to the next: as much work is lost when a machine stops.
INTERVAL = 3.0
# Where writing one takes long, this many times as long goes by before the next.
SPARED = 50.0


class CheckpointManager:
    """Keeps how far the networks of a run have come, in files beside the model, one a network.

    As a context: when the block ends well, or training has gone wrong, the files are deleted; when
    it is stopped, or a file cannot be written, they are brought up to date.

    Parameters
    ----------
    model
        The file that the run is to write.
    run_key
        Gives `checkpoint.run_key`; not called where there is nothing to read or to write.
    interval
        Seconds from one checkpoint to the next, at least.
    spared
        How many times as long as writing one took goes by before the next, at least.
    """

    def __init__(
        self,
        model: Path,
        run_key: Callable[[], str],
        interval: float = INTERVAL,
        spared: float = SPARED,
    ) -> None:
        self._model = model
        self._run_key = run_key
        self._interval = interval
        self._spared = spared
        self._networks: list[MLP] = []
        self._progress: list[TrainingState] = []
        self._due: list[float] = []
        self._failed = False

    @cached_property
    def _key(self) -> str:
        return self._run_key()

    def path(self, member: int) -> Path:
        """Name the file of a network; each run has names of its own."""
        return self._model.with_name(f"{self._model.name}.{self._key[:12]}.{member}.checkpoint")

    def seen(self, images: int) -> int:
        """Tell how many images all networks together have learnt from, at so many an epoch."""
        return sum(len(progress.epochs) * images + progress.seen for progress in self._progress)

    def resume(self, member: int, network: MLP) -> TrainingState:
        """Bring a network to where it was, and say how far that is: at its start, if unknown."""
        progress = self._read(member, network) or TrainingState()
        self._networks.append(network)
        self._progress.append(progress)
        self._due.append(time.monotonic() + self._interval)
        return progress

    def keep(self, member: int) -> None:
        """Write how far a network has come, when it is time to."""
        if time.monotonic() < self._due[member]:
            return
        try:
            self._write(member)
        except OSError as error:
            if not self._failed:
                _say(f"{self.path(member)}: {error.strerror}: training goes on, but is not kept")
            self._failed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, NetworkError):
            self._delete()
        elif isinstance(error, Interrupted | OSError):
            self._write_all()

    def _any(self) -> bool:
        """Tell whether there is a checkpoint of this model, be it of this run or of another."""
        return any(self._model.parent.glob(f"{glob.escape(self._model.name)}.*.checkpoint"))

    def _read(self, member: int, network: MLP) -> TrainingState | None:
        if not self._any():
            return None
        path = self.path(member)
        try:
            return checkpoint.from_file(path, network, self._key)
        except FileNotFoundError:
            return None
        except NetworkError as error:
            _say(f"{error}: ignored, training begins anew")
        except OSError as error:
            _say(f"{path}: {error.strerror}: ignored, training begins anew")
        return None

    def _write(self, member: int) -> None:
        key = self._key  # which may take long, once, and is not to put off the next
        start = time.monotonic()
        content = checkpoint.to_bytes(self._networks[member], self._progress[member], key)
        try:
            with atomic_write(self.path(member)) as beside, beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        finally:
            now = time.monotonic()
            self._due[member] = now + max(self._interval, self._spared * (now - start))

    def _write_all(self) -> None:
        begun = [member for member, progress in enumerate(self._progress) if progress.velocities]
        try:
            for member in begun:
                self._write(member)
        except OSError as error:
            _say(f"{self.path(0)}: {error.strerror}: what was learnt last is not kept")
        else:
            if begun:
                _say(f"kept in {self.path(0)}: run the same command again to go on from here")

    def _delete(self) -> None:
        if not self._any():
            return
        for member in range(len(self._progress)):
            try:
                self.path(member).unlink(missing_ok=True)
            except OSError as error:
                _say(f"{self.path(member)}: {error.strerror}: not needed any more; delete it")


def _say(text: str) -> None:
    tqdm.write(text, file=sys.stderr)  # above the bar, where there is one
