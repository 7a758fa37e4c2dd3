"""The power cut: ext4 that loses all that is not on the disk yet, during `dvc repro` or after it.

The file system is in an image of its own, on a loop device. ext4 has a request that stops it at
once, as when the power goes: nothing more is written, not even its journal. Mounted again, it holds
what a machine finds when it has power again. `python -m tests.torture.power FOLDER COUNT` is what
runs in a mount namespace of its own, so that the mounts go with the process.
"""

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.commands import ROOT
from tests.torture.kills import Victim, differences, hashes
from tests.torture.outcome import Outcome

NAMESPACE = ["unshare", "--mount", "--propagation", "private"]
EPOCHS = 30
SIZE = 1 << 30
# Linux may keep what nobody syncs in memory for up to 30 s.
SECONDS_AFTERWARDS = 6
# EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), and EXT4_GOING_FLAGS_NOLOGFLUSH.
SHUTDOWN, WITHOUT_JOURNAL = 0x8004587D, 2


def torture(folder: Path, count: int) -> Iterator[Outcome]:
    """Cut the power at random moments; where no file system can be mounted, say so."""
    if not can_be_tried(folder):
        yield Outcome("power cuts", notes=["power cuts: skipped, no ext4 can be mounted here"])
        return
    inside = [sys.executable, "-m", "tests.torture.power", str(folder), str(count)]
    # What DVC remembers of files is in the image, too.
    environment = os.environ | {"DVC_SITE_CACHE_DIR": str(folder / "clone" / ".dvc/tmp/site")}
    done = subprocess.run(
        [*NAMESPACE, *inside], cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )
    yield Outcome(**json.loads(done.stdout))


def can_be_tried(folder: Path) -> bool:
    """Tell whether this machine lets us mount ext4 from an image, on Linux as root."""
    if os.geteuid() or not shutil.which("unshare") or not shutil.which("mkfs.ext4"):
        return False
    trial = folder / "trial"
    trial.mkdir()
    _make_image(trial / "image", 16 << 20)
    words = [*NAMESPACE, "mount", "-o", "loop", str(trial / "image"), str(trial)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


class Machine:
    """A project on a file system whose power can be cut.

    Parameters
    ----------
    folder
        An empty folder, for the image and the place where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self._image, self._pristine = folder / "image", folder / "pristine"
        self._mounted = folder / "clone"
        self._mounted.mkdir()
        _make_image(self._image, SIZE)
        with self._power():
            self.victim = Victim.prepare(self._mounted, EPOCHS)
            self.victim.wipe()
        self._image.rename(self._pristine)

    def cut_and_run_again(self, after: float) -> str | None:
        """Cut the power during or after a run, run again, and return a message on a failure."""
        subprocess.run(["cp", "--sparse=always", str(self._pristine), str(self._image)], check=True)
        with self._power():
            running = self.victim.repro()
            time.sleep(after)
            _cut_power(self._mounted)
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        where = f"power cut after {after:.1f} of {self.victim.seconds:.1f} s"
        with self._power():
            if code := self.victim.make_run():
                return f"{where}: the next run ended with {code}: {self.victim.printed[-400:]}"
            if different := differences(hashes(self._mounted), self.victim.expected):
                return f"{where}: different outputs: {', '.join(different)}"
        return None

    @contextmanager
    def _power(self) -> Iterator[None]:
        subprocess.run(["mount", "-o", "loop", self._image, self._mounted], check=True)
        try:
            yield
        finally:
            _unmount(self._mounted)


def _make_image(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)


def _unmount(path: Path) -> None:
    """Unmount, once the processes that were killed have ended."""
    for _ in range(100):
        if subprocess.run(["umount", path], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"{path}: still in use")


def _cut_power(mounted: Path) -> None:
    import fcntl  # on Linux alone

    handle = os.open(mounted, os.O_RDONLY)
    fcntl.ioctl(handle, SHUTDOWN, WITHOUT_JOURNAL.to_bytes(4, sys.byteorder))
    os.close(handle)


def main(folder: Path, count: int) -> None:
    machine = Machine(folder)
    rng = random.Random(1)
    outcome = Outcome("power cuts")
    for index in range(count):
        # Every third while the stages run, the others after the end.
        seconds = machine.victim.seconds
        after = (
            rng.random() * seconds
            if index % 3 == 0
            else seconds + rng.random() * SECONDS_AFTERWARDS
        )
        outcome.add(machine.cut_and_run_again(after))
        print(
            f"power cut {outcome.n_trials} of {count}, failed {len(outcome.failures)}",
            file=sys.stderr,
        )
    repairs = machine.victim.repairs
    outcome.notes.append(f"power cuts: DVC's own files were repaired after {len(repairs)}")
    print(json.dumps(dataclasses.asdict(outcome)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
