"""Errors of comparisons."""

from stages import ProjectError


class RevisionError(ProjectError):
    """A file of a revision is broken."""
