"""Errors of studies."""

from stages import ProjectError


class CellError(ProjectError):
    """A cell of a study could not be trained and evaluated."""
