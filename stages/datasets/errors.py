"""What can be wrong with a dataset's files."""

from stages import ProjectError


class DatasetError(ProjectError):
    """A file of a dataset cannot be had, or is not what it should be; the message is for people."""
