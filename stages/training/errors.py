"""Errors of training."""

from stages import ProjectError


class TrainingError(ProjectError):
    """A network cannot be built or trained, or its training not resumed."""
