"""A handwritten-digit recogniser learnt from scratch in NumPy, one small command a step."""


class ProjectError(Exception):
    """Base class of the project's errors: the message is a sentence for people."""
