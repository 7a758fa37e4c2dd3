"""What can be wrong with a dataset's files."""


class DatasetError(Exception):
    """A file of a dataset cannot be had, or is not what it should be; the message is for people."""
