"""A handwritten-digit recogniser learnt from scratch in NumPy, one small command a step."""

import os
import platform
import signal
import sys
from types import TracebackType

# `python -m stages.…` imports this first: Ctrl-C while modules load ends the process silently.
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# Processors differ in the order in which they add, and so in the last digits. For the same bytes on
# every x86-64 computer with AVX2, the BLAS kernels and NumPy's loops are those of AVX2 everywhere;
# both are chosen when NumPy is loaded. DIGITS_KERNELS=native keeps the processor's own: faster with
# AVX-512, and other last digits.
if os.environ.get("DIGITS_KERNELS") != "native" and platform.machine() in ("x86_64", "AMD64"):
    os.environ["OPENBLAS_CORETYPE"] = "Haswell"
    os.environ.pop("OPENBLAS_L2_SIZE", None)
    # As NumPy 2.4 names them, then as earlier versions do.
    os.environ["NPY_DISABLE_CPU_FEATURES"] = (
        "X86_V4 AVX512_ICL AVX512_SPR"
        " AVX512F AVX512CD AVX512_KNL AVX512_KNM AVX512_SKX AVX512_CLX AVX512_CNL"
    )
# OpenBLAS's own threads wait for each other in a busy loop: where another process needs a core, a
# product takes 10 to 100 times as long. `network/parallel.py` divides large products instead.
os.environ["OPENBLAS_NUM_THREADS"] = "1"


class ProjectError(Exception):
    """Base class of the project's errors: the message is a sentence for people."""


def _explain_missing_package(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Say that the environment is not active, if that is what ends the process."""
    if not isinstance(error, ModuleNotFoundError):
        sys.__excepthook__(kind, error, traceback)
    else:
        package = str(error.name).partition(".")[0]
        sys.stderr.write(
            f"Error: {sys.executable} has no package {package!r}: activate the environment, which"
            " `make run` makes, with `. .venv/bin/activate`\n"
        )


if sys.argv[:1] == ["-m"]:
    sys.excepthook = _explain_missing_package
