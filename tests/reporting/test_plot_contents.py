"""The figures show the data that they are made from."""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from stages.reporting import metrics, picture_plots, plots
from stages.reporting.answers import answers

RNG = np.random.default_rng(2)
CLASSES = ("zero", "one", "two")
IMAGES = RNG.integers(256, size=(40, 28, 28)).astype(np.uint8)
LABELS = RNG.integers(3, size=40)
OUTPUTS = RNG.random((40, 3)).astype(np.float32)
EVALUATION = metrics.evaluate(OUTPUTS, LABELS)


def test_confusion_matrix_has_the_count_of_each_cell() -> None:
    [axes] = plots.confusion(EVALUATION, CLASSES).axes
    shown = np.zeros((3, 3), int)
    for text in axes.texts:
        column, row = (round(value) for value in text.get_position())
        shown[row, column] = int(text.get_text())
        assert (text.get_fontweight() == "bold") == (row == column)
    expected = np.zeros((3, 3), int)
    for actual, outputs in zip(LABELS, OUTPUTS, strict=True):
        expected[actual, outputs.argmax()] += 1
    np.testing.assert_array_equal(shown, expected)
    [colours] = axes.images
    # Misclassified images as a fraction of the images of their class.
    rates = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(
        np.asarray(colours.get_array()), np.where(np.eye(3, dtype=bool), 0, rates)
    )
    assert [text.get_text() for text in axes.get_yticklabels()] == list(CLASSES)


def test_predictions_show_each_input_beside_its_probabilities() -> None:
    names = ["a.png", "b.png", "c.png"]
    said = answers(OUTPUTS[:3], np.zeros(3, bool), np.zeros(3, bool))
    boxes = [(4, 5, 24, 25)] * 3
    figure = picture_plots.predictions(names, list(IMAGES[3:6]), boxes, IMAGES[:3], said, CLASSES)
    for index, name in enumerate(names):
        picture_axes, image_axes, output_axes = figure.axes[3 * index : 3 * index + 3]
        np.testing.assert_array_equal(
            np.asarray(picture_axes.images[0].get_array()), IMAGES[3 + index]
        )
        [frame] = [patch for patch in picture_axes.patches if isinstance(patch, Rectangle)]
        assert frame.get_bbox().bounds == (4, 3, 21, 21)
        [shown] = image_axes.images
        np.testing.assert_array_equal(np.asarray(shown.get_array()), IMAGES[index])
        assert shown.get_clim() == (0, 255)
        bars = [patch for patch in output_axes.patches if isinstance(patch, Rectangle)]
        np.testing.assert_allclose([bar.get_width() for bar in bars], said[index].probabilities)
        winner = said[index].predicted
        assert output_axes.get_title().startswith(f"{name}\n{CLASSES[winner]}, ")
        highlighted = [bar.get_facecolor() != to_rgba("silver") for bar in bars]
        assert np.flatnonzero(highlighted).tolist() == [winner]


def test_misclassified_images_are_those_that_their_titles_name() -> None:
    figure = plots.misclassified(IMAGES, EVALUATION, CLASSES)
    [axes] = figure.axes
    [mosaic] = axes.images
    pixels = np.asarray(mosaic.get_array())
    n_rows, n_columns = (size // 28 for size in pixels.shape)
    blocks = [
        pixels[top : top + 28, left : left + 28].tobytes()
        for top in range(pixels.shape[0] - 27)
        for left in range(pixels.shape[1] - 27)
    ]
    assert n_rows * n_columns >= len(axes.texts) > 5
    for text in axes.texts:
        index = int(text.get_text().rpartition("image ")[2].partition(",")[0])
        assert LABELS[index] != OUTPUTS[index].argmax()
        assert blocks.count(IMAGES[index].astype(pixels.dtype).tobytes()) == 1
