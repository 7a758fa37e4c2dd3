"""The results of a study as Markdown."""

from stages.comparison.significance import ALPHA
from stages.reporting.text_tables import markdown, p_value
from stages.studies.results import (
    FAILURE_MARGIN,
    MIN_SEEDS,
    Difference,
    Study,
    VariantResult,
)


def as_markdown(study: Study, dataset: str) -> str:
    """Format a study: tables of the variants, of their comparisons, and of the claims."""
    parts = [
        f"Accuracy on the test images of {dataset}, seeds 1 to {study.n_seeds}; sd is the standard"
        " deviation over the seeds.",
        _variants(study),
    ]
    if best := study.best_by_validation:
        parts.append(
            f"{best.name} has the highest validation accuracy: choose by it, and not by the test"
            " images, on which the best of several variants looks better than it is."
        )
    if study.differences:
        parts += [_method(study), _comparisons(study)]
    if study.claims:
        parts.append(_claims(study))
    return "\n\n".join(parts) + "\n"


def _variants(study: Study) -> str:
    figures = ["validation", "mean", "± sd", "worst", "best", "failed seeds"]
    rows = [["variant", study.published_by, *figures]]
    for result in study.results:
        published = "" if result.published is None else f"{result.published:.2f} %"
        std = "" if result.std is None else f"{100 * result.std:.2f}"
        extremes = [f"{100 * of(result.accuracies):.2f} %" for of in (min, max)]
        validation = (
            "" if result.validation_mean is None else f"{100 * result.validation_mean:.2f} %"
        )
        mean = f"{100 * result.mean:.2f} %"
        rows.append([result.name, published, validation, mean, std, *extremes, _failed(result)])
    return markdown(rows)


def _failed(result: VariantResult) -> str:
    return (
        f"fails in {result.n_failed} of {len(result.accuracies)} seeds" if result.n_failed else ""
    )


def _method(study: Study) -> str:
    n = len(study.differences)
    text = (
        "Points are differences of the mean accuracies. Their 95 % intervals count the seeds and"
        " the test images."
    )
    if study.n_seeds < MIN_SEEDS:
        return f"{text} Fewer than {MIN_SEEDS} seeds allow no verdict."
    text += (
        " The tests count the seeds: they hold on these test images. They are paired by seed where"
        " both variants have the same architecture, and unpaired (Welch's t-test) elsewhere; p is"
        f" corrected for {n} comparison{'s' if n > 1 else ''} (Holm). The verdict is that of the"
        " t-test at 5 %"
    )
    if any(difference.any_failed for difference in study.differences):
        text += ", with which the permutation test must agree where a variant has failed seeds"
    # The rate at which no failure in n_seeds has a chance of 5 %.
    max_failure_rate = 1 - ALPHA ** (1 / study.n_seeds)
    return (
        f"{text}. A seed fails if its accuracy is {100 * FAILURE_MARGIN:.0f} points or more below"
        f" the variant's median; {study.n_seeds} seeds without a failure do not exclude a failure"
        f" rate below {100 * max_failure_rate:.0f} %, of which neither test knows."
    )


def _comparisons(study: Study) -> str:
    tests = study.n_seeds >= MIN_SEEDS
    header = ["compared", "points", "95 % interval", "better in"]
    rows = [[*header, *(["t-test", "permutation test"] if tests else []), "verdict"]]
    for difference in study.differences:
        row = [
            f"{difference.first} with {difference.second}",
            _points(difference),
            _interval(difference),
            _n_better(difference),
        ]
        if difference.p_value is not None and difference.permutation_p_value is not None:
            kind = "paired" if difference.paired else "Welch"
            row += [
                f"{p_value(difference.p_value)}, {kind}",
                p_value(difference.permutation_p_value),
            ]
        rows.append([*row, difference.verdict])
    return markdown(rows)


def _points(difference: Difference) -> str:
    # Adding 0 turns -0.0 into 0.0.
    return f"{round(difference.points, 2) + 0.0:+.2f}"


def _interval(difference: Difference) -> str:
    if difference.interval is None:
        return ""
    low, high = difference.interval
    return f"{low:+.2f} to {high:+.2f}"


def _n_better(difference: Difference) -> str:
    n_equal = difference.n_seeds - difference.n_better - difference.n_worse
    equal = f", equal in {n_equal}" if n_equal else ""
    return f"{difference.n_better} of {difference.n_seeds} seeds{equal}"


def _claims(study: Study) -> str:
    rows = [["claim", "compared", "points", "verdict"]]
    for claim, difference, verdict in study.claim_verdicts():
        compared = f"{claim.better} with {claim.worse}"
        rows.append([claim.statement, compared, _points(difference), f"**{verdict}**"])
    return markdown(rows)
