"""A picture of the accuracies of many runs."""

from matplotlib.figure import Figure

from stages.comparison.ranking import Ranking
from stages.reporting import plots


def accuracies(ranking: Ranking, image_set: str) -> Figure:
    """Draw the accuracy of each run with its 95 % confidence interval, best first.

    Parameters
    ----------
    ranking
        The runs.
    image_set
        The images that the accuracies are of, for the title.

    Returns
    -------
    Figure
        For `reporting.plots.save`.
    """
    runs = ranking.runs
    title = f"Accuracy on {ranking.n_images:,} {image_set} images, with 95 % intervals"
    height = 1.9 + 0.35 * len(runs)
    figure = plots.new_figure(title, 9, height)
    # Names of runs have any length, so matplotlib finds the positions.
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - plots.TITLE_HEIGHT / height))
    axes = figure.subplots()
    for row, run in enumerate(runs):
        low, high = (100 * bound for bound in run.interval)
        color = plots.ORANGE if run is ranking.base else plots.BLUE
        axes.plot([low, high], [row, row], color=color)
        axes.plot(100 * run.accuracy, row, "o", color=color)
    axes.axvline(100 * ranking.base.accuracy, color=plots.ORANGE, linestyle=":", linewidth=1)
    names = [f"{run.name} (base)" if run is ranking.base else run.name for run in runs]
    axes.set_yticks(range(len(runs)), names)
    axes.invert_yaxis()
    axes.grid(axis="x", color="0.9")
    axes.set_xlabel("accuracy (%)")
    axes.set_ylabel("run")
    return figure
