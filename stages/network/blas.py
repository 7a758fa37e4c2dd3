"""The matrix product that all the work is in.

BLAS's `gemm` is called by its address, which SciPy gives to such callers (`cython_blas`), for two
things that neither NumPy's `matmul` nor SciPy's own `blas.sgemm` does both of:

- It adds to what is there, so that a gradient goes straight into the velocity. With 800 hidden
  neurons and batches of 64 an epoch took 0.89 of the time that `matmul`, a scaling and an addition
  took.
- It lets go of Python's lock while it works, so that networks learn side by side, a core each;
  `blas.sgemm` keeps the lock, and two cores did no more than one.

All products take this way. NumPy's BLAS beside SciPy's would be a second team of threads that
fights the first for the cores: an epoch with both took up to 17 times as long.

How many threads BLAS has changes the last digits of its sums. It has two, whatever the machine or
OPENBLAS_NUM_THREADS says, so that the same parameters give the same bytes.
"""

import ctypes
from collections.abc import Callable
from ctypes import byref, c_char, c_int

import numpy as np
from scipy.linalg import cython_blas
from threadpoolctl import threadpool_limits

threadpool_limits(2, user_api="blas")

_YES, _NO = c_char(b"T"), c_char(b"N")


def _from_blas(name: str, arguments: int) -> Callable[..., None]:
    """Make a BLAS routine callable: every argument is an address, as Fortran has it."""
    capsule = cython_blas.__pyx_capi__[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = get_name(capsule)
    if signature.count(b"int *") != 6:
        raise ImportError(f"SciPy's {name} counts otherwise than in int: {signature!r}")
    address = get_pointer(capsule, signature)
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * arguments)(address)


_GEMM = {
    np.dtype(np.float32): (_from_blas("sgemm", 13), ctypes.c_float),
    np.dtype(np.float64): (_from_blas("dgemm", 13), ctypes.c_double),
}


def gemm(left: np.ndarray, right: np.ndarray, out: np.ndarray, keep: float = 0.0) -> None:
    """Compute out = left @ right + keep * out, without a copy of anything.

    Parameters
    ----------
    left, right
        float32 or float64, (rows, inner) and (inner, columns), in C order or transposes of such.
    out
        Same type, (rows, columns), in C order.
    keep
        How much of what is in `out` stays.

    Raises
    ------
    ValueError
        If shapes, types or orders do not fit: BLAS itself would read and write anywhere.
    """
    if not left.ndim == right.ndim == out.ndim == 2:
        raise ValueError("a product that does not go into arrays of two dimensions")
    (rows, inner), columns = left.shape, right.shape[1]
    if right.shape[0] != inner or out.shape != (rows, columns):
        raise ValueError(f"{left.shape} @ {right.shape} does not go into {out.shape}")
    if not left.dtype == right.dtype == out.dtype or out.dtype not in _GEMM:
        raise ValueError(f"{left.dtype} @ {right.dtype} does not go into {out.dtype}")
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("the result does not go into an array that is not in C order or not ours")
    routine, number = _GEMM[out.dtype]
    # BLAS goes down columns. Seen so, an array in C order is its own transpose, and the product to
    # ask for is out' = right' @ left'.
    turn_right, right_step = _by_columns(right)
    turn_left, left_step = _by_columns(left)
    routine(
        byref(turn_right), byref(turn_left), byref(c_int(columns)), byref(c_int(rows)),
        byref(c_int(inner)), byref(number(1)), right.ctypes.data, byref(c_int(right_step)),
        left.ctypes.data, byref(c_int(left_step)), byref(number(keep)), out.ctypes.data,
        byref(c_int(columns)),
    )  # fmt: skip


def _by_columns(array: np.ndarray) -> tuple[c_char, int]:
    """Tell whether BLAS must transpose what it sees, and the length of what it sees as a column."""
    if array.flags.c_contiguous:
        return _NO, array.shape[1]
    if array.flags.f_contiguous:
        return _YES, array.shape[0]
    raise ValueError("an array is neither in C order nor the transpose of such")
