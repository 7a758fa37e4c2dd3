"""What training prints on a terminal."""

import re
import sys

from tests.helpers.terminal import run_on_terminal


def on_terminal(code: str) -> str:
    """Run Python code on a terminal that is rewritten at each update; return what it printed."""
    start = (
        "import time\nfrom dataclasses import replace\nfrom pathlib import Path\n"
        "from stages.cli.training_progress import TrainingProgress\n"
        "from stages.training.loop import EpochMetrics, TrainingState\n"
        "from tests.helpers.config import CONFIG\n"
        "def config(epochs): return replace(CONFIG, epochs=epochs)\n"
        "def metrics(number): return EpochMetrics(number, 0.05, 1.0, 0.5, 0.5, None, None)\n"
        "batch = TrainingState(batch_size=1)\n"
    )
    return run_on_terminal(sys.executable, "-c", start + code)


def test_terminal_has_a_line_that_is_rewritten_and_every_tenth_epoch() -> None:
    printed = on_terminal("""
with TrainingProgress(config(25), 1, verbose=False) as progress:
    for number in range(1, 26):
        progress.update(batch)
        progress.epoch(metrics(number))
""")
    lasting = re.findall(r"epoch (\d+) of 25: loss 1\.0000, accuracy 50\.00%\r\n", printed)
    assert lasting == ["10", "20", "25"]
    assert (
        len(re.findall(r"\r[\d:?]+ left, epoch \d+/25: loss 1\.0000, accuracy 50\.00%", printed))
        > 5
    )
    assert printed.endswith("\r")  # the rewritten line is cleared


def test_verbose_has_a_line_for_every_epoch() -> None:
    printed = on_terminal("""
with TrainingProgress(config(12), 1, verbose=True) as progress:
    for number in range(1, 13):
        progress.epoch(metrics(number))
""")
    assert len(re.findall(r"epoch \d+ of 12: loss 1\.0000, accuracy 50\.00%\r\n", printed)) == 12


def test_time_left_after_resuming_is_that_of_this_run() -> None:
    printed = on_terminal("""
with TrainingProgress(config(10), 100_000, verbose=False) as progress:
    progress.resume(990_000, Path("m.checkpoint"))
    for _ in range(5):
        time.sleep(0.02)
        progress.update(TrainingState(batch_size=10))
""")
    assert "resuming from m.checkpoint, after 990,000 of 1,000,000 images" in printed
    left = re.findall(r"\r(\d+):(\d+) left", printed)
    assert left
    assert all(int(minutes) or int(seconds) for minutes, seconds in left)
