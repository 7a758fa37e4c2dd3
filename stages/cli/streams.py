"""Standard streams that are closed, or whose reader has gone."""

import os
import sys

# The exit code that shells give for SIGPIPE.
BROKEN_PIPE_EXIT_CODE = 141


def open_missing_streams() -> None:
    """Open the null device where a standard stream is closed, as after `2>&-`.

    Otherwise the next file that is opened takes the stream's number, and messages go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def silence_broken_pipes() -> None:
    """Send what is still buffered to the null device, so that Python does not report it at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
