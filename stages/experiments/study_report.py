"""The results of a study as Markdown."""

from stages.experiments.study_results import Difference, Study
from stages.reporting.text_tables import markdown, p_value


def as_markdown(study: Study, dataset: str) -> str:
    """Format a study: a table of the variants, and one of the claims."""
    n_seeds = len(study.results[0].accuracies)
    differences = study.against_baseline()
    table = [["variant", study.published_by, "mean", "± sd", "worst", "best", "against baseline"]]
    for result in study.results:
        published = "" if result.published is None else f"{result.published:.2f} %"
        std = "" if result.std is None else f"{100 * result.std:.2f}"
        extremes = [f"{100 * of(result.accuracies):.2f} %" for of in (min, max)]
        against = (
            _format(differences[result.name]) if result.name in differences else "is the baseline"
        )
        mean = f"{100 * result.mean:.2f} %"
        table.append([result.name, published, mean, std, *extremes, against])
    note = (
        f"Accuracy on the test images of {dataset}, seeds 1 to {n_seeds}. Points are differences of"
        " the means; p is of a t-test paired by seed, corrected for the number of comparisons"
        " (Holm)."
    )
    parts = [note, markdown(table)]
    if study.claims:
        claims = [["claim", "compared", "difference", "verdict"]]
        for claim, difference, verdict in study.claim_verdicts():
            compared = f"{claim.better} with {claim.worse}"
            claims.append([claim.statement, compared, _format(difference), f"**{verdict}**"])
        parts.append(markdown(claims))
    return "\n\n".join(parts) + "\n"


def _format(difference: Difference) -> str:
    points = f"{difference.points:+.2f} points"
    return points if difference.p_value is None else f"{points}, {p_value(difference.p_value)}"
