"""The same parameters give the same bytes, whatever processors and threads a process may use."""

import os
import subprocess
import sys

import pytest

CODE = """
import hashlib, os, sys
from dataclasses import replace
import stages  # before NumPy: it sets the number of BLAS threads
import numpy as np
if sys.argv[1] == "one":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from stages.network import parallel
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data
from tests.helpers.config import CONFIG
rng = np.random.default_rng(1)
data = Data(rng.integers(256, size=(300, 28, 28)).astype(np.uint8),
            rng.integers(10, size=300).astype(np.uint8))
config = replace(CONFIG, hidden=(400, 200), batch_size=128, epochs=2)
config = replace(config, ensemble_size=int(sys.argv[2]))
assert 2 * 784 * 400 * 128 > parallel.MIN_FLOPS
ensemble = random_ensemble(config, (28, 28), 10)
list(train_ensemble(ensemble, data, data, config))
digest = hashlib.sha256()
for network in ensemble.networks:
    for layer in network.layers:
        digest.update(layer.weights.tobytes() + layer.biases.tobytes())
print(digest.hexdigest())
"""


def digest_of_weights(processors: str, ensemble_size: int, n_blas_threads: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE, processors, str(ensemble_size)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": str(n_blas_threads)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("ensemble_size", [1, 2])
def test_weights_do_not_depend_on_processors_and_threads(ensemble_size: int) -> None:
    expected = digest_of_weights("all", ensemble_size, 2)
    assert digest_of_weights("all", ensemble_size, 8) == expected
    if hasattr(os, "sched_setaffinity"):
        assert digest_of_weights("one", ensemble_size, 1) == expected
