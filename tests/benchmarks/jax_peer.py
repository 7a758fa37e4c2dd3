"""JAX as a peer: an epoch is one compiled call, a `lax.scan` over the batches.

A network is a list of weights and biases, as in JAX's own examples.
"""

import itertools
import time
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from tests.benchmarks.peers import mnist


@cache
def _data() -> tuple[Any, Any]:
    import jax.numpy as jnp

    images, labels = mnist()
    pixels = jnp.asarray(images.reshape(-1, 784).astype(np.float32) / 255)
    return pixels, jnp.asarray(labels.astype(np.int32))


def _train_epoch(
    params: Any, velocities: Any, key: Any, pixels: Any, labels: Any, batch_size: int
) -> Any:
    """Train for an epoch by SGD with momentum; returns parameters, velocities and mean loss."""
    import jax
    import jax.numpy as jnp

    def loss(params: Any, batch_pixels: Any, batch_labels: Any) -> Any:
        activations = batch_pixels
        for weights, biases in params[:-1]:
            activations = jax.nn.relu(activations @ weights + biases)
        weights, biases = params[-1]
        log_probabilities = jax.nn.log_softmax(activations @ weights + biases)
        return -jnp.take_along_axis(log_probabilities, batch_labels[:, None], 1).mean()

    def step(state: Any, indices: Any) -> Any:
        params, velocities = state
        value, gradient = jax.value_and_grad(loss)(params, pixels[indices], labels[indices])
        velocities = jax.tree.map(lambda v, g: 0.9 * v + g, velocities, gradient)
        params = jax.tree.map(lambda p, v: p - 0.05 * v, params, velocities)
        return (params, velocities), value

    n_batches = len(pixels) // batch_size
    order = jax.random.permutation(key, len(pixels))[: n_batches * batch_size]
    batches = order.reshape(n_batches, batch_size)
    (params, velocities), losses = jax.lax.scan(step, (params, velocities), batches)
    return params, velocities, losses.mean()


@cache
def _compiled(hidden: Sequence[int], batch_size: int) -> tuple[Any, Any, float]:
    """Compile an epoch; returns the call, the initial weights and the seconds it took."""
    import jax
    import jax.numpy as jnp

    sizes = (784, *hidden, 10)
    keys = jax.random.split(jax.random.key(1), len(sizes))
    params = [
        (jax.random.normal(key, pair) * jnp.sqrt(2 / pair[0]), jnp.zeros(pair[1]))
        for key, pair in zip(keys, itertools.pairwise(sizes), strict=False)
    ]
    velocities = jax.tree.map(jnp.zeros_like, params)
    start = time.perf_counter()
    epoch = jax.jit(partial(_train_epoch, batch_size=batch_size))
    compiled = epoch.lower(params, velocities, keys[-1], *_data()).compile()
    return compiled, (params, velocities, keys[-1]), time.perf_counter() - start


def epoch(hidden: Sequence[int], batch_size: int) -> float:
    """Time an epoch, compiled before."""
    compiled, arguments, _ = _compiled(tuple(hidden), batch_size)
    start = time.perf_counter()
    compiled(*arguments, *_data())[2].block_until_ready()
    return time.perf_counter() - start


def compilation(hidden: Sequence[int], batch_size: int) -> float:
    """Return the seconds that compiling took in this process."""
    return _compiled(tuple(hidden), batch_size)[2]
