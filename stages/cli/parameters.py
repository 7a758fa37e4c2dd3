"""Every parameter of params.yaml, declared once: its option, help text, type and range."""

from collections.abc import Mapping
from typing import Any, get_args

import click
from click.types import OptionHelpExtra

from stages.cli.errors import ParamsError
from stages.cli.params_file import flatten
from stages.cli.suggestions import unknown_name
from stages.cli.types import DatasetName, FiniteFloat, Integer, LayerSizes
from stages.network.names import (
    ActivationName,
    InitialisationName,
    LossName,
    OptimizerName,
    ScheduleName,
)


class Parameter(click.Option):
    """A parameter: a key of params.yaml that is also an option.

    Parameters
    ----------
    key
        Its name in params.yaml with its section, such as `train.batch_size`.
    type
        Type and range of its values.
    help
        The option's help text, and the comment in params.yaml.
    """

    def __init__(self, key: str, type: click.ParamType[Any], help: str) -> None:  # noqa: A002
        flag = "--" + key.rpartition(".")[2].replace("_", "-")
        super().__init__([flag], type=type, required=True, show_default=True, help=help)
        self.key = key

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        """Show the value in params.yaml as the default; "required" only if it has none."""
        extra = super().get_help_extra(ctx)
        if "default" in extra:
            extra.pop("required", None)
        return extra


DATASET = Parameter(
    "dataset",
    DatasetName(),
    "Dataset to learn: mnist-5k, mnist, qmnist, fashion-mnist, kmnist, or one that you gathered.",
)

TRAIN = (
    Parameter(
        "train.hidden",
        LayerSizes(),
        "Neurons of each hidden layer: more can learn finer differences, and take longer; [] for"
        " none.",
    ),
    Parameter(
        "train.activation",
        click.Choice(get_args(ActivationName)),
        "Activation of the hidden layers: sigmoid, as in the diary, tanh, relu, which learns"
        " faster, or leaky_relu, which is never dead.",
    ),
    Parameter(
        "train.initialisation",
        click.Choice(get_args(InitialisationName)),
        "Initial weights: suited to the activation, or normal, as in the diary: too large to learn"
        " well.",
    ),
    Parameter(
        "train.loss",
        click.Choice(get_args(LossName)),
        "Loss to minimise: squared_error, as in the diary, or cross_entropy, for probabilities.",
    ),
    Parameter(
        "train.epochs",
        Integer(0, 1_000_000),
        "How often each training image is learnt from.",
    ),
    Parameter(
        "train.optimizer",
        click.Choice(get_args(OptimizerName)),
        "How gradients become steps: sgd or nesterov, with momentum, or adam, which wants a"
        " learning rate near 0.003.",
    ),
    Parameter(
        "train.batch_size",
        Integer(1, 10_000_000),
        "Images that share one step: fewer make more, noisier steps in an epoch: it takes longer.",
    ),
    Parameter(
        "train.learning_rate",
        FiniteFloat(0, 1e30, min_open=True),
        "Length of the first steps: too small learns slowly, too large diverges.",
    ),
    Parameter(
        "train.learning_rate_schedule",
        click.Choice(get_args(ScheduleName)),
        "Learning rate over the epochs: constant, or a linear or cosine decrease to 0.",
    ),
    Parameter(
        "train.momentum",
        FiniteFloat(0, 1, max_open=True),
        "Fraction of each step that goes on in the next one: steps grow where gradients agree.",
    ),
    Parameter(
        "train.weight_decay",
        FiniteFloat(0, 1),
        "Each step subtracts this times the learning rate times the weight: keeps weights small.",
    ),
    Parameter(
        "train.dropout",
        FiniteFloat(0, 1, max_open=True),
        "Fraction of the hidden neurons that are switched off at random in each step: against"
        " overfitting.",
    ),
    Parameter(
        "train.validation_fraction",
        FiniteFloat(0, 1, max_open=True),
        "Fraction of the training images, the last ones, kept to choose parameters by.",
    ),
    Parameter(
        "train.ensemble_size",
        Integer(1, 1000),
        "Networks trained with different seeds, whose probabilities are averaged.",
    ),
    Parameter(
        "train.seed",
        Integer(0, 2**63 - 1),
        "Random seed of initial weights, shuffling and augmentation.",
    ),
)
AUGMENT = (
    Parameter(
        "augment.strength",
        FiniteFloat(0, 10),
        "Multiplies the next five; 0 for images as they are. More helps long trainings.",
    ),
    Parameter("augment.shift", FiniteFloat(0, 100), "Largest shift, in pixels."),
    Parameter("augment.rotation", FiniteFloat(0, 180), "Largest rotation, in degrees."),
    Parameter(
        "augment.scale",
        FiniteFloat(0, 1, max_open=True),
        "Largest change of size, as a fraction.",
    ),
    Parameter("augment.shear", FiniteFloat(0, 1), "Largest shear, as a fraction of the height."),
    Parameter(
        "augment.elastic",
        FiniteFloat(0, 100),
        "Elastic distortion: largest standard deviation of the displacement along each axis, in"
        " pixels.",
    ),
    Parameter(
        "augment.flags",
        FiniteFloat(0, 1),
        "Fraction of the 1s that get a flag and perhaps a foot, and of the 7s that get a bar, as"
        " many people write them.",
    ),
)
TRAINING = (*TRAIN, *AUGMENT)
SNAPSHOTS = Parameter(
    "demo.snapshots",
    Integer(0, 1000),
    "Snapshots of the first network's training that demo.html shows; 0 for none.",
)

PARAMETERS = {parameter.key: parameter for parameter in (DATASET, *TRAINING, SNAPSHOTS)}
SECTIONS = {key.partition(".")[0] for key in PARAMETERS if "." in key}


def check_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Check the content of params.yaml; return the values as commands get them, by key.

    Raises
    ------
    ParamsError
        For the first key that no parameter has, or value that its parameter does not accept.
    """
    values = {}
    for key, text in to_cli_texts(params).items():
        parameter = PARAMETERS[key]
        try:
            values[key] = parameter.type.convert(text, parameter, None)
        except click.BadParameter as error:
            raise ParamsError(f"{key}: {error.message}") from error
    return values


def to_cli_texts(params: Mapping[str, Any]) -> dict[str, str]:
    """Write each value as a person would type it, so that click checks both in the same way.

    Given the values themselves, click would accept 2.7 as the whole number 2, and true as 1. The
    texts are named by key, such as `train.epochs`.

    Raises
    ------
    ParamsError
        If a key is not a parameter's, or a value is of a kind that no option can take.
    """
    flat = flatten(params)
    for key in flat:
        if key in SECTIONS:
            raise ParamsError(f"{key}: must be a section of names and values")
        if key not in PARAMETERS:
            raise ParamsError(unknown_name(key, [*PARAMETERS, *SECTIONS]))
    return {key: _to_cli_text(key, value) for key, value in flat.items()}


def _to_cli_text(key: str, value: Any) -> str:
    is_list = isinstance(PARAMETERS[key].type, LayerSizes)
    items = value if is_list and isinstance(value, list) else [value]
    if any(item is None or isinstance(item, dict | list | set) for item in items):
        raise ParamsError(f"{key}: must be a {'list of numbers' if is_list else 'single value'}")
    return ",".join(str(item) for item in items)
