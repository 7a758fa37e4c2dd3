"""Suggestions for a name that does not exist: the nearest one, or the same thing elsewhere."""

import difflib
from collections.abc import Iterable

# What scikit-learn, Keras, PyTorch or Nielsen's book call a parameter.
SYNONYMS = {
    "lr": "learning_rate",
    "eta": "learning_rate",
    "learning_rate_init": "learning_rate",
    "max_iter": "epochs",
    "n_epochs": "epochs",
    "mini_batch_size": "batch_size",
    "hidden_layer_sizes": "hidden",
    "layers": "hidden",
    "random_state": "seed",
    "alpha": "weight_decay",
    "lmbda": "weight_decay",
    "validation_split": "validation_fraction",
}


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Say that a parameter does not exist, and which one is meant if that can be told."""
    return f"no parameter is called {name}{did_you_mean(name, known)}"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Ask, at the end of a sentence, whether the nearest known name is meant.

    Names are compared without their section, so that `train.shift` is near `augment.shift`. The
    text is such as `; did you mean train.epochs?`; empty if no known name is near.
    """
    by_last_word = {full.rpartition(".")[2]: full for full in known}
    word = str(name).rpartition(".")[2]
    word = SYNONYMS.get(word, word)
    near = difflib.get_close_matches(word, by_last_word, n=1, cutoff=0.6)
    return f"; did you mean {by_last_word[near[0]]}?" if near else ""
