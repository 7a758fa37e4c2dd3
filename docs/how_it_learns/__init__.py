"""The figures, numbers and quotations of docs/how-it-learns.md: `python -m docs.how_it_learns`."""

# Before NumPy, whose kernels it pins: the numbers are the same on every machine.
import stages  # noqa: F401
