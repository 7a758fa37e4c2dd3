"""Run commands on a terminal."""

import os
import pty
import subprocess
import termios
from pathlib import Path

from tests.helpers.commands import ROOT


def run_on_terminal(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command on a terminal 100 columns wide, and return all that it printed there.

    Progress bars are rewritten at each update.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TQDM_MININTERVAL": "0"},
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        printed = b""
        try:
            while block := os.read(ours, 1 << 16):
                printed += block
        except OSError:  # the end, on Linux
            pass
    os.close(ours)
    assert process.returncode == 0, printed.decode()
    return printed.decode()


def visible_lines(printed: str) -> list[str]:
    """Return the lines that can be seen in the end: what follows a carriage return overwrites."""
    lines = []
    for line in printed.replace("\r\n", "\n").split("\n"):
        seen = ""
        for text in line.split("\r"):
            seen = text + seen[len(text) :]
        lines.append(seen.rstrip())
    return lines
