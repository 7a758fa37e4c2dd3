"""A comparison as a page that a person reads in ten seconds, and as JSON for programs."""

import json
from collections.abc import Sequence

from stages.experiments.comparison import Comparison, Side
from stages.reporting.text_tables import aligned, markdown, p_value

_CAUTION = (
    "This is about these two networks. That the parameters did it, whatever the seed, only a study"
    " shows: `python -m stages.study --help`."
)


def verdict(found: Comparison) -> str:
    """Say in a sentence whether the difference is real, and if not, what could have been shown."""
    base, other = found.base.name, found.other.name
    test = f"{p_value(found.p_value)}, McNemar's exact test on the same {found.images:,} images"
    low, high = found.interval
    if found.verdict == "no evidence":
        return (
            f"No evidence of a difference: {other} is {_signed(found.difference)} points from"
            f" {base} (95 % interval {_signed(low)} to {_signed(high)}; {test})."
            f" These images would show a difference of {_points(found.detectable)} points or more"
            " in four of five cases."
        )
    if found.verdict == "worse":
        low, high = -high, -low
    return (
        f"{other} is {found.verdict} than {base} by {_points(abs(found.difference))} points"
        f" (95 % interval {_points(low)} to {_points(high)}; {test})."
    )


def page(
    found: Comparison,
    classes: Sequence[str],
    notes: Sequence[str],
    picture: str | None,
    in_markdown: bool,
) -> str:
    """Lay out a comparison for people.

    Parameters
    ----------
    found
        What to lay out.
    classes
        Names of the classes, in order.
    notes
        Sentences that a reader of the verdict should know.
    picture
        Where the picture of the clearest images is, if there is one.
    in_markdown
        Markdown instead of plain text.

    Returns
    -------
    str
        The verdict, the notes, the parameters that differ, accuracy in all and by class, and what
        was put right and broken.
    """
    table = markdown if in_markdown else aligned
    base, other = found.base.name, found.other.name
    changed = [
        [key, *("-" if value is None else str(value) for value in pair)]
        for key, pair in found.changed_params().items()
    ]
    change = f"{_signed(found.difference)} points"
    rows = [
        ["", base, other, "change"],
        ["accuracy", _accuracy(found.base), _accuracy(found.other), change],
    ]
    for name in classes:
        images, ours, theirs = found.of_class(name)
        counts = f"{ours} of {images}", f"{theirs} of {images}"
        rows.append([f"of class {name}", *counts, f"{theirs - ours:+d}" if theirs != ours else "0"])
    if found.verdict != "no evidence":
        notes = [_CAUTION, *notes]
    pictured = f"; {picture} shows the clearest of each" if picture else ""
    sentence = verdict(found)
    return "\n\n".join(
        [
            f"**{sentence}**" if in_markdown else sentence,
            *notes,
            table([["parameter", base, other], *changed]) if changed else "No parameter differs.",
            table(rows),
            f"{other} put {len(found.put_right)} images right that {base} gets wrong, and broke"
            f" {len(found.broken)}{pictured}.",
        ]
    )


def as_json(
    found: Comparison, classes: Sequence[str], notes: Sequence[str], picture: str | None
) -> str:
    """Lay out a comparison for programs; parameters are those of `page`."""
    content = {
        "verdict": found.verdict,
        "sentence": verdict(found),
        "notes": list(notes),
        "difference": found.difference,
        "interval": found.interval,
        "p_value": found.p_value,
        "detectable": found.detectable,
        "images": found.images,
        "params": {
            key: dict(zip(("base", "other"), pair, strict=True))
            for key, pair in found.changed_params().items()
        },
        "base": _side(found.base),
        "other": _side(found.other),
        "classes": {
            name: dict(zip(("images", "base", "other"), found.of_class(name), strict=True))
            for name in classes
        },
        "put_right": found.put_right.tolist(),
        "broken": found.broken.tolist(),
        "picture": picture,
    }
    return json.dumps(content, indent=2)


def _side(side: Side) -> dict[str, object]:
    return {"name": side.name, "accuracy": side.accuracy, "interval": side.interval}


def _accuracy(side: Side) -> str:
    low, high = side.interval
    return f"{side.accuracy:.2%} ({low:.2%} to {high:.2%})"


def _points(part: float) -> str:
    return f"{100 * part:.2f}"


def _signed(part: float) -> str:
    return f"{100 * part:+.2f}"
