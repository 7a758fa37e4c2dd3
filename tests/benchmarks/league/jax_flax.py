"""JAX: the MLP of a recipe, and the network of flax' example for MNIST."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

from tests.benchmarks.league.run import Classify


def mlp(
    images: np.ndarray, labels: np.ndarray, seed: int, params: dict[str, Any]
) -> Iterator[Classify]:
    """Train as a recipe says, without augmentation."""
    train = params["train"]
    n_steps = train["epochs"] * (len(images) // train["batch_size"])
    rate = optax.cosine_decay_schedule(train["learning_rate"], n_steps)
    if train["optimizer"] == "adam":
        optimiser = optax.adamw(rate, weight_decay=train["weight_decay"])
    else:
        optimiser = optax.sgd(rate, momentum=train["momentum"])
    layers: list[Any] = [_flatten]
    for n_neurons in train["hidden"]:
        layers += [nn.Dense(n_neurons), nn.relu]
    network = nn.Sequential([*layers, nn.Dense(10)])
    return _train(network, optimiser, images, labels, seed, train["batch_size"], train["epochs"])


def cnn(images: np.ndarray, labels: np.ndarray, seed: int) -> Iterator[Classify]:
    """Train the network of google/flax, examples/mnist/train.py, with its own settings."""
    pool = partial(nn.avg_pool, window_shape=(2, 2), strides=(2, 2))
    convolutions: list[Any] = [
        nn.Conv(32, (3, 3)),
        nn.relu,
        pool,
        nn.Conv(64, (3, 3)),
        nn.relu,
        pool,
    ]
    network = nn.Sequential([*convolutions, _flatten, nn.Dense(256), nn.relu, nn.Dense(10)])
    return _train(network, optax.sgd(0.1, momentum=0.9), images, labels, seed, 128, 10)


def _train(
    network: Any,
    optimiser: Any,
    images: np.ndarray,
    labels: np.ndarray,
    seed: int,
    batch_size: int,
    n_epochs: int,
) -> Iterator[Classify]:
    pixels, targets = _pixels(images), jnp.asarray(labels.astype(np.int32))
    weights = network.init(jax.random.key(seed), pixels[:1])
    state = weights, optimiser.init(weights)
    step = jax.jit(partial(_step, network.apply, optimiser))
    logits = jax.jit(network.apply)
    rng = np.random.default_rng(seed)
    for _ in range(n_epochs):
        n_batches = len(pixels) // batch_size
        for indices in rng.permutation(len(pixels))[: n_batches * batch_size].reshape(
            n_batches, -1
        ):
            state = step(state, pixels, targets, indices)
        yield partial(_classify, logits, jax.block_until_ready(state)[0])


def _step(
    apply: Callable[..., Any], optimiser: Any, state: Any, pixels: Any, labels: Any, indices: Any
) -> Any:
    def loss(weights: Any) -> Any:
        losses = optax.softmax_cross_entropy_with_integer_labels(
            apply(weights, pixels[indices]), labels[indices]
        )
        return losses.mean()

    weights, optimiser_state = state
    updates, optimiser_state = optimiser.update(jax.grad(loss)(weights), optimiser_state, weights)
    return optax.apply_updates(weights, updates), optimiser_state


def _classify(logits: Callable[..., Any], weights: Any, images: np.ndarray) -> np.ndarray:
    batches = jnp.split(_pixels(images), 10)
    return np.concatenate([logits(weights, batch).argmax(axis=1) for batch in batches])


def _flatten(images: Any) -> Any:
    return images.reshape(len(images), -1)


def _pixels(images: np.ndarray) -> Any:
    return jnp.asarray(images[..., None].astype(np.float32) / 255)
