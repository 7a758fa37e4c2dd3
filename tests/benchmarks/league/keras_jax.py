"""Keras, on JAX: the network of its own example for MNIST."""

import os
from collections.abc import Iterator

import numpy as np

from tests.benchmarks.league.run import Classify

os.environ["KERAS_BACKEND"] = "jax"

import keras
from keras import layers


def cnn(images: np.ndarray, labels: np.ndarray, seed: int) -> Iterator[Classify]:
    """Train the network of keras.io, "Simple MNIST convnet", with its own settings."""
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    for _ in range(15):
        network.fit(_pixels(images), labels, batch_size=128, verbose=0)
        yield lambda images: network.predict(_pixels(images), verbose=0).argmax(axis=1)


def _pixels(images: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = images[..., None].astype(np.float32) / 255
    return pixels
