"""The .npy format: how NumPy stores an array."""

from pathlib import Path

import numpy as np

from stages.datasets.errors import DatasetError


def open_array(path: Path, advice: str = "run `python -m stages.convert` again") -> np.ndarray:
    """Open a .npy file, of any type and shape, as a read-only memory map.

    Raises
    ------
    DatasetError
        If it is not a .npy file, is cut short, or holds Python objects, which would be pickled; the
        message ends with `advice`.
    """
    try:
        # `np.load` would read zip archives and pickles too.
        array = np.lib.format.open_memmap(path, mode="r")
        if path.stat().st_size != array.offset + array.nbytes:
            raise ValueError("it is longer than its header states")
    except OSError:
        raise
    # Whatever else a header holds makes NumPy raise errors of many kinds.
    except Exception as error:
        raise DatasetError(f"{path}: not a .npy array ({error}): {advice}") from error
    return array
