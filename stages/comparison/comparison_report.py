"""A comparison of two runs as text for people, and as JSON for programs."""

import json
from collections.abc import Sequence

from stages.comparison.comparison import Comparison, RunResult
from stages.reporting.text_tables import aligned, markdown, p_value

_CAUTION = (
    "This holds for these two networks. Whether the parameters are better with any seed, only a"
    " study shows: `python -m stages.study --help`."
)


def verdict(comparison: Comparison) -> str:
    """Say in a sentence whether the difference is real, and if not, which would have shown."""
    base, other = comparison.base.name, comparison.other.name
    if comparison.verdict == "identical":
        return (
            f"{other} is identical to {base}: the same predictions of all"
            f" {comparison.n_images:,} images."
        )
    test = (
        f"{p_value(comparison.p_value)}, McNemar's exact test on the same"
        f" {comparison.n_images:,} images"
    )
    low, high = comparison.interval
    if comparison.verdict == "no evidence":
        return (
            f"No evidence of a difference: {other} is {signed(comparison.difference)} points from"
            f" {base} (95 % interval {signed(low)} to {signed(high)}; {test})."
            " These images would show a difference of"
            f" {_points(comparison.min_detectable_difference)} points or more in four of five"
            " cases."
        )
    if comparison.verdict == "worse":
        low, high = -high, -low
    return (
        f"{other} is {comparison.verdict} than {base} by {_points(abs(comparison.difference))}"
        f" points (95 % interval {_points(low)} to {_points(high)}; {test})."
    )


def page(
    comparison: Comparison,
    image_set: str,
    classes: Sequence[str],
    notes: Sequence[str],
    picture: str | None,
    in_markdown: bool,
) -> str:
    """Format a comparison for people.

    Parameters
    ----------
    comparison
        The comparison.
    image_set
        The images that it is of: `test` or `validation`.
    classes
        Names of the classes, in order.
    notes
        Sentences that qualify the verdict.
    picture
        Path of the picture of the images on which the two disagree, if there is one.
    in_markdown
        Markdown instead of plain text.

    Returns
    -------
    str
        The verdict, the notes, the parameters that differ, accuracy overall and by class, and the
        number of images fixed and regressed.
    """
    table = markdown if in_markdown else aligned
    base, other = comparison.base.name, comparison.other.name
    changed = [
        [key, *("-" if value is None else str(value) for value in pair)]
        for key, pair in comparison.changed_params().items()
    ]
    change = f"{signed(comparison.difference)} points"
    rows = [
        ["", base, other, "change"],
        [f"{image_set} accuracy", accuracy(comparison.base), accuracy(comparison.other), change],
    ]
    for name in classes:
        n, n_base, n_other = comparison.class_counts(name)
        counts = f"{n_base} of {n}", f"{n_other} of {n}"
        rows.append(
            [f"class {name}", *counts, f"{n_other - n_base:+d}" if n_other != n_base else "0"]
        )
    if comparison.verdict in ("better", "worse"):
        notes = [_CAUTION, *notes]
    where = f"; {picture} shows the most confident of each" if picture else ""
    sentence = verdict(comparison)
    return "\n\n".join(
        [
            f"**{sentence}**" if in_markdown else sentence,
            *notes,
            table([["parameter", base, other], *changed]) if changed else "No parameter differs.",
            table(rows),
            f"{other} fixed {len(comparison.fixed)} images that {base} gets wrong, and regressed on"
            f" {len(comparison.regressed)}{where}.",
        ]
    )


def as_json(
    comparison: Comparison, classes: Sequence[str], notes: Sequence[str], picture: str | None
) -> str:
    """Format a comparison as JSON; the parameters are those of `page`."""
    content = {
        "verdict": comparison.verdict,
        "sentence": verdict(comparison),
        "notes": list(notes),
        "difference": comparison.difference,
        "interval": comparison.interval,
        "p_value": comparison.p_value,
        "min_detectable_difference": comparison.min_detectable_difference,
        "n_images": comparison.n_images,
        "params": {
            key: dict(zip(("base", "other"), pair, strict=True))
            for key, pair in comparison.changed_params().items()
        },
        "base": run_to_dict(comparison.base),
        "other": run_to_dict(comparison.other),
        "classes": {
            name: dict(
                zip(("n_images", "base", "other"), comparison.class_counts(name), strict=True)
            )
            for name in classes
        },
        "fixed": comparison.fixed.tolist(),
        "regressed": comparison.regressed.tolist(),
        "picture": picture,
    }
    return json.dumps(content, indent=2)


def run_to_dict(run: RunResult) -> dict[str, object]:
    """Return the name, accuracy and interval of a run, for JSON."""
    return {"name": run.name, "accuracy": run.accuracy, "interval": run.interval}


def accuracy(run: RunResult) -> str:
    """Format the accuracy of a run with its interval, in percent."""
    low, high = run.interval
    return f"{run.accuracy:.2%} ({low:.2%} to {high:.2%})"


def signed(fraction: float) -> str:
    """Format a difference of accuracies in percentage points, with its sign."""
    return f"{100 * fraction:+.2f}"


def _points(fraction: float) -> str:
    return f"{100 * fraction:.2f}"
