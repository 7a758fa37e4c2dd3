"""A study's file: named variants of the parameters of `train`, checked by its own options.

It holds `seeds`, how many; `variants`, each with a `name`, its `train` parameters (the others are
those of params.yaml) and, if there is one, the accuracy `published` for it in percent; `baseline`,
the name of the variant that all are compared with; if they like, `published_by`, whose figures the
published ones are; and `claims`: each `says` that the variant named under `better` is better than
the one under `worse`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.cli.errors import ParamsError, UserError
from stages.cli.parameters import TRAINING, check_params
from stages.cli.params_file import read_params, read_yaml
from stages.cli.suggestions import did_you_mean, unknown_name
from stages.experiments.study_results import Claim

_OPTIONAL = {"claims", "published_by"}


@dataclass(frozen=True)
class Variant:
    """One way to train.

    Attributes
    ----------
    name
        What people call it.
    params
        All parameters of `train`, as its options read them, but for the seed.
    published
        Accuracy that somebody else reported for it, in percent.
    """

    name: str
    params: dict[str, Any]
    published: float | None


@dataclass(frozen=True)
class Plan:
    """All that is to be trained and answered."""

    variants: tuple[Variant, ...]
    baseline: str
    seeds: tuple[int, ...]
    claims: tuple[Claim, ...]
    published_by: str


def read(path: Path) -> Plan:
    """Read a study's file.

    Raises
    ------
    UserError
        For the first thing in it, or in params.yaml, that is lacking or cannot be.
    """
    content = read_yaml(path)
    params = read_params()
    check_params(params)
    _check_keys(path, content, {"seeds", "baseline", "variants"}, _OPTIONAL)
    seeds = content["seeds"]
    if not isinstance(seeds, int) or isinstance(seeds, bool) or seeds < 1:
        raise UserError(f"{path}: seeds: must be a whole number from 1 up, not {seeds!r}")
    variants = tuple(_variant(path, entry, params) for entry in _entries(path, content, "variants"))
    names = [variant.name for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{path}: variants: {name} is there twice")
    claims = []
    for entry in _entries(path, content, "claims") if "claims" in content else []:
        _check_keys(f"{path}: claims", entry, {"says", "better", "worse"})
        claims.append(Claim(**{key: str(value) for key, value in entry.items()}))
    for name in [content["baseline"], *(name for claim in claims for name in claim.names)]:
        if name not in names:
            raise UserError(f"{path}: no variant is called {name}{did_you_mean(name, names)}")
    return Plan(
        variants=variants,
        baseline=content["baseline"],
        seeds=tuple(range(1, seeds + 1)),
        claims=tuple(claims),
        published_by=str(content.get("published_by", "published")),
    )


def _variant(path: Path, entry: dict[str, Any], params: dict[str, Any]) -> Variant:
    _check_keys(f"{path}: variants", entry, {"name", "train"}, {"published"})
    name, own, published = str(entry["name"]), entry["train"], entry.get("published")
    where = f"{path}: {name}"
    settable = [parameter.key for parameter in TRAINING if parameter.key != "train.seed"]
    if not isinstance(own, dict):
        raise UserError(f"{where}: train: must hold names and values, or be {{}}")
    if not isinstance(published, int | float | None):
        raise UserError(f"{where}: published: must be a number, in percent, not {published!r}")
    for key in own:
        if f"train.{key}" not in settable:
            raise UserError(f"{where}: {unknown_name(f'train.{key}', settable)}")
    try:
        values = check_params(params | {"train": params.get("train", {}) | own})
    except ParamsError as error:
        raise UserError(f"{where}: {error.problem}") from error
    for key in settable:
        if key not in values:
            raise UserError(f"{where}: {key} is neither here nor in params.yaml")
    return Variant(name, {key.removeprefix("train."): values[key] for key in settable}, published)


def _entries(path: Path, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content[key]
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{path}: {key}: must be a list, with a dash before each")
    return entries


def _check_keys(
    where: Path | str,
    entry: Any,
    needed: Collection[str],
    allowed: Collection[str] = (),
) -> None:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: each must hold names and values, not {entry!r}")
    for key in entry:
        if key not in {*needed, *allowed}:
            hint = did_you_mean(key, sorted({*needed, *allowed}))
            raise UserError(f"{where}: {key} means nothing here{hint}")
    for key in sorted(needed):
        if key not in entry:
            raise UserError(f"{where}: {key} is missing")
