"""What `train` prints while it trains."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tqdm import tqdm

# Every epoch whose number this divides has a line of its own, and so has the last.
_LINE_INTERVAL = 10


class TrainingProgress:
    """Lines for some epochs; on a terminal also one that is rewritten: time left, last metrics.

    Parameters
    ----------
    n_epochs
        Epochs of the whole run.
    n_samples
        Samples that all networks learn from in the whole run.
    verbose
        Print a line for every epoch.
    """

    def __init__(self, n_epochs: int, n_samples: int, *, verbose: bool) -> None:
        self._n_epochs = n_epochs
        self._verbose = verbose
        # disable=None: no bar unless the standard error stream is a terminal.
        self._bar = tqdm(
            total=n_samples,
            desc="epoch 1",
            bar_format="{remaining} left, {desc}",
            dynamic_ncols=True,
            disable=None,
            leave=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def resume(self, samples_seen: int, n_samples: int, checkpoint: Path) -> None:
        """Count the samples of an interrupted run as seen, but not for the speed."""
        self.echo(f"resuming from {checkpoint}, after {samples_seen:,} of {n_samples:,} images")
        self._bar.initial = self._bar.n = self._bar.last_print_n = samples_seen
        self._bar.refresh()

    def update(self, n_samples: int) -> None:
        """Count the samples of a batch as seen."""
        self._bar.update(n_samples)

    def epoch(self, number: int, metrics: object) -> None:
        """Show the metrics of an epoch that has ended."""
        self._bar.set_description_str(f"epoch {number}/{self._n_epochs}: {metrics}", refresh=False)
        if self._verbose or number % _LINE_INTERVAL == 0 or number == self._n_epochs:
            self.echo(f"epoch {number} of {self._n_epochs}: {metrics}")

    def echo(self, text: str) -> None:
        """Print a line, above the rewritten line."""
        self._bar.write(text)
        sys.stdout.flush()

    def warn(self, text: str) -> None:
        """Print a warning to the standard error stream."""
        self._bar.write(f"Warning: {text}", file=sys.stderr)
