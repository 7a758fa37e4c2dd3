"""What can go wrong between numbers and a network."""

from stages import ProjectError


class NetworkError(ProjectError):
    """A network cannot be built, trained or read; the message is for people."""


# What reading a file's parts can raise when somebody else, or a broken disk, has written them.
MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError, RecursionError)
