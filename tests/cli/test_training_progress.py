"""What training prints on a terminal."""

import os
import pty
import re
import subprocess
import sys
import termios

from tests.helpers.commands import ROOT


def on_terminal(code: str) -> str:
    """Run Python code on a terminal that is rewritten at each update; return what it printed."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    start = (
        "import time\nfrom pathlib import Path\n"
        "from stages.cli.training_progress import TrainingProgress\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", start + code],
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


def test_terminal_has_a_line_that_is_rewritten_and_every_tenth_epoch() -> None:
    printed = on_terminal("""
with TrainingProgress(25, 25, verbose=False) as progress:
    for number in range(1, 26):
        progress.update(1)
        progress.epoch(number, f"loss {number}")
""")
    lasting = re.findall(r"epoch (\d+) of 25: loss \d+\r\n", printed)
    assert lasting == ["10", "20", "25"]
    assert len(re.findall(r"\r[\d:?]+ left, epoch \d+/25: loss \d+", printed)) > 5
    assert printed.endswith("\r")  # the rewritten line is cleared


def test_verbose_has_a_line_for_every_epoch() -> None:
    printed = on_terminal("""
with TrainingProgress(12, 12, verbose=True) as progress:
    for number in range(1, 13):
        progress.epoch(number, "loss 1")
""")
    assert len(re.findall(r"epoch \d+ of 12: loss 1\r\n", printed)) == 12


def test_time_left_after_resuming_is_that_of_this_run() -> None:
    printed = on_terminal("""
with TrainingProgress(10, 1_000_000, verbose=False) as progress:
    progress.resume(990_000, 1_000_000, Path("m.checkpoint"))
    for _ in range(5):
        time.sleep(0.02)
        progress.update(10)
""")
    assert "resuming from m.checkpoint, after 990,000 of 1,000,000 images" in printed
    left = re.findall(r"\r(\d+):(\d+) left", printed)
    assert left
    assert all(int(minutes) or int(seconds) for minutes, seconds in left)
