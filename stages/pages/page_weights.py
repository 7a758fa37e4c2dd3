"""The weights of networks as text in a page, within a limit of bytes."""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

# Weights with 8 bits, about `values * scale`: int8, (neurons, inputs + 1), and a float.
QuantisedWeights = tuple[np.ndarray, float]

# Bytes of text in a page that has 10 MB at most.
MAX_NETWORKS = 9_000_000
MAX_NETWORKS_AND_SNAPSHOTS = 9_900_000
MAX_SNAPSHOTS = 2_000_000


def encode_networks(
    networks: Sequence[Sequence[np.ndarray]], quantised: Sequence[Sequence[QuantisedWeights]]
) -> list[list[dict[str, Any]]]:
    """Encode the networks of an ensemble: exactly, or, if too large, with 8 bits what fits.

    Parameters
    ----------
    networks
        For each network the weights of each layer, float32, (neurons, inputs + 1).
    quantised
        The same networks.

    Returns
    -------
    list
        At least one network, each a list of layers.
    """
    exact = [[encode_layer(weights) for weights in layers] for layers in networks]
    if _n_bytes(exact) <= MAX_NETWORKS:
        return exact
    encoded: list[list[dict[str, Any]]] = []
    for layers in quantised:
        network = [
            {"neurons": len(values), "weights": to_base64(values, "i1"), "scale": scale}
            for values, scale in layers
        ]
        if encoded and _n_bytes([*encoded, network]) > MAX_NETWORKS:
            break
        encoded.append(network)
    return encoded


def encode_layer(weights: np.ndarray) -> dict[str, Any]:
    """Encode the weights of a layer, float32, (neurons, inputs + 1), exactly."""
    return {"neurons": len(weights), "weights": to_base64(weights, "<f4")}


def encode_snapshots(
    snapshots: Sequence[Sequence[QuantisedWeights]], networks: list[list[dict[str, Any]]]
) -> tuple[range, list[dict[str, Any]]]:
    """Encode snapshots of a network's training: all, or of many that do not fit every second, ...

    Each is the difference, modulo 256, from the one before it, which compresses to a third.

    Parameters
    ----------
    snapshots
        The layers of the network at each snapshot.
    networks
        What `encode_networks` returned.

    Returns
    -------
    indices : range
        Of the snapshots that are encoded; the first among them, or none.
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


def to_base64(array: np.ndarray, dtype: str) -> str:
    """Encode the bytes of an array."""
    return _base64(np.ascontiguousarray(array, dtype).tobytes())


def _encode_differences(snapshots: Sequence[Sequence[QuantisedWeights]]) -> list[dict[str, Any]]:
    encoded = []
    previous: np.ndarray | None = None
    for layers in snapshots:
        values = np.concatenate([layer.ravel() for layer, _ in layers])
        differences = values if previous is None else values - previous
        text = _base64(zlib.compress(differences.tobytes()))
        encoded.append({"weights": text, "scales": [scale for _, scale in layers]})
        previous = values
    return encoded


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _n_bytes(encoded: list[Any]) -> int:
    return len(json.dumps(encoded))
