"""The weights of networks as text in a page, within a limit of bytes."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.network.dense import Dense
from stages.network.mlp import MLP
from stages.pages.encoding import compress, to_base64
from stages.training.quantisation import QuantisedLayer, quantise

# Bytes of text in a page that has 10 MB at most.
MAX_NETWORKS = 9_000_000
MAX_NETWORKS_AND_SNAPSHOTS = 9_900_000
MAX_SNAPSHOTS = 2_000_000


def encode_networks(networks: Sequence[MLP]) -> list[list[dict[str, Any]]]:
    """Encode the networks of an ensemble: exactly, or, if too large, with 8 bits what fits.

    Returns
    -------
    list
        At least one network, each a list of layers: weights, and biases as the last row.
    """
    exact = [[_encode_layer(layer) for layer in network.layers] for network in networks]
    if _n_bytes(exact) <= MAX_NETWORKS:
        return exact
    encoded: list[list[dict[str, Any]]] = []
    for network in networks:
        layers = [_encode_quantised(quantise(layer)) for layer in network.layers]
        if encoded and _n_bytes([*encoded, layers]) > MAX_NETWORKS:
            break
        encoded.append(layers)
    return encoded


def _encode_layer(layer: Dense) -> dict[str, Any]:
    return encode_array(np.vstack([layer.weights, layer.biases]))


def encode_array(array: np.ndarray) -> dict[str, Any]:
    """Encode an array, float32, (inputs + 1, neurons), exactly."""
    return {"neurons": array.shape[1], "weights": to_base64(array, "<f4")}


def _encode_quantised(layer: QuantisedLayer) -> dict[str, Any]:
    values, scale = layer
    return {"neurons": values.shape[1], "weights": to_base64(values, "i1"), "scale": scale}


def encode_snapshots(
    snapshots: Sequence[Sequence[QuantisedLayer]], networks: list[list[dict[str, Any]]]
) -> tuple[range, list[dict[str, Any]]]:
    """Encode snapshots of training: all, or of many that do not fit every second, fourth, eighth.

    Each is the difference, modulo 256, from the one before it, which compresses to a third.

    Parameters
    ----------
    snapshots
        The layers of the network at each snapshot.
    networks
        As `encode_networks` returned them.

    Returns
    -------
    indices : range
        Indices of the snapshots that are encoded; the first among them, or none.
    encoded : list
        For each the compressed values of all layers, and their scales.
    """
    limit = min(MAX_SNAPSHOTS, MAX_NETWORKS_AND_SNAPSHOTS - _n_bytes(networks))
    for interval in (1, 2, 4, 8):
        indices = range(0, len(snapshots), interval)
        encoded = _encode_differences([snapshots[index] for index in indices])
        if _n_bytes(encoded) <= limit:
            return indices, encoded
    return range(0), []


def _encode_differences(snapshots: Sequence[Sequence[QuantisedLayer]]) -> list[dict[str, Any]]:
    encoded = []
    previous: np.ndarray | None = None
    for layers in snapshots:
        values = np.concatenate([layer.values.ravel() for layer in layers])
        differences = values if previous is None else values - previous
        encoded.append(
            {"weights": compress(differences), "scales": [layer.scale for layer in layers]}
        )
        previous = values
    return encoded


def _n_bytes(encoded: list[Any]) -> int:
    return len(json.dumps(encoded))
