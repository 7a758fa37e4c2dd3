"""Errors of pictures."""

from stages import ProjectError


class PictureError(ProjectError):
    """A picture cannot be read, or shows nothing; the message is a sentence for people."""
