"""Errors of the classifier."""

from stages import ProjectError


class ModelError(ProjectError):
    """A model file cannot be read, or does not fit the images."""
