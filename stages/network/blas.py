"""The matrix products of the network, by BLAS.

`numpy.matmul` calls BLAS too. Its routines are called here by their names in NumPy's library,
through ctypes, for two things that `numpy.matmul` does not do:

- `Gemm` adds to what is in its output, so that a gradient is accumulated into the velocity without
  a pass over memory of its own.
- The arguments of a call are made once for each set of arrays, which takes a microsecond or two off
  each of the products of a step.

As in NumPy, the GIL is released for the call, so that two threads compute at the same time.

BLAS has one thread, always. OpenBLAS's own threads wait for each other in a busy loop, and where
another process needs a core, a product then takes 10 to 100 times as long. What is worth two
threads is divided by `parallel.py` instead, by the size of the work alone: so the same parameters
give the same bytes, whatever else the machine does.
"""

import ctypes
import warnings
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

threadpool_limits(1, user_api="blas")

_C_TYPES: dict[str, Any] = {"float32": ctypes.c_float, "float64": ctypes.c_double}
# CBLAS's constants for an array in C order, read as it is or as its transpose.
_ROW_MAJOR, _NO_TRANS, _TRANS = (ctypes.c_int(number) for number in (101, 111, 112))
# What NumPy's builders put before and after a routine's name, and the type of its whole numbers.
_NAMES: list[tuple[str, Any]] = [
    ("scipy_cblas_{}64_", ctypes.c_int64),
    ("cblas_{}64_", ctypes.c_int64),
    ("scipy_cblas_{}", ctypes.c_int32),
    ("cblas_{}", ctypes.c_int32),
]


def _numpys_blas() -> dict[str, Any]:
    """Describe the BLAS that NumPy has loaded; without "filepath" where it is not known."""
    libraries: list[dict[str, Any]] = [
        library for library in threadpool_info() if library["user_api"] == "blas"
    ]
    of_numpy = [library for library in libraries if "numpy" in library["filepath"].lower()]
    return (of_numpy or libraries or [{}])[0]


def _find_routines(path: str | None) -> tuple[dict[str, Any], Any]:
    """Find gemm and axpy by name, with s for float32 or d, and the type of their whole numbers."""
    library = ctypes.CDLL(path) if path else None
    for pattern, integer in _NAMES:
        names = [prefix + name for name in ("gemm", "axpy") for prefix in "sd"]
        routines: dict[str, Any] = {
            name: getattr(library, pattern.format(name), None) for name in names
        }
        if all(routines.values()):
            for routine in routines.values():
                routine.restype = None
            return routines, integer
    return {}, ctypes.c_int32


_BLAS = _numpys_blas()
# None are found where NumPy is built with Apple's Accelerate: then NumPy computes the products.
_ROUTINES, _INTEGER = _find_routines(_BLAS.get("filepath"))
_PREFIXES = {"float32": "s", "float64": "d"}


def kernels() -> str:
    """Name the BLAS that computes the products, and its kernels: they decide the last digits."""
    return f"{_BLAS.get('internal_api', 'unknown')} {_BLAS.get('architecture', '')}".strip()


if not kernels().startswith("openblas"):
    warnings.warn(
        "NumPy's BLAS is not OpenBLAS here: results are right, but two runs with the same"
        " parameters may differ in the last digits",
        stacklevel=1,
    )


class Gemm:
    """out = a @ b + beta * out, prepared once for arrays that stay where they are in memory.

    Parameters
    ----------
    a, b
        float32 or float64, (m, k) and (k, n): in C order, transposes of such, or blocks of columns
        of either.
    out
        Same type, (m, n), in C order.
    beta
        Factor of what `out` holds before.

    Raises
    ------
    ValueError
        If shapes, types or orders do not fit: BLAS itself would read and write anywhere.
    """

    def __init__(self, a: np.ndarray, b: np.ndarray, out: np.ndarray, beta: float = 0.0) -> None:
        if not a.ndim == b.ndim == out.ndim == 2:
            raise ValueError("gemm takes arrays of two dimensions")
        (m, k), n = a.shape, b.shape[1]
        if b.shape[0] != k or out.shape != (m, n):
            raise ValueError(f"{a.shape} @ {b.shape} does not go into {out.shape}")
        if not a.dtype == b.dtype == out.dtype or out.dtype.name not in _PREFIXES:
            raise ValueError(f"{a.dtype} @ {b.dtype} does not go into {out.dtype}")
        if not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError("the output is not in C order, or is read-only")
        self.a, self.b, self.out, self.beta = a, b, out, beta
        real = _C_TYPES[out.dtype.name]
        trans_a, lda = _blas_layout(a)
        trans_b, ldb = _blas_layout(b)
        self._arguments = (
            _ROW_MAJOR, trans_a, trans_b, _INTEGER(m), _INTEGER(n), _INTEGER(k), real(1),
            _address(a), lda, _address(b), ldb, real(beta), _address(out), _INTEGER(n),
        )  # fmt: skip
        self._routine = _ROUTINES.get(_PREFIXES[out.dtype.name] + "gemm")

    def __call__(self) -> None:
        """Compute the product from what the arrays hold now."""
        if self._routine is not None:
            self._routine(*self._arguments)
        elif self.beta:
            self.out *= self.beta
            self.out += self.a @ self.b
        else:
            np.matmul(self.a, self.b, out=self.out)


class Axpy:
    """y = y + alpha * x, prepared once for arrays that stay where they are in memory.

    Parameters
    ----------
    x, y
        float32 or float64, of one shape, in C order.

    Raises
    ------
    ValueError
        If the arrays do not fit.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        contiguous = x.flags.c_contiguous and y.flags.c_contiguous and y.flags.writeable
        if x.shape != y.shape or x.dtype != y.dtype or not contiguous:
            raise ValueError("axpy takes two arrays of one shape and type in C order")
        self.x, self.y = x, y
        self._real = _C_TYPES[x.dtype.name]
        step = _INTEGER(1)
        self._arrays = _address(x), step, _address(y), step
        self._size = _INTEGER(x.size)
        self._routine = _ROUTINES.get(_PREFIXES[x.dtype.name] + "axpy")

    def __call__(self, alpha: float) -> None:
        """Add alpha * x, as x is now."""
        if self._routine is not None:
            self._routine(self._size, self._real(alpha), *self._arrays)
        else:
            self.y += np.asarray(alpha, self.x.dtype) * self.x


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _blas_layout(array: np.ndarray) -> tuple[Any, Any]:
    """Give the flag by which BLAS reads an array, and its leading dimension.

    The leading dimension is the number of elements from one row in memory to the next.
    """
    rows, columns = array.shape
    row_step, column_step = (step // array.itemsize for step in array.strides)
    if column_step == 1 and row_step >= columns:
        return _NO_TRANS, _INTEGER(row_step)
    if row_step == 1 and column_step >= rows:
        return _TRANS, _INTEGER(column_step)
    if rows == 1 and column_step == 1:  # NumPy gives a single row any step
        return _NO_TRANS, _INTEGER(columns)
    raise ValueError("an array is neither in C order nor the transpose of such")
