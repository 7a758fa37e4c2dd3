"""The reliability diagram: accuracy of the predictions of each confidence."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stages.reporting.calibration import Bin, error
from stages.reporting.metrics import accuracy_interval
from stages.reporting.plots import BLUE, ORANGE, new_figure


def reliability(bins: Sequence[Bin], n_calibration: int) -> Figure:
    """Draw accuracy against confidence, with 95 % intervals, and how many images each bin has.

    Parameters
    ----------
    bins
        Of the test images, as `calibration.bins` makes them.
    n_calibration
        Number of validation images that confidence was calibrated on; 0 for none.

    Returns
    -------
    Figure
        For `plots.save`.
    """
    figure = new_figure("Reliability diagram", 16 / 3, 6.4)
    axes, count_axes = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    figure.subplots_adjust(left=0.17, right=0.96, bottom=0.09, top=0.83, hspace=0.12)
    confidence = 100 * np.array([each.confidence for each in bins])
    accuracy = 100 * np.array([each.accuracy for each in bins])
    counts = np.array([each.n_images for each in bins])
    intervals = [
        accuracy_interval(round(each.accuracy * each.n_images), each.n_images) for each in bins
    ]
    low, high = 100 * np.array(intervals).T
    axes.plot([0, 100], [0, 100], color="0.6", linestyle=":", label="confidence is right")
    axes.errorbar(
        confidence,
        accuracy,
        np.maximum([accuracy - low, high - accuracy], 0),
        color=BLUE,
        ecolor=ORANGE,
        marker="o",
        label="test images (orange: 95 % interval)",
    )
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    fitted = f"temperature from {n_calibration:,} validation images"
    axes.set(
        ylabel="accuracy (%)",
        ylim=(-3, 103),
        title=f"calibration error {100 * error(bins):.2f} % of {counts.sum():,} test images\n"
        + (fitted if n_calibration else "not calibrated: no validation images"),
    )
    count_axes.bar(confidence, counts, width=2.5, color=BLUE)
    count_axes.set(yscale="log", ylabel="images", xlabel="confidence (%)", xlim=(-1, 103))
    count_axes.set_ylim(0.7, None)
    count_axes.yaxis.set_major_formatter("{x:,.0f}")
    return figure
