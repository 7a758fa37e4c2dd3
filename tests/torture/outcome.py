"""The outcome of many trials of one kind."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Number of trials, and a message for each that failed.

    Attributes
    ----------
    name
        Kind of the trials.
    n_trials
        Their number.
    failures
        A message for each trial that failed.
    notes
        Other remarks, to print after the table.
    """

    name: str
    n_trials: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, failure: str | None) -> None:
        """Count a trial, with its message if it failed."""
        self.n_trials += 1
        if failure:
            self.failures.append(failure)

    def row(self) -> str:
        """Return a row of a Markdown table."""
        n_failures = len(self.failures)
        return (
            f"| {self.name} | {self.n_trials:,} | {self.n_trials - n_failures:,} | {n_failures} |"
        )
