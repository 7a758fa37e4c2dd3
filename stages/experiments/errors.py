"""What can go wrong while cells are worked on."""


class CellError(Exception):
    """A cell could not be trained and evaluated; the message is for people."""
