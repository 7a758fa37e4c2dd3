"""The kernels that compute: BLAS's and NumPy's. They decide the last digits of results."""

from typing import Any

import numpy as np  # noqa: F401  loads the BLAS that is described here
from numpy._core import _multiarray_umath  # type: ignore[attr-defined]
from threadpoolctl import threadpool_info


def kernels() -> str:
    """Name NumPy's BLAS with its kernels, and the SIMD instructions of NumPy's own loops.

    As in `openblas Haswell, NumPy X86_V3`: the same on every x86-64 computer, unless
    DIGITS_KERNELS is `native`.
    """
    libraries: list[dict[str, Any]] = [
        library for library in threadpool_info() if library["user_api"] == "blas"
    ]
    of_numpy = [library for library in libraries if "numpy" in library["filepath"].lower()]
    blas = (of_numpy or libraries or [{}])[0]
    name = f"{blas.get('internal_api', 'unknown')} {blas.get('architecture', '')}".strip()
    # The private module alone tells which of the loops that NumPy was built with it uses.
    supported: dict[str, bool] = _multiarray_umath.__cpu_features__
    used = [feature for feature in _multiarray_umath.__cpu_dispatch__ if supported[feature]]
    return f"{name}, NumPy {' '.join(used) or 'baseline'}"
