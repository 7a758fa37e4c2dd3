"""The kernels that compute are the same on every x86-64 computer, whatever the environment says."""

import sys

import pytest
from numpy._core import _multiarray_umath  # type: ignore[attr-defined]

from tests.helpers.commands import ROOT, run

pytestmark = pytest.mark.skipif(
    not _multiarray_umath.__cpu_features__.get("AVX2"), reason="needs a processor with AVX2"
)


def kernels(**environment: str) -> str:
    code = "from stages.runtime.kernels import kernels; print(kernels())"
    return run(sys.executable, "-c", code, cwd=ROOT, expect=0, **environment).stdout.strip()


def test_kernels_are_those_of_avx2() -> None:
    found = kernels(DIGITS_KERNELS="", OPENBLAS_CORETYPE="Sandybridge", NPY_DISABLE_CPU_FEATURES="")
    # As NumPy 2.4 names them, and as earlier versions do.
    names = ("X86_V3", "SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2")
    assert found in [f"openblas Haswell, NumPy {name}" for name in names]


def test_native_keeps_the_kernels_of_the_processor() -> None:
    found = kernels(
        DIGITS_KERNELS="native", OPENBLAS_CORETYPE="Sandybridge", NPY_DISABLE_CPU_FEATURES="X86_V3"
    )
    assert "Sandybridge" in found
