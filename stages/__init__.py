"""A handwritten-digit recogniser learnt from scratch in NumPy, one small command a step."""

import signal
import sys

# `python -m stages.…` imports this first: Ctrl-C while modules load ends the process silently.
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class ProjectError(Exception):
    """Base class of the project's errors: the message is a sentence for people."""
