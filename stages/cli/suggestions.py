"""What a misspelt or an old name was meant to be."""

import difflib
from collections.abc import Iterable

# Parameters that had another name once.
RENAMED = {
    "train.decay": "train.learning_rate_schedule",
    "train.validation": "train.validation_fraction",
    "train.members": "train.ensemble_size",
    "train.deform": "train.augment",
}


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Say that a parameter does not exist, and which one is meant if that can be told.

    Parameters
    ----------
    name
        The name, with its section, as in `train.epoch`.
    known
        The names that exist.
    """
    if name in RENAMED:
        return f"{name} is now called {RENAMED[name]}"
    return f"no parameter is called {name}{did_you_mean(name, known)}"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Ask, at the end of a sentence, whether the nearest known name is meant.

    Names are compared without their section: `train.lr` is not near `train.loss`.

    Parameters
    ----------
    name
        The name that is not known.
    known
        The names that exist.

    Returns
    -------
    str
        Text such as `; did you mean train.epochs?`; empty if no known name is near.
    """
    by_last_word = {full.rpartition(".")[2]: full for full in known}
    near = difflib.get_close_matches(str(name).rpartition(".")[2], by_last_word, n=1, cutoff=0.6)
    return f"; did you mean {by_last_word[near[0]]}?" if near else ""
