"""Errors of datasets' files."""

from stages import ProjectError


class DatasetError(ProjectError):
    """A dataset's file is missing, unreadable or invalid; the message is a sentence for people."""


class SourceError(ProjectError):
    """One source did not deliver a valid file; the message says why, and the next is tried."""
