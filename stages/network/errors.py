"""Errors of the network."""

from stages import ProjectError


class NetworkError(ProjectError):
    """A network cannot be built, trained or read; the message is for people."""


# What parsing a file can raise whose content is not what this project writes.
MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError, RecursionError)
