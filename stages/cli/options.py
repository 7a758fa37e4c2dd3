"""params.yaml and click: one declaration gives an option, its help, its range and its errors.

Defaults come from params.yaml in the current folder, where a section bears the name of the command
it is for and a plain value is shared by all; a value typed on the command line wins.
"""

import difflib
import math
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from click.types import OptionHelpExtra

from stages import ProjectError
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import exclusive_lock
from stages.runtime.signals import Interrupted

FunctionType = TypeVar("FunctionType", bound=Callable[..., Any])

PARAMS_FILE = Path("params.yaml")
# The keys outside every section, for all the commands that have an option of that name.
SHARED_KEYS = ("dataset",)


class ParamOption(click.Option):
    """An option that must have a value, in params.yaml or on the command line."""

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        """Show the value in params.yaml as the default, and "required" only without one."""
        extra = super().get_help_extra(ctx)
        if "default" in extra:
            extra.pop("required", None)
        return extra


def param(
    flag: str, kind: click.ParamType[Any], description: str
) -> Callable[[FunctionType], FunctionType]:
    """Declare an option that is also a key of params.yaml."""
    return click.option(flag, type=kind, required=True, help=description, cls=ParamOption)


dataset_option = param(
    "--dataset",
    click.Choice(list(CATALOGUE)),
    "Which pictures to learn: digits, mnist, fashion-mnist or kmnist.",
)


def path_option(
    flag: str, default: str, description: str, *, folder: bool = False
) -> Callable[[FunctionType], FunctionType]:
    """Declare an option for a file or folder, given to the command as `pathlib.Path`."""
    kind = click.Path(file_okay=not folder, dir_okay=folder, path_type=Path)
    return click.option(flag, type=kind, default=default, help=description)


class UserError(click.ClickException):
    """Wrong use in one sentence, where click's own `UsageError` would recite the usage first."""

    exit_code = 2


class ParamsError(UserError):
    """params.yaml says something that no option can take."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{PARAMS_FILE}: {problem}")
        self.problem = problem


class FiniteFloat(click.FloatRange):
    """A finite number within a range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Refuse infinity and not-a-number, which every comparison lets through."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class LayerSizes(click.ParamType[tuple[int, ...]]):
    """Sizes of the hidden layers: whole numbers from 1 up, separated by commas; none for none."""

    name = "sizes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read sizes from text such as `128,64` or `[128, 64]`."""
        parts = [part for part in str(value).strip("[] ").split(",") if part.strip()]
        try:
            sizes = tuple(int(part) for part in parts)
        except ValueError:
            sizes = (0,)
        if any(size < 1 for size in sizes):
            self.fail(f"{value!r} is not a list of whole numbers from 1 up, as in 128,64.")
        return sizes


class StageCommand(click.Command):
    """A click command whose defaults are in params.yaml and whose failures are sentences.

    Parameters
    ----------
    example
        Arguments that `--help` shows as an example; they must work.
    writes
        Name of the parameter that says where the command writes: a folder, or a file in it. Of two
        runs that write to the same folder one waits for the other, so that nothing gets mixed.
    """

    def __init__(
        self, name: str, *, example: str, writes: str | None = None, **settings: Any
    ) -> None:
        self._writes = writes
        epilog = f"\b\nExample:\n  python -m stages.{name} {example}"
        super().__init__(name, epilog=epilog, context_settings={"show_default": True}, **settings)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Take defaults from params.yaml, and name its key in an error that it caused."""
        if "--help" not in args:  # who misspelt a key may look up the right one
            extra.setdefault("default_map", self._defaults(read_params()))
        else:
            with suppress(UserError):
                extra.setdefault("default_map", self._defaults(read_params()))
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.BadParameter as error:
            raise self._named_after_its_source(error) from error

    def check_params(self, params: dict[str, Any]) -> dict[str, Any]:
        """Check all that params.yaml says to this command, without running it.

        Returns
        -------
        dict
            What its options make of it, by their names.

        Raises
        ------
        ParamsError
            For the first key that no option knows, or value that its option cannot take.
        """
        defaults = self._defaults(params)
        ctx = click.Context(self, info_name=self.name, default_map=defaults)
        try:
            for option in self.params:
                if option.name in defaults:
                    option.handle_parse_result(ctx, {}, [])
        except click.BadParameter as error:
            raise self._named_after_its_source(error) from error
        return {name: ctx.params[name] for name in defaults}

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and tell a failure that people can cause in a sentence."""
        try:
            with self._reserved(ctx):
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted(signal.SIGINT) from error
        except ProjectError as error:
            raise click.ClickException(str(error)) from error
        except MemoryError as error:
            raise click.ClickException(
                "there is not enough memory for this: ask for smaller layers, batches or images"
            ) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            message = f"{where}{error.strerror or error}"
            if isinstance(error, FileNotFoundError):
                raise UserError(message) from error
            raise click.ClickException(message) from error

    def _reserved(self, ctx: click.Context) -> AbstractContextManager[None]:
        if self._writes is None:
            return nullcontext()
        path: Path = ctx.params[self._writes]
        option = next(option for option in self.params if option.name == self._writes)
        folder = path if getattr(option.type, "dir_okay", False) else path.parent
        return exclusive_lock(
            folder,
            on_wait=lambda: click.echo(
                f"{folder}: another command is writing there; waiting until it is done", err=True
            ),
        )

    def _defaults(self, params: dict[str, Any]) -> dict[str, str]:
        """Pick what is for this command, and refuse a key that none of its options knows."""
        own = {str(option.name): option for option in self.params}
        section = params.get(str(self.name), {})
        if not isinstance(section, dict):
            raise ParamsError(f"{self.name}: must be a section of names and values")
        for key in section:
            if key not in own:
                raise unknown_key(key, own, prefix=f"{self.name}.")
        shared = {key: params[key] for key in SHARED_KEYS if key in params and key in own}
        return {key: _as_typed(self._key(key), value) for key, value in (shared | section).items()}

    def _named_after_its_source(self, error: click.BadParameter) -> click.ClickException:
        """Say which key of params.yaml is wrong or lacking, where that is what is wrong."""
        if error.param is None or error.ctx is None or error.param.name is None:
            return error
        key = self._key(error.param.name)
        if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Option):
            lacking = "has no" if PARAMS_FILE.exists() else "is not in this folder to give"
            return UserError(
                f"{PARAMS_FILE} {lacking} {key}, and {error.param.opts[0]} is not given either"
            )
        if error.ctx.get_parameter_source(error.param.name) is ParameterSource.DEFAULT_MAP:
            return ParamsError(f"{key}: {error.message}")
        return error

    def _key(self, name: str) -> str:
        return name if name in SHARED_KEYS else f"{self.name}.{name}"


def unknown_key(key: str, known: Iterable[str], prefix: str = "") -> ParamsError:
    """Build the error for a key that no option knows; it names the nearest that one does."""
    near = difflib.get_close_matches(str(key), sorted(known), n=1, cutoff=0)
    hint = f"; did you mean {prefix}{near[0]}?" if near else ""
    return ParamsError(f"no option is called {prefix}{key}{hint}")


def read_params() -> dict[str, Any]:
    """Read params.yaml of the current folder with `read_yaml`; empty when it is missing."""
    return read_yaml(PARAMS_FILE) if PARAMS_FILE.exists() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of names and values as DVC reads it (YAML 1.2).

    Raises
    ------
    UserError
        If the file cannot be read, is no YAML, or no mapping of names to values.
    """
    # The parser is DVC's own, so that both see the same numbers (YAML 1.1 takes 1e-3 for a text).
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe").load(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold names and values, as in 'dataset: digits'")
    return content


def _as_typed(key: str, value: Any) -> str:
    """Write a value of params.yaml as a person would type it, so that click checks it the same.

    Given as they are, click would take 2.7 for the whole number 2, and true for 1.
    """
    if value is None or isinstance(value, dict):
        raise ParamsError(f"{key}: must be a single value or a list, as in params.yaml's comments")
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)
