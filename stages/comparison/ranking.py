"""Many runs on the same images, ranked by accuracy, each compared with one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.comparison import comparison, significance
from stages.comparison.comparison import Comparison, RunResult


@dataclass(frozen=True)
class RankedRun:
    """A run and its comparison with the base run.

    Attributes
    ----------
    comparison
        `other` is this run.
    p_value
        Of the comparison, corrected for the number of comparisons in the ranking (Holm).
    """

    comparison: Comparison
    p_value: float

    @property
    def run(self) -> RunResult:
        """The run."""
        return self.comparison.other

    @property
    def verdict(self) -> str:
        """The verdict with the corrected p-value, as `Comparison.verdict`."""
        return self.comparison.verdict_at(self.p_value)


@dataclass(frozen=True)
class Ranking:
    """Runs ranked by accuracy.

    Attributes
    ----------
    base
        The run that all others are compared with.
    others
        The other runs, most accurate first.
    """

    base: RunResult
    others: tuple[RankedRun, ...]

    @property
    def runs(self) -> list[RunResult]:
        """All runs, most accurate first; of equal ones the base is first."""
        runs = [self.base, *(ranked.run for ranked in self.others)]
        return sorted(runs, key=lambda run: -run.accuracy)

    @property
    def n_images(self) -> int:
        """Number of images."""
        return len(self.base.is_correct)

    def changed_params(self) -> dict[str, list[Any]]:
        """Return the parameters that differ: their value in each of `runs`, None if absent."""
        runs = self.runs
        keys = dict.fromkeys(key for run in [self.base, *runs] for key in run.params)
        values = {key: [run.params.get(key) for run in runs] for key in keys}
        return {key: column for key, column in values.items() if column != column[:1] * len(column)}


def rank(base: RunResult, others: Sequence[RunResult]) -> Ranking:
    """Compare runs with a base run and rank them.

    Parameters
    ----------
    base, others
        Their predictions are of the same images, in the same order.

    Raises
    ------
    ReportingError
        If the images are not the same.
    """
    comparisons = [comparison.compare(base, other) for other in others]
    p_values = significance.holm([each.p_value for each in comparisons])
    ranked = [RankedRun(*pair) for pair in zip(comparisons, p_values, strict=True)]
    return Ranking(base, tuple(sorted(ranked, key=lambda each: -each.run.accuracy)))
