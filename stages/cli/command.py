"""The click command of this project: defaults from params.yaml, failures as sentences."""

import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from stages import ProjectError
from stages.cli.dvc_lock import is_used_by_dvc
from stages.cli.errors import ParamsError, UserError
from stages.cli.parameters import Parameter, to_cli_texts
from stages.cli.params_file import PARAMS_FILE, flatten, read_params
from stages.cli.streams import BROKEN_PIPE_EXIT_CODE, open_missing_streams, silence_broken_pipes
from stages.cli.terminal import echo, show_warning
from stages.runtime.files import exclusive_lock
from stages.runtime.memory import require_memory
from stages.runtime.printable import printable
from stages.runtime.run_inputs import unchanged
from stages.runtime.signals import interruptible
from stages.runtime.yaml_file import YamlError, read_yaml

_MAX_MESSAGE_LENGTH = 2000
_POLL_INTERVAL = 0.1  # seconds between two looks at DVC's locks


class StageCommand(click.Command):
    """A click command whose defaults are in params.yaml and whose failures are sentences.

    Parameters
    ----------
    example
        Arguments that `--help` shows as an example; they must work.
    writes
        Name of the parameter that says where the command writes: a folder, or a file in it. If two
        commands write to the same folder, the second waits for the first.
    in_pipeline
        Whether the command is a stage of dvc.yaml. Such a one fails if its code, or what it takes
        from params.yaml, changes while it runs.
    takes_all_params
        Whether it takes all of params.yaml, not only the parameters that are its options.
    """

    def __init__(
        self,
        name: str,
        *,
        example: str,
        writes: str | None = None,
        in_pipeline: bool = True,
        takes_all_params: bool = False,
        **settings: Any,
    ) -> None:
        self._writes = writes
        self._in_pipeline = in_pipeline
        self._takes_all_params = takes_all_params
        epilog = f"\b\nExample:\n  python -m stages.{name} {example}"
        super().__init__(name, epilog=epilog, context_settings={"show_default": True}, **settings)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command, whatever the state of its streams and its environment."""
        open_missing_streams()
        # No command opens a window, so the setting cannot help; matplotlib refuses unknown ones.
        os.environ.pop("MPLBACKEND", None)
        warnings.showwarning = show_warning
        return super().main(*args, **extra)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> click.Context:
        """Take defaults from params.yaml, and name its key in an error that it caused."""
        with _failures_as_sentences():
            # With --help, which helps to correct the file too, a wrong file has no defaults.
            with suppress(UserError, YamlError) if "--help" in args else nullcontext():
                if self._parameters() or self._takes_all_params:
                    extra["obj"] = read_params()
                    extra["default_map"] = self._defaults(extra["obj"])
            try:
                return super().make_context(info_name, args, parent, **extra)
            except click.BadParameter as error:
                raise _with_params_key(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command's function, and report a failure in a sentence."""
        with _failures_as_sentences():
            require_memory()
            with self._output_lock(ctx), self._unchanged_inputs(ctx):
                return super().invoke(ctx)

    def _parameters(self) -> dict[str, Parameter]:
        return {option.key: option for option in self.params if isinstance(option, Parameter)}

    def _defaults(self, params: Mapping[str, Any]) -> dict[str, str]:
        own = self._parameters()
        texts = to_cli_texts(params) if own else {}
        return {str(own[key].name): text for key, text in texts.items() if key in own}

    @contextmanager
    def _output_lock(self, ctx: click.Context) -> Iterator[None]:
        if self._writes is None:
            yield
            return
        path: Path = ctx.params[self._writes]
        option = next(option for option in self.params if option.name == self._writes)
        folder = path if getattr(option.type, "dir_okay", False) else path.parent

        @cache  # once, whatever is waited for
        def on_wait() -> None:
            echo(f"{folder}: another command is writing there; waiting until it is done", err=True)

        while True:
            while is_used_by_dvc(path):
                on_wait()
                time.sleep(_POLL_INTERVAL)
            with exclusive_lock(folder, on_wait):
                if not is_used_by_dvc(path):  # it may have begun meanwhile
                    yield
                    return

    def _unchanged_inputs(self, ctx: click.Context) -> AbstractContextManager[None]:
        if not self._in_pipeline:
            return nullcontext()
        own = self._parameters()
        in_file = {
            key
            for key, option in own.items()
            if ctx.get_parameter_source(str(option.name)) is ParameterSource.DEFAULT_MAP
        }

        def taken(params: Mapping[str, Any]) -> dict[str, Any]:
            flat = flatten(params)
            return {key: flat[key] for key in flat if self._takes_all_params or key in in_file}

        return unchanged(taken(ctx.obj or {}), lambda: taken(read_yaml(PARAMS_FILE)))


@contextmanager
def _failures_as_sentences() -> Iterator[None]:
    try:
        try:
            with interruptible():
                yield
        except BrokenPipeError as error:
            silence_broken_pipes()
            raise click.exceptions.Exit(BROKEN_PIPE_EXIT_CODE) from error
        except YamlError as error:
            raise UserError(str(error)) from error
        except ProjectError as error:
            raise click.ClickException(str(error)) from error
        except (MemoryError, RuntimeError) as error:
            # Python's own error where a thread finds no memory.
            if isinstance(error, RuntimeError) and "can't start new thread" not in str(error):
                raise
            reason = f" ({error})" if str(error) else ""
            raise click.ClickException(
                f"there is not enough memory for this{reason}: use smaller layers, batches or"
                " images"
            ) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            kind = UserError if isinstance(error, FileNotFoundError) else click.ClickException
            raise kind(f"{where}{error.strerror or error}") from error
    except click.ClickException as error:
        message = printable(error.message)
        if len(message) > _MAX_MESSAGE_LENGTH:
            message = f"{message[:_MAX_MESSAGE_LENGTH]} ..."
        # Click's messages too quote what was typed, and have no other way to be replaced.
        vars(error)["message"] = message
        raise


def _with_params_key(error: click.BadParameter) -> click.ClickException:
    """Name the key of params.yaml, if that is what is wrong or missing."""
    parameter, ctx = error.param, error.ctx
    if not isinstance(parameter, Parameter) or ctx is None:
        return error
    if isinstance(error, click.MissingParameter):
        missing = "has no" if PARAMS_FILE.exists() else "is not in this folder to give"
        return UserError(
            f"{PARAMS_FILE} {missing} {parameter.key}, and {parameter.opts[0]} is not given either"
        )
    if ctx.get_parameter_source(str(parameter.name)) is ParameterSource.DEFAULT_MAP:
        return ParamsError(f"{parameter.key}: {error.message}")
    return error
