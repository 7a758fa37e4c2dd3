"""Types of option values."""

import math
from typing import Any

import click

from stages.cli.errors import UserError
from stages.cli.paths import OWN_DATASETS
from stages.datasets import catalogue
from stages.datasets.errors import DatasetError

# Bounds that no useful network comes near, and that every number in the program can hold.
MAX_LAYERS = 100
MAX_LAYER_SIZE = 1_000_000


class Integer(click.IntRange):
    """A whole number within a range."""

    name = "integer"  # in messages and help, where click says "integer range"


class FiniteFloat(click.FloatRange):
    """A finite number within a range."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse infinity and not-a-number too, for which every range check is true."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class LayerSizes(click.ParamType[tuple[int, ...]]):
    """Sizes of the hidden layers: whole numbers, separated by commas; may be empty."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read sizes from text such as `128,64` or `[128, 64]`."""
        words = [word for word in str(value).strip("[] ").split(",") if word.strip()]
        try:
            sizes = tuple(int(word) for word in words)
        except ValueError:
            sizes = (0,)
        if len(sizes) > MAX_LAYERS or any(not 1 <= size <= MAX_LAYER_SIZE for size in sizes):
            self.fail(
                f"{value!r} is not a list of at most {MAX_LAYERS} whole numbers from 1 to"
                f" {MAX_LAYER_SIZE:,}, as in 128,64.",
                param,
                ctx,
            )
        return sizes


class DatasetName(click.Choice[str]):
    """The name of a dataset: of the catalogue, or of one's own.

    The names are read when they are needed, so that commands which need none start faster.
    """

    def __init__(self) -> None:
        super().__init__(())

    @property
    def choices(self) -> tuple[str, ...]:
        """The names that exist now."""
        try:
            return tuple(catalogue.names(OWN_DATASETS))
        except DatasetError as error:
            raise UserError(str(error)) from error

    @choices.setter
    def choices(self, value: Any) -> None:
        """Ignore the choices of the base class's constructor."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Say how a dataset that was gathered elsewhere comes here: Git ignores it."""
        message = super().get_invalid_choice_message(value, ctx)
        return f"{message} {catalogue.how_to_get(str(value), OWN_DATASETS)}"
