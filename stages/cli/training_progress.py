"""What `train` prints while it trains."""

import sys
from pathlib import Path
from typing import Self

from tqdm import tqdm

from stages.training.config import TrainingConfig
from stages.training.loop import EpochMetrics, TrainingState

# Every epoch whose number this divides has a line of its own, and so has the last.
_LINE_INTERVAL = 10


class TrainingProgress:
    """Lines for some epochs; on a terminal also one that is rewritten: time left, last metrics.

    Parameters
    ----------
    config
        How the networks are trained.
    n_train
        Number of training images.
    verbose
        Print a line for every epoch.
    """

    def __init__(self, config: TrainingConfig, n_train: int, *, verbose: bool) -> None:
        self._n_epochs, self._verbose = config.epochs, verbose
        # disable=None: no bar unless the standard error stream is a terminal.
        self._bar = tqdm(
            total=config.epochs * n_train * config.ensemble_size,
            desc="epoch 1",
            bar_format="{remaining} left, {desc}",
            dynamic_ncols=True,
            disable=None,
            leave=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def resume(self, samples_seen: int, checkpoint: Path) -> None:
        """Count the images of an interrupted run as seen, but not for the speed."""
        n = f"{samples_seen:,} of {self._bar.total:,}"
        self.echo(f"resuming from {checkpoint}, after {n} images")
        self._bar.initial = self._bar.n = self._bar.last_print_n = samples_seen
        self._bar.refresh()

    def update(self, state: TrainingState) -> None:
        """Count the images of a batch as seen: an observer of the training loop."""
        self._bar.update(state.batch_size)

    def epoch(self, metrics: EpochMetrics) -> None:
        """Show the metrics of an epoch that has ended."""
        number = metrics.number
        self._bar.set_description_str(f"epoch {number}/{self._n_epochs}: {metrics}", refresh=False)
        if self._verbose or number % _LINE_INTERVAL == 0 or number == self._n_epochs:
            self.echo(f"epoch {number} of {self._n_epochs}: {metrics}")

    def echo(self, text: str) -> None:
        """Print a line, above the rewritten line."""
        self._bar.write(text)
        sys.stdout.flush()

    def warn(self, *texts: str) -> None:
        """Print warnings to the standard error stream."""
        for text in texts:
            self._bar.write(f"Warning: {text}", file=sys.stderr)
