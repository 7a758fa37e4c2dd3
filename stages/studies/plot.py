"""Pictures of a study: accuracies of its variants, or effects of a grid's values."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.reporting.plots import BLUE, ORANGE, TITLE_HEIGHT, new_figure
from stages.studies.results import Study

_ACCURACY_TICKS = (10, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8)  # percent
_MIN_ERROR_RATE = 0.0005  # drawn for an error rate of 0, which has no logarithm


def accuracies(study: Study, dataset: str) -> Figure:
    """Draw the accuracy of each seed, the mean of each variant, and the published accuracies."""
    names = [result.name for result in study.results]
    figure, axes = _with_rows(f"Accuracy on the test images of {dataset}", names)
    seed_style: Any = {"color": BLUE, "marker": "o", "alpha": 0.5, "markeredgewidth": 0}
    mean_style: Any = {"color": BLUE, "marker": "|", "markersize": 18, "markeredgewidth": 2}
    published_style: Any = {"color": ORANGE, "marker": "D", "markerfacecolor": "none"}
    for row, result in enumerate(study.results):
        error_rates = [_error_rate(accuracy) for accuracy in result.accuracies]
        axes.plot(error_rates, [row] * len(error_rates), linestyle="", **seed_style)
        axes.plot(_error_rate(result.mean), row, **mean_style)
        if result.published is not None:
            axes.plot(_error_rate(result.published / 100), row, **published_style)
    # The logarithm of the error rate: from 98 to 99 % is as far as from 80 to 90 %.
    axes.set_xscale("log")
    axes.invert_xaxis()
    low, high = sorted(axes.get_xlim())
    ticks = [tick for tick in _ACCURACY_TICKS if low <= _error_rate(tick / 100) <= high]
    axes.set_xticks([_error_rate(tick / 100) for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="accuracy (%), on a logarithmic scale of the error rate", ylabel="variant")
    styles = {"one seed": seed_style, "mean": mean_style}
    if any(result.published is not None for result in study.results):
        styles[study.spec.published_by] = published_style
    _add_legend(figure, styles)
    return figure


def effects(study: Study) -> Figure:
    """Draw how much each value of a grid changes the mean accuracy, with its interval.

    Each parameter has a row for its first value, at 0, and for each other value.
    """
    rows = dict.fromkeys(name for each in study.differences for name in (each.second, each.first))
    title = "Effect of each value, beside the first of its parameter"
    figure, axes = _with_rows(title, list(rows))
    places = {name: row for row, name in enumerate(rows)}
    first_style: Any = {"color": "0.4", "marker": "|", "markersize": 18, "markeredgewidth": 2}
    styles: dict[str, Any] = {
        "better or worse": {"color": BLUE, "marker": "o"},
        "no evidence": {"color": ORANGE, "marker": "o", "markerfacecolor": "white"},
    }
    for each in study.differences:
        style = styles["better or worse" if each.verdict in ("better", "worse") else "no evidence"]
        row = places[each.first]
        axes.plot(0, places[each.second], linestyle="", **first_style)
        if each.low is not None and each.high is not None:
            axes.plot([each.low, each.high], [row, row], color=style["color"])
        axes.plot(each.points, row, linestyle="", **style)
    axes.axvline(0, color="0.4", linestyle=":", linewidth=1, zorder=0)
    axes.set_xlabel("difference of the mean test accuracy (points), with its 95 % interval")
    _add_legend(figure, {"first value": first_style} | styles)
    return figure


def _with_rows(title: str, names: Sequence[str]) -> tuple[Figure, Axes]:
    """Make a figure with a row for each name, from the top."""
    height = 1.9 + 0.5 * len(names)
    figure = new_figure(title, 9, height)
    # Names have any length, so matplotlib finds the positions.
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - TITLE_HEIGHT / height))
    axes = figure.subplots()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    return figure, axes


def _add_legend(figure: Figure, styles: dict[str, Any]) -> None:
    handles = [
        Line2D([], [], linestyle="", label=label, **style) for label, style in styles.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)


def _error_rate(accuracy: float) -> float:
    return max(1 - accuracy, _MIN_ERROR_RATE)
