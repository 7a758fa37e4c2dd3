"""The results of a study as Markdown, and before it what its tests can find."""

from stages.comparison.mean_difference import min_detectable_effect
from stages.comparison.significance import ALPHA
from stages.reporting.text_tables import markdown, p_value
from stages.studies.results import FAILURE_MARGIN, MIN_SEEDS, Study


def power(n_seeds: int, n_comparisons: int) -> str:
    """Say which differences a study can find, before anything is trained."""
    if not n_comparisons:
        return "nothing is compared"
    compared = f"{n_comparisons} comparison{'s' if n_comparisons > 1 else ''}"
    if n_seeds < MIN_SEEDS:
        return (
            f"with {n_seeds} seed{'s' if n_seeds > 1 else ''} and {compared} there are figures and"
            f" no verdicts: {MIN_SEEDS} seeds are needed"
        )
    effect, more_seeds = min_detectable_effect(n_seeds, n_comparisons), 2 * n_seeds
    return (
        f"{n_seeds} seeds and {compared} find, in four of five cases, a difference of {effect:.1f}"
        " standard deviations of a variant's accuracy over the seeds;"
        f" {more_seeds} seeds would find {min_detectable_effect(more_seeds, n_comparisons):.1f}"
    )


def as_markdown(study: Study, dataset: str) -> str:
    """Format a study: tables of the variants, of their comparisons, and of the claims."""
    parts = [
        f"Accuracy on the test images of {dataset}, seeds 1 to {len(study.spec.seeds)}; sd is the"
        " standard deviation over the seeds.",
        _variants(study),
    ]
    if len(study.results) > 1 and (best := study.best_by_validation):
        parts.append(
            f"{best.name} has the highest validation accuracy: choose by it, and not by the test"
            " images, on which the best of several variants looks better than it is."
        )
    if study.differences:
        parts += [_method(study), _comparisons(study)]
    if study.spec.claims:
        parts.append(_claims(study))
    return "\n\n".join(parts) + "\n"


def _variants(study: Study) -> str:
    figures = ["validation", "mean", "± sd", "worst", "best", "failed seeds"]
    rows = [["variant", study.spec.published_by, *figures]]
    for result in study.results:
        n_failed = result.n_failed
        rows.append(
            [
                result.name,
                "" if result.published is None else f"{result.published:.2f} %",
                _percent(result.validation_mean),
                _percent(result.mean),
                "" if result.std is None else f"{100 * result.std:.2f}",
                _percent(min(result.accuracies)),
                _percent(max(result.accuracies)),
                f"fails in {n_failed} of {len(result.accuracies)} seeds" if n_failed else "",
            ]
        )
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    return markdown(list(zip(*columns, strict=True)))


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{100 * fraction:.2f} %"


def _method(study: Study) -> str:
    n, n_seeds = len(study.differences), len(study.spec.seeds)
    text = (
        "Points are differences of the mean accuracies. Their 95 % intervals count the seeds and"
        " the test images, and are not corrected."
    )
    if n_seeds < MIN_SEEDS:
        return f"{text} Fewer than {MIN_SEEDS} seeds allow no verdict."
    # The rate at which no failure in n_seeds has a chance of 5 %.
    max_failure_rate = 1 - ALPHA ** (1 / n_seeds)
    return (
        f"{text} The verdict is that of a t-test of the differences by seed, at 5 %: it holds on"
        f" these test images. p is corrected for {n} comparison{'s' if n > 1 else ''} (Holm):"
        f" {power(n_seeds, n)}. A seed fails if its accuracy is"
        f" {100 * FAILURE_MARGIN:.0f} points or more below the variant's median; {n_seeds}"
        " seeds without a failure do not exclude a failure rate below"
        f" {100 * max_failure_rate:.0f} %, of which the test does not know."
    )


def _comparisons(study: Study) -> str:
    rows = [["compared", "points", "95 % interval", "better in", "t-test", "verdict"]]
    n_seeds = len(study.spec.seeds)
    for each in study.differences:
        n_equal = n_seeds - each.n_better - each.n_worse
        equal = f", equal in {n_equal}" if n_equal else ""
        rows.append(
            [
                f"{each.first} with {each.second}",
                _points(each.points),
                "" if each.low is None else f"{each.low:+.2f} to {each.high:+.2f}",
                f"{each.n_better} of {n_seeds} seeds{equal}",
                "" if each.p_value is None else p_value(each.p_value),
                each.verdict,
            ]
        )
    return markdown(rows)


def _points(points: float) -> str:
    # Adding 0 turns -0.0 into 0.0.
    return f"{round(points, 2) + 0.0:+.2f}"


def _claims(study: Study) -> str:
    rows = [["claim", "compared", "points", "verdict"]]
    for claim, points, verdict in study.claim_verdicts():
        compared = f"{claim.better} with {claim.worse}"
        rows.append([claim.statement, compared, _points(points), f"**{verdict}**"])
    return markdown(rows)
