"""What can be wrong with a report that another one is made from."""


class ReportingError(Exception):
    """A table cannot be read; the message is for people."""
