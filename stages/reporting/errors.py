"""Errors of reading reports."""

from stages import ProjectError


class ReportingError(ProjectError):
    """A table cannot be read or used; the message is for people."""
