import numpy as np
import pytest

from stages.pages.pen import pen_width


@pytest.mark.parametrize("width", [3, 4])
def test_pen_is_as_wide_as_the_strokes_of_the_images(width: int) -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 4:24, 10 : 10 + width] = 255
    images[1, 10 : 10 + width, 4:24] = 255
    area, half_of_the_edges = 20 * width, 20 + width  # the ends are edges too
    assert pen_width(images) == pytest.approx(area / half_of_the_edges, abs=0.15)


def test_pen_of_images_without_strokes_is_within_its_limits() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    assert pen_width(images) == 2
    images[:, 4:24, 4:24] = 255
    assert pen_width(images) == 4
