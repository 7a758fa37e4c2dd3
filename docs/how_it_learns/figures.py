"""The figures of the page, in the style of the project's plots."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from docs.how_it_learns import by_hand, measurements
from docs.how_it_learns.runs import DEFAULT, PLAIN, run, test_data, train_data
from stages.network.activations import ACTIVATIONS, Floats
from stages.reporting import plots
from stages.reporting.plots import BLUE, GREEN, ORANGE

WIDTH = 8.0  # inches
CLASSES = [str(digit) for digit in range(10)]
SHOWN = 0  # the training image that is shown
DETAIL = slice(5, 15), slice(9, 19)  # rows and columns of its part whose numbers are shown


def image() -> Figure:
    """Draw an image, and the numbers of a part of it."""
    images, _ = train_data()[0]
    figure = plots.new_figure("An image is 784 numbers", WIDTH, 4.4)
    whole, part = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.03, top=0.78, wspace=0.08)
    whole.imshow(images[SHOWN], cmap="gray_r", vmin=0, vmax=255)
    rows, columns = DETAIL
    top, left = rows.start - 0.5, columns.start - 0.5
    bottom, right = rows.stop - 0.5, columns.stop - 0.5
    whole.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=ORANGE)
    whole.set_title("28 rows of 28 pixels")
    detail = images[SHOWN][DETAIL]
    part.imshow(detail, cmap="gray_r", vmin=0, vmax=255)
    for (row, column), value in np.ndenumerate(detail):
        color = "white" if value > 127 else "black"
        part.text(column, row, str(value), ha="center", va="center", fontsize=8, color=color)
    part.set_title("the part in the frame: 0 is paper, 255 ink")
    for axes in (whole, part):
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
    return figure


def activations() -> Figure:
    """Draw both activation functions with their slopes."""
    figure = plots.new_figure("Activation functions and their slopes", WIDTH, 3.6)
    panels = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.15, top=0.75, wspace=0.2)
    z: Floats = np.linspace(-5, 5, 501, dtype=np.float32)
    for axes, (title, name) in zip(panels, measurements.ACTIVATION_NAMES.items(), strict=True):
        function = ACTIVATIONS[name]
        values = function.forward(z.copy())
        axes.plot(z, values, color=BLUE, label="f(z)")
        slopes = function.backward(np.ones_like(z), values)
        axes.plot(z, slopes, color=ORANGE, linestyle="--", label="slope f'(z)")
        axes.set(title=title, xlabel="z, the weighted sum")
        axes.legend(frameon=False, loc="upper left")
    return figure


def outputs() -> Figure:
    """Draw the probabilities of an image's classes before and after training."""
    images, labels = train_data()[0]
    figure = plots.new_figure(f"The ten outputs for one image, a {labels[SHOWN]}", WIDTH, 3.2)
    panels = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.17, top=0.72, wspace=0.08)
    networks = {"random weights": measurements.untrained(1), "after training": run().network}
    for axes, (title, network) in zip(panels, networks.items(), strict=True):
        axes.bar(CLASSES, network.predict_proba(images[SHOWN : SHOWN + 1])[0], color=BLUE)
        axes.set(title=title, xlabel="class", ylim=(0, 1))
    panels[0].set_ylabel("probability")
    return figure


def one_weight() -> Figure:
    """Draw the loss along one weight, with its slope where the weight is."""
    figure = plots.new_figure("The loss while one weight changes", WIDTH, 3.8)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.15, top=0.84)
    changes = np.linspace(-3, 4, 71)
    losses = [measurements.loss_with_weight(change) for change in changes]
    axes.plot(changes, losses, color=BLUE, label=f"loss of {measurements.N_TRIED} images")
    here, slope = measurements.loss_with_weight(0), measurements.slope_of_weight()
    ends = np.array([-2, 2])
    axes.plot(
        ends, here + slope * ends, color=ORANGE, linestyle="--", label=f"slope {slope:.3f} here"
    )
    axes.plot([0], [here], color=ORANGE, marker="o")
    axes.set(xlabel="change of the weight", ylabel="loss")
    axes.legend(frameon=False)
    return figure


def by_hand_network() -> Figure:
    """Draw the network of the worked example, with all its weights."""
    layers = by_hand.network().layers
    figure = plots.new_figure("A network to compute by hand", WIDTH, 3.4)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.82))
    axes.set(xlim=(-0.25, 2.6), ylim=(1.3, -0.3))
    axes.axis("off")
    x1, x2 = by_hand.INPUTS[0]
    columns = [
        [f"x₁\n{x1:g}", f"x₂\n{x2:g}"],
        [f"a{digit}\nbias {bias:g}" for digit, bias in zip("₁₂", layers[0].biases, strict=True)],
        [f"o{digit}\nbias {bias:g}" for digit, bias in zip("₁₂", layers[1].biases, strict=True)],
    ]
    for column, layer in enumerate(layers):
        for (row, neuron), weight in np.ndenumerate(layer.weights):
            axes.plot([column, column + 1], [row, neuron], color="0.6", zorder=0)
            near = 0.28 if row != neuron else 0.5  # lines cross in the middle
            is_tried = column == row == neuron == 0
            axes.text(
                column + near,
                row + near * (neuron - row),
                f"w = {weight:g}" if is_tried else f"{weight:g}",
                color=ORANGE if is_tried else "black",
                ha="center",
                va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
    for column, names in enumerate(columns):
        for row, name in enumerate(names):
            box = {"boxstyle": "circle", "facecolor": "white", "edgecolor": BLUE}
            axes.text(column, row, name, ha="center", va="center", fontsize=10, bbox=box)
    for row, target in enumerate((1, 0)):
        axes.text(2.2, row, f"target: {target}", va="center")
    return figure


def rates() -> Figure:
    """Draw the loss of each epoch with three learning rates."""
    names = {
        measurements.TOO_SMALL: "too small",
        PLAIN.learning_rate: "right",
        measurements.TOO_LARGE: "too large",
    }
    curves = {
        f"{rate:g}: {name}": run(learning_rate=rate).column("train_loss")
        for rate, name in names.items()
    }
    return _losses("Three learning rates", curves)


def deep() -> Figure:
    """Draw the loss of each epoch of deep networks with either activation."""
    curves = {
        title: run(measurements.DEEP, activation=name).column("train_loss")
        for title, name in measurements.ACTIVATION_NAMES.items()
    }
    return _losses("Three hidden layers of 32 neurons", curves)


def augmentation() -> Figure:
    """Draw an image, and what augmentation makes of it."""
    image = train_data()[0].images[SHOWN]
    rng = np.random.default_rng(1)
    made = [image]
    for _ in range(9):  # one at a time: images of a group are transformed alike
        assert DEFAULT.augmentation
        out = DEFAULT.augmentation.apply(image[None], rng)
        made.append((255 * out).round().astype(np.uint8).reshape(image.shape))
    captions = ["as it is"] + [f"epoch {number}" for number in range(1, 10)]
    return plots.gallery(
        "One training image, and nine that augmentation made of it", np.stack(made), captions
    )


def overfitting() -> Figure:
    """Draw the losses on training and validation images, with and without augmentation."""
    figure = plots.new_figure("Overfitting, and what augmentation does about it", WIDTH, 3.8)
    panels = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.15, top=0.75, wspace=0.08)
    runs = {
        "images as they are": run(DEFAULT, augmentation=None),
        "augmented images": run(DEFAULT),
    }
    for axes, (title, trained) in zip(panels, runs.items(), strict=True):
        _curves(
            axes,
            {
                "during training": trained.column("train_loss"),
                "validation images": trained.column("validation_loss"),
            },
        )
        axes.set(title=title, ylim=(0, 0.6))
    panels[0].set_ylabel("loss")
    return figure


def neurons() -> Figure:
    """Draw the weights of the hidden neurons as images."""
    return plots.weights(run(DEFAULT).network.layers[0].weights.T, (28, 28))


def mistakes() -> Figure:
    """Draw the most confident mistakes on the test images."""
    return plots.misclassified(test_data().images, measurements.evaluation(), CLASSES)


FIGURES: dict[str, Callable[[], Figure]] = {
    "image": image,
    "activations": activations,
    "outputs": outputs,
    "one-weight": one_weight,
    "by-hand": by_hand_network,
    "rates": rates,
    "deep": deep,
    "augmentation": augmentation,
    "overfitting": overfitting,
    "neurons": neurons,
    "mistakes": mistakes,
}


def _losses(title: str, curves: dict[str, list[float]]) -> Figure:
    figure = plots.new_figure(title, WIDTH, 3.6)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.16, top=0.84)
    _curves(axes, curves)
    axes.set(ylabel="loss during training", ylim=(0, 2.5))
    return figure


def _curves(axes: Axes, curves: dict[str, list[float]]) -> None:
    styles = zip((BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=True)
    for (label, values), (color, linestyle) in zip(curves.items(), styles, strict=False):
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, values, color=color, linestyle=linestyle, label=label)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    axes.legend(frameon=False)
