"""What can be wrong with a report that another one is made from."""

from stages import ProjectError


class ReportingError(ProjectError):
    """A table cannot be read; the message is for people."""
