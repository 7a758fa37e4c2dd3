"""A picture of the accuracies of a study's variants."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.reporting.plots import BLUE, ORANGE, TITLE_HEIGHT, new_figure
from stages.studies.results import Study

_ACCURACY_TICKS = (10, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8)  # percent
_MIN_ERROR_RATE = 0.0005  # drawn for an error rate of 0, which has no logarithm


def accuracies(study: Study, dataset: str) -> Figure:
    """Draw the accuracy of each seed, the mean of each variant, and the published accuracies.

    Parameters
    ----------
    study
        Results of the study.
    dataset
        Name of the dataset, for the title.

    Returns
    -------
    Figure
        For `reporting.plots.save`.
    """
    n_variants = len(study.results)
    height = 1.9 + 0.5 * n_variants
    figure = new_figure(f"Accuracy on the test images of {dataset}", 9, height)
    # Names of variants have any length, so matplotlib finds the positions.
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - TITLE_HEIGHT / height))
    axes = figure.subplots()
    seed_style: Any = {"color": BLUE, "marker": "o", "alpha": 0.5, "markeredgewidth": 0}
    mean_style: Any = {"color": BLUE, "marker": "|", "markersize": 18, "markeredgewidth": 2}
    published_style: Any = {"color": ORANGE, "marker": "D", "markerfacecolor": "none"}
    for row, result in enumerate(study.results):
        error_rates = [_error_rate(accuracy) for accuracy in result.accuracies]
        axes.plot(error_rates, [row] * len(error_rates), linestyle="", **seed_style)
        axes.plot(_error_rate(result.mean), row, **mean_style)
        if result.published is not None:
            axes.plot(_error_rate(result.published / 100), row, **published_style)
    axes.set_yticks(range(n_variants), [result.name for result in study.results])
    axes.set_ylim(n_variants - 0.5, -0.5)
    # The logarithm of the error rate: from 98 to 99 % is as far as from 80 to 90 %.
    axes.set_xscale("log")
    axes.invert_xaxis()
    low, high = sorted(axes.get_xlim())
    ticks = [tick for tick in _ACCURACY_TICKS if low <= _error_rate(tick / 100) <= high]
    axes.set_xticks([_error_rate(tick / 100) for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color="0.9")
    axes.set_xlabel("accuracy (%), on a logarithmic scale of the error rate")
    axes.set_ylabel("variant")
    labels = {"one seed": seed_style, "mean": mean_style}
    if any(result.published is not None for result in study.results):
        labels[study.published_by] = published_style
    figure.legend(
        handles=[
            Line2D([], [], linestyle="", label=label, **style) for label, style in labels.items()
        ],
        loc="outside lower center",
        ncols=3,
        frameon=False,
    )
    return figure


def _error_rate(accuracy: float) -> float:
    return max(1 - accuracy, _MIN_ERROR_RATE)
