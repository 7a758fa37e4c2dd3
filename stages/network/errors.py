"""What can go wrong between numbers and a network."""


class NetworkError(Exception):
    """A network cannot be built, trained or read; the message is for people."""
