"""Tests. Importing `stages` before NumPy pins the kernels that compute, as its commands do."""

import stages  # noqa: F401
