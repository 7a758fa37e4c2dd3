"""The matrix products of the network, by BLAS.

SciPy gives the addresses of BLAS's routines to compiled callers (`scipy.linalg.cython_blas`). They
are called by these addresses through ctypes, for three things that neither `numpy.matmul` nor
`scipy.linalg.blas.sgemm` does all of:

- `gemm` adds to what is in its output, so that a gradient is accumulated into the velocity without
  a pass over memory of its own.
- ctypes releases the GIL for the call, so that two threads compute at the same time.
- The arguments of a call are made once for each set of arrays: this takes 12 microseconds off each
  of the products of a step.

BLAS has one thread, always. OpenBLAS's own threads wait for each other in a busy loop, and where
another process needs a core, a product then takes 10 to 100 times as long. What is worth two
threads is divided by `parallel.py` instead, by the size of the work alone: so the same parameters
give the same bytes, whatever else the machine does.
"""

import ctypes
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import cython_blas
from threadpoolctl import threadpool_info, threadpool_limits

threadpool_limits(1, user_api="blas")

_C_TYPES: dict[str, Any] = {"float32": ctypes.c_float, "float64": ctypes.c_double}
_PREFIXES = {"float32": "s", "float64": "d"}
TRANS, NO_TRANS = ctypes.c_char(b"T"), ctypes.c_char(b"N")


def _routine(name: str, n_arguments: int) -> Callable[..., None] | None:
    """Make a BLAS routine callable; None where SciPy's BLAS does not use 32-bit integers."""
    capsule = cython_blas.__pyx_capi__.get(name)
    if capsule is None:
        return None
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = get_name(capsule)
    if b"int *" not in signature:
        return None
    # Every argument is an address, as in Fortran.
    prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * n_arguments)
    return prototype(get_pointer(capsule, signature))


# By data type; None for a routine without an address: then NumPy computes the product.
_GEMM = {name: _routine(f"{prefix}gemm", 13) for name, prefix in _PREFIXES.items()}
_AXPY = {name: _routine(f"{prefix}axpy", 6) for name, prefix in _PREFIXES.items()}


def kernels() -> str:
    """Name the BLAS that computes the products, and its kernels: they decide the last digits."""
    of_scipy = [
        f"{library['internal_api']} {library.get('architecture', '')}".strip()
        for library in threadpool_info()
        if library["user_api"] == "blas" and "scipy" in library["filepath"].lower()
    ]
    return of_scipy[0] if of_scipy else "unknown"


if not kernels().startswith("openblas"):
    warnings.warn(
        "SciPy's BLAS is not OpenBLAS here: results are right, but two runs with the same"
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
        if not a.dtype == b.dtype == out.dtype or out.dtype.name not in _GEMM:
            raise ValueError(f"{a.dtype} @ {b.dtype} does not go into {out.dtype}")
        if not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError("the output is not in C order, or is read-only")
        self.a, self.b, self.out, self.beta = a, b, out, beta
        real, integer = _C_TYPES[out.dtype.name], ctypes.c_int
        # BLAS reads columns. Seen so, an array in C order is its own transpose, and the product to
        # ask for is out.T = b.T @ a.T.
        trans_b, ldb = _blas_layout(b)
        trans_a, lda = _blas_layout(a)
        self._arguments = (
            trans_b, trans_a, integer(n), integer(m), integer(k), real(1), b, integer(ldb),
            a, integer(lda), real(beta), out, integer(n),
        )  # fmt: skip
        self._addresses = [_address(argument) for argument in self._arguments]
        self._routine = _GEMM[out.dtype.name]

    def __call__(self) -> None:
        """Compute the product from what the arrays hold now."""
        if self._routine is not None:
            self._routine(*self._addresses)
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
        self._alpha = _C_TYPES[x.dtype.name]()
        self._arguments = (
            ctypes.c_int(x.size), self._alpha, x, ctypes.c_int(1), y, ctypes.c_int(1)
        )  # fmt: skip
        self._addresses = [_address(argument) for argument in self._arguments]
        self._routine = _AXPY[x.dtype.name]

    def __call__(self, alpha: float) -> None:
        """Add alpha * x, as x is now."""
        if self._routine is None:
            self.y += np.asarray(alpha, self.x.dtype) * self.x
            return
        self._alpha.value = alpha
        self._routine(*self._addresses)


def gemm(a: np.ndarray, b: np.ndarray, out: np.ndarray, beta: float = 0.0) -> None:
    """Compute out = a @ b + beta * out once; parameters and errors are those of `Gemm`."""
    Gemm(a, b, out, beta)()


def _address(argument: Any) -> ctypes.c_void_p:
    if isinstance(argument, np.ndarray):
        return ctypes.c_void_p(argument.ctypes.data)
    return ctypes.c_void_p(ctypes.addressof(argument))


def _blas_layout(array: np.ndarray) -> tuple[ctypes.c_char, int]:
    """Give the flag by which BLAS reads an array as its own transpose, and its leading dimension.

    The leading dimension is the number of elements from one row in memory to the next.
    """
    rows, columns = array.shape
    row_step, column_step = (step // array.itemsize for step in array.strides)
    if column_step == 1 and row_step >= columns:
        return NO_TRANS, row_step
    if row_step == 1 and column_step >= rows:
        return TRANS, column_step
    if rows == 1 and column_step == 1:  # NumPy gives a single row any step
        return NO_TRANS, columns
    raise ValueError("an array is neither in C order nor the transpose of such")
