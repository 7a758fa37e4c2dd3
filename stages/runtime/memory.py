"""Memory: checked before it is needed, where running out of it would hang or kill the process."""

import mmap

# What NumPy, SciPy and matplotlib take to load: with less, OpenBLAS retries for ever.
MIN_BYTES = 512 << 20


def require_memory() -> None:
    """Check that the libraries can be loaded.

    Raises
    ------
    MemoryError
        If a limit, as `ulimit -v` sets it, leaves too little.
    """
    try:
        mmap.mmap(-1, MIN_BYTES).close()
    except OSError as error:
        raise MemoryError(
            f"less than {MIN_BYTES >> 20} MB of memory can be had, too little for NumPy: raise the"
            " limit (`ulimit -v unlimited`)"
        ) from error
