"""A ranking of runs as text for people, and as JSON for programs."""

import json
from collections.abc import Sequence

from stages.comparison.comparison_report import signed
from stages.comparison.ranking import RankedRun, Ranking
from stages.reporting.text_tables import aligned, markdown, p_value

_GROUPS = {
    "better": "really better",
    "worse": "really worse",
    "no evidence": "different by no more than luck can explain",
    "identical": "identical in every prediction",
}


def summary(ranking: Ranking, image_set: str) -> str:
    """Say which runs are really better or worse than the base, and which may be luck."""
    groups = []
    for verdict, words in _GROUPS.items():
        names = [ranked.run.name for ranked in ranking.others if ranked.verdict == verdict]
        if names:
            groups.append(f"{_join(names)} {'is' if len(names) == 1 else 'are'} {words}")
    sentence = (
        f"Compared with {ranking.base.name} on the same {ranking.n_images:,} {image_set} images,"
        f" {'; '.join(groups)}."
    )
    n_runs = len(ranking.others) + 1
    advice = (
        "choose with `--on validation` instead"
        if image_set == "test"
        else "measure the chosen one on the test images"
    )
    return (
        f"{sentence} The best of {n_runs} runs on the same images looks better than it is:"
        f" {advice}."
    )


def page(
    ranking: Ranking,
    image_set: str,
    notes: Sequence[str],
    picture: str | None,
    in_markdown: bool,
) -> str:
    """Format a ranking for people: a summary, the notes, and one table, best first.

    Parameters
    ----------
    ranking
        The ranking.
    image_set
        The images that it is of.
    notes
        Sentences that qualify it.
    picture
        Path of the picture.
    in_markdown
        Markdown instead of plain text.
    """
    changed = ranking.changed_params()
    ranked_by_name = {ranked.run.name: ranked for ranked in ranking.others}
    header = ["run", "accuracy", "95 % interval", "points", "95 % interval", "p", "verdict"]
    rows = [[*header, *changed]]
    for index, run in enumerate(ranking.runs):
        low, high = run.interval
        ranked = ranked_by_name.get(run.name) if run is not ranking.base else None
        rows.append(
            [
                run.name,
                f"{run.accuracy:.2%}",
                f"{low:.2%} to {high:.2%}",
                *(_difference(ranked) if ranked else ["", "", "", "base"]),
                *(
                    "-" if values[index] is None else str(values[index])
                    for values in changed.values()
                ),
            ]
        )
    first = summary(ranking, image_set)
    n = len(ranking.others)
    method = (
        f"Points and their intervals are differences from {ranking.base.name}; p is of McNemar's"
        f" exact test, corrected for {n} comparison{'s' if n > 1 else ''} (Holm)."
    )
    table = markdown(rows) if in_markdown else aligned(rows)
    where = [f"{picture} shows the accuracies."] if picture else []
    return "\n\n".join([f"**{first}**" if in_markdown else first, *notes, table, method, *where])


def as_json(ranking: Ranking, image_set: str, notes: Sequence[str], picture: str | None) -> str:
    """Format a ranking as JSON, best first."""
    changed = ranking.changed_params()
    ranked_by_name = {ranked.run.name: ranked for ranked in ranking.others}
    runs = []
    for index, run in enumerate(ranking.runs):
        entry: dict[str, object] = {
            "name": run.name,
            "accuracy": run.accuracy,
            "interval": run.interval,
            "params": {key: values[index] for key, values in changed.items()},
        }
        if run is not ranking.base:
            ranked = ranked_by_name[run.name]
            entry |= {
                "difference": ranked.comparison.difference,
                "difference_interval": ranked.comparison.interval,
                "p_value": ranked.p_value,
                "verdict": ranked.verdict,
            }
        runs.append(entry)
    content = {
        "sentence": summary(ranking, image_set),
        "notes": list(notes),
        "base": ranking.base.name,
        "on": image_set,
        "n_images": ranking.n_images,
        "runs": runs,
        "picture": picture,
    }
    return json.dumps(content, indent=2)


def _difference(ranked: RankedRun) -> list[str]:
    low, high = ranked.comparison.interval
    return [
        signed(ranked.comparison.difference),
        f"{signed(low)} to {signed(high)}",
        p_value(ranked.p_value).removeprefix("p = ").removeprefix("p "),
        ranked.verdict,
    ]


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
