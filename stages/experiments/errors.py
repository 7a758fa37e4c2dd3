"""What can go wrong while cells are worked on."""

from stages import ProjectError


class CellError(ProjectError):
    """A cell could not be trained and evaluated; the message is for people."""
