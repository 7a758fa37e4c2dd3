"""Text for the terminal: no control character of a file's name or content reaches it."""

import sys

import click

from stages.runtime.printable import printable


def echo(text: str, *, err: bool = False) -> None:
    """Print text that may contain names of files or classes.

    Parameters
    ----------
    text
        Control characters in it are escaped; letters that the terminal lacks become `?`.
    err
        Print to the standard error stream.
    """
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    click.echo(printable(text).encode(encoding, "replace").decode(encoding), err=err)


def show_warning(message: Warning | str, *_where: object, **_options: object) -> None:
    """Print a warning of Python's or a library's as a message: for `warnings.showwarning`."""
    echo(f"Warning: {message}", err=True)
