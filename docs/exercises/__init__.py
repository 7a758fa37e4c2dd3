"""Exercises on how a network learns: `python -m docs.exercises NAME` checks one."""

# Before NumPy, whose kernels it pins.
import stages  # noqa: F401
