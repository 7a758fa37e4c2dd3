"""A picture of the test images on which two networks disagree."""

import numpy as np
from matplotlib.figure import Figure

from stages.comparison.comparison import Comparison
from stages.reporting import plots

MAX_DISAGREEMENTS = 10
_N_LINES = 3
_HEADING_HEIGHT = 0.5  # inches


def disagreements(images: np.ndarray, comparison: Comparison) -> Figure:
    """Draw the images that only one of two networks classifies correctly.

    Parameters
    ----------
    images
        uint8, (n, rows, columns): the test images of both.
    comparison
        Of the two networks.

    Returns
    -------
    Figure
        For `plots.save`.
    """
    base, other = comparison.base, comparison.other
    groups = {
        f"Correct only with {other.name}": comparison.fixed,
        f"Correct only with {base.name}": comparison.regressed,
    }
    groups = {heading: indices for heading, indices in groups.items() if len(indices)}
    if not groups:
        title = f"{other.name} and {base.name} classify the same images correctly"
        return plots.new_figure(title, plots.GALLERY_WIDTH, 1)
    heights = [
        _HEADING_HEIGHT + plots.gallery_height(min(len(indices), MAX_DISAGREEMENTS), _N_LINES)
        for indices in groups.values()
    ]
    figure = plots.new_figure(
        f"Images on which {base.name} (first) and {other.name} (second) disagree",
        plots.GALLERY_WIDTH,
        plots.TITLE_HEIGHT + sum(heights) + 0.2,
    )
    top = plots.TITLE_HEIGHT
    for (heading, indices), height in zip(groups.items(), heights, strict=True):
        shown = indices[:MAX_DISAGREEMENTS]
        which = (
            f"all {len(shown)}"
            if len(shown) == len(indices)
            else (f"the {len(shown)} most confident of {len(indices)}")
        )
        y = 1 - (top + 0.5 * _HEADING_HEIGHT) / figure.get_figheight()
        figure.text(0.5, y, f"{heading}: {which}", ha="center", va="center", fontsize=12)
        titles = [
            f"image {i}, actual: {base.predictions.actual[i]}\n"
            + "\n".join(
                f"{order}: {side.predicted[i]} ({100 * side.confidence[i]:.0f} %)"
                for order, side in (("first", base.predictions), ("second", other.predictions))
            )
            for i in shown
        ]
        plots.draw_gallery(figure, top + _HEADING_HEIGHT, images[shown], titles)
        top += height
    return figure
