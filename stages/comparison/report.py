"""Comparisons with a base run as text for people, and as JSON can hold them for programs."""

from collections.abc import Sequence
from typing import Any

from stages.comparison.comparison import Comparison, RunResult, changed_params, ranked
from stages.reporting.text_tables import aligned, markdown, p_value

RUN_COLUMNS = ("run", "accuracy", "95 % interval", "points", "95 % interval", "p", "verdict")
_CAUTION = (
    "This holds for these two networks. Whether the parameters are better with any seed, only a"
    " study shows: `python -m stages.study --help`."
)
_VERDICTS = {
    "better": "really better",
    "worse": "really worse",
    "no evidence": "different by no more than luck can explain",
    "identical": "identical in every prediction",
}


def sentence(comparisons: Sequence[Comparison], image_set: str) -> str:
    """Say which runs are really better or worse than the base.

    `comparisons`, at least one, are as `compare` returns them, of "test" or "validation" images.
    """
    if len(comparisons) == 1:
        return verdict(comparisons[0])
    groups = []
    for kind, words in _VERDICTS.items():
        names = [each.other.name for each in comparisons if each.verdict == kind]
        if names:
            groups.append(f"{_join(names)} {'is' if len(names) == 1 else 'are'} {words}")
    advice = (
        "choose with `--on validation` instead"
        if image_set == "test"
        else "measure the chosen one on the test images"
    )
    first = comparisons[0]
    return (
        f"Compared with {first.base.name} on the same {first.n_images:,} {image_set} images,"
        f" {'; '.join(groups)}. The best of {len(comparisons) + 1} runs on the same images looks"
        f" better than it is: {advice}."
    )


def verdict(comparison: Comparison) -> str:
    """Say whether a run is better or worse than the base, and by how much."""
    base, other = comparison.base.name, comparison.other.name
    if comparison.verdict == "identical":
        return (
            f"{other} is identical to {base}: the same predictions of all"
            f" {comparison.n_images:,} images."
        )
    low, high = comparison.interval
    test = (
        f"{p_value(comparison.p_value)}, McNemar's exact test on the same"
        f" {comparison.n_images:,} images"
    )
    if comparison.verdict == "no evidence":
        return (
            f"No evidence of a difference: {other} is {_signed(comparison.difference)} points from"
            f" {base} (95 % interval {_signed(low)} to {_signed(high)}; {test})."
            " These images would show a difference of"
            f" {100 * comparison.min_detectable_difference:.2f} points or more in four of five"
            " cases."
        )
    if comparison.verdict == "worse":
        low, high = -high, -low
    return (
        f"{other} is {comparison.verdict} than {base} by {100 * abs(comparison.difference):.2f}"
        f" points (95 % interval {100 * low:.2f} to {100 * high:.2f}; {test})."
    )


def runs_table(comparisons: Sequence[Comparison]) -> list[list[str]]:
    """Return a table of all runs, most accurate first, with the parameters that differ."""
    changed = changed_params(comparisons)
    rows = [[*RUN_COLUMNS, *changed]]
    for index, (run, comparison) in enumerate(ranked(comparisons)):
        values = [column[index] for column in changed.values()]
        rows.append(
            [
                run.name,
                f"{run.predictions.accuracy:.2%}",
                "{:.2%} to {:.2%}".format(*run.predictions.interval),
                *(_difference(comparison) if comparison else ("", "", "", "base")),
                *("-" if value is None else str(value) for value in values),
            ]
        )
    return rows


def _difference(comparison: Comparison) -> tuple[str, ...]:
    low, high = comparison.interval
    return (
        _signed(comparison.difference),
        f"{_signed(low)} to {_signed(high)}",
        p_value(comparison.p_value).removeprefix("p = ").removeprefix("p "),
        comparison.verdict,
    )


def classes_table(comparison: Comparison, classes: Sequence[str]) -> list[list[str]]:
    """Return a table of how many images of each class two runs classify correctly."""
    rows = [["class", comparison.base.name, comparison.other.name, "change"]]
    for name in classes:
        n, n_base, n_other = comparison.class_counts(name)
        change = f"{n_other - n_base:+d}" if n_other != n_base else "0"
        rows.append([name, f"{n_base} of {n}", f"{n_other} of {n}", change])
    return rows


def method(comparisons: Sequence[Comparison]) -> str:
    """Say what the figures of `runs_table` are."""
    n, base = len(comparisons), comparisons[0].base.name
    corrected = f", corrected for {n} comparisons (Holm); intervals are not" if n > 1 else ""
    text = (
        f"Points and their intervals are differences from {base}; p is of McNemar's exact"
        f" test{corrected}."
    )
    return text if changed_params(comparisons) else f"{text} No parameter differs."


def changes(comparison: Comparison) -> str:
    """Say how many images one run classifies correctly and the other does not."""
    base, other = comparison.base.name, comparison.other.name
    return (
        f"{other} fixed {len(comparison.fixed)} images that {base} gets wrong, and regressed on"
        f" {len(comparison.regressed)}."
    )


def all_notes(comparisons: Sequence[Comparison], notes: Sequence[str]) -> list[str]:
    """Put before the notes what is to be said of any difference between two networks."""
    differs = len(comparisons) == 1 and comparisons[0].verdict in ("better", "worse")
    return [_CAUTION, *notes] if differs else list(notes)


def as_text(
    comparisons: Sequence[Comparison],
    image_set: str,
    classes: Sequence[str],
    notes: Sequence[str],
    in_markdown: bool,
) -> str:
    """Format comparisons for people.

    Parameters
    ----------
    comparisons
        As `compare` returns them, at least one.
    image_set
        The images that they are of: `test` or `validation`.
    classes
        Names of the classes, in order.
    notes
        Sentences that qualify the result.
    in_markdown
        Markdown instead of plain text.

    Returns
    -------
    str
        The verdict, the notes, a table of the runs; for two runs also accuracy by class, and the
        number of images fixed and regressed.
    """
    table = markdown if in_markdown else aligned
    first = sentence(comparisons, image_set)
    parts = [f"**{first}**" if in_markdown else first, *all_notes(comparisons, notes)]
    parts += [table(runs_table(comparisons)), method(comparisons)]
    if len(comparisons) == 1:
        parts += [table(classes_table(comparisons[0], classes)), changes(comparisons[0])]
    return "\n\n".join(parts)


def to_dict(
    comparisons: Sequence[Comparison],
    image_set: str,
    classes: Sequence[str],
    notes: Sequence[str],
) -> dict[str, Any]:
    """Return what JSON says of comparisons, most accurate first; the parameters of `as_text`."""
    changed = changed_params(comparisons)
    return {
        "sentence": sentence(comparisons, image_set),
        "notes": all_notes(comparisons, notes),
        "base": comparisons[0].base.name,
        "on": image_set,
        "n_images": comparisons[0].n_images,
        "runs": [
            _run_to_dict(run, comparison, classes)
            | {"params": {key: values[index] for key, values in changed.items()}}
            for index, (run, comparison) in enumerate(ranked(comparisons))
        ],
    }


def _run_to_dict(
    run: RunResult, comparison: Comparison | None, classes: Sequence[str]
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "name": run.name,
        "accuracy": run.predictions.accuracy,
        "interval": run.predictions.interval,
    }
    if comparison is None:
        return content
    counts = {name: comparison.class_counts(name) for name in classes}
    return content | {
        "verdict": comparison.verdict,
        "difference": comparison.difference,
        "difference_interval": comparison.interval,
        "p_value": comparison.p_value,
        "min_detectable_difference": comparison.min_detectable_difference,
        "classes": {
            name: dict(zip(("n_images", "base", "other"), count, strict=True))
            for name, count in counts.items()
        },
        "fixed": comparison.fixed.tolist(),
        "regressed": comparison.regressed.tolist(),
    }


def _signed(fraction: float) -> str:
    """Format a difference of accuracies in percentage points, with its sign."""
    return f"{100 * fraction:+.2f}"


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
