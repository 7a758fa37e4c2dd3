"""Errors of experiments."""

from stages import ProjectError


class CellError(ProjectError):
    """A cell of a study could not be trained and evaluated."""


class RevisionError(ProjectError):
    """A file of a revision is broken."""
