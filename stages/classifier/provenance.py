"""What a model was trained with: all that decides its weights."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import scipy

from stages.runtime.kernels import kernels
from stages.runtime.printable import is_printable
from stages.runtime.run_inputs import code_hash


@dataclass(frozen=True)
class Provenance:
    """What a model was trained with.

    Attributes
    ----------
    params
        The dataset's name and all parameters of training, by key, such as `train.epochs`.
    data_sha256
        Hash of the arrays.
    code_sha256
        Hash of the packages `network`, `training` and `classifier`.
    numpy, scipy
        Versions.
    kernels
        The kernels that computed, from `runtime.kernels`.
    """

    params: Mapping[str, Any]
    data_sha256: str
    code_sha256: str
    numpy: str
    scipy: str
    kernels: str

    @classmethod
    def of_this_process(cls, params: Mapping[str, Any], data_sha256: str) -> Self:
        """Complete the parameters and the data's hash with the code and libraries that run."""
        code_sha256 = code_hash("network", "training", "classifier")
        return cls(params, data_sha256, code_sha256, np.__version__, scipy.__version__, kernels())

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> Self:
        """Read what `dataclasses.asdict` gave, as JSON returns it.

        Raises
        ------
        ValueError, TypeError or AttributeError
            If it is anything else.
        """
        provenance = cls(**metadata)
        texts = [*provenance.params, *provenance.environment.values()]
        for value in provenance.params.values():
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, str) and not math.isfinite(item):
                    raise ValueError("a parameter is not a finite number")
                texts.append(str(item))
        if any(not isinstance(text, str) or not is_printable(text) for text in texts):
            raise ValueError("what it was trained with is not printable text")
        return provenance

    @property
    def key(self) -> str:
        """SHA-256 of all of it, hexadecimal: runs with the same key have the same result."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def is_augmented(self) -> bool:
        """Whether images were augmented in training."""
        return any(self.params.get(f"augment.{key}") for key in ("strength", "flags"))

    @property
    def environment(self) -> dict[str, str]:
        """All but the parameters: name and value."""
        return {
            "data": self.data_sha256,
            "code": self.code_sha256,
            "NumPy": self.numpy,
            "SciPy": self.scipy,
            "kernels": self.kernels,
        }

    @property
    def libraries(self) -> str:
        """The libraries and kernels, which decide the last digits."""
        return f"NumPy {self.numpy}, SciPy {self.scipy}, {self.kernels}"


# For models that were not trained by `stages.train`.
UNKNOWN = Provenance({}, "", "", "", "", "")


def differing_params(trained_with: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    """Say which parameters have other values in params.yaml than a network was trained with.

    Returns
    -------
    str
        Such as `train.seed 3 (the network's: 2)`; empty if there are none.
    """
    return ", ".join(
        f"{key} {in_file[key]} (the network's: {value})"
        for key, value in trained_with.items()
        if key in in_file and in_file[key] != value
    )
