"""A study's file: named variants of the parameters of `train`, checked by its own options.

Its keys are `seeds`, their number; `variants`, each with a `name`, its `train` and `augment`
parameters (the others are those of params.yaml) and optionally the `published` accuracy in percent;
`baseline`, the name of the variant that all are compared with; optionally `published_by`, the
source of the published figures; and optionally `claims`, each of which `says` that the variant
named by `better` is better than the one named by `worse`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.cli.errors import ParamsError, UserError
from stages.cli.parameters import TRAINING, check_params
from stages.cli.params_file import read_params, read_yaml
from stages.cli.suggestions import did_you_mean, unknown_name
from stages.studies.results import Claim

# Parameters that a variant can have: the seeds are the study's.
_KEYS = tuple(parameter.key for parameter in TRAINING if parameter.key != "train.seed")
_SECTIONS = ("train", "augment")
MAX_SEEDS = 1000
_OPTIONAL = {"claims", "published_by"}


@dataclass(frozen=True)
class Variant:
    """One set of training parameters.

    Attributes
    ----------
    name
        Name in the study's file.
    params
        All parameters of `train` and `augment` but the seed, by their last names, converted by
        their options.
    published
        Published accuracy in percent, if any.
    """

    name: str
    params: dict[str, Any]
    published: float | None

    @property
    def architecture(self) -> tuple[Any, ...]:
        """What initial weights depend on, but for the seed and the scale of the last layer."""
        return tuple(self.params[key] for key in ("hidden", "activation", "ensemble_size"))


@dataclass(frozen=True)
class StudySpec:
    """What to train, and which claims to test."""

    variants: tuple[Variant, ...]
    baseline: str
    seeds: tuple[int, ...]
    claims: tuple[Claim, ...]
    published_by: str


def read(path: Path) -> StudySpec:
    """Read a study's file.

    Raises
    ------
    UserError
        For the first key or value that is missing or invalid, in the file or in params.yaml.
    """
    content = read_yaml(path)
    params = read_params()
    check_params(params)
    _check_keys(path, content, {"seeds", "baseline", "variants"}, _OPTIONAL)
    n_seeds = content["seeds"]
    if type(n_seeds) is not int or not 1 <= n_seeds <= MAX_SEEDS:
        raise UserError(f"{path}: seeds: must be a whole number from 1 to {MAX_SEEDS}")
    variants = tuple(_variant(path, entry, params) for entry in _entries(path, content, "variants"))
    names = [variant.name for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{path}: variants: {name} is there twice")
    claims = []
    for entry in _entries(path, content, "claims") if "claims" in content else []:
        _check_keys(f"{path}: claims", entry, {"says", "better", "worse"})
        claims.append(Claim(str(entry["says"]), str(entry["better"]), str(entry["worse"])))
    baseline = str(content["baseline"])
    for name in [baseline, *(name for claim in claims for name in claim.names)]:
        if name not in names:
            raise UserError(f"{path}: no variant is called {name}{did_you_mean(name, names)}")
    return StudySpec(
        variants=variants,
        baseline=baseline,
        seeds=tuple(range(1, n_seeds + 1)),
        claims=tuple(claims),
        published_by=str(content.get("published_by", "published")),
    )


def _variant(path: Path, entry: dict[str, Any], params: dict[str, Any]) -> Variant:
    _check_keys(f"{path}: variants", entry, {"name", "train"}, {"augment", "published"})
    name, published = str(entry["name"]), entry.get("published")
    if not name.isprintable():
        raise UserError(f"{path}: variants: a name must be printable text on one line: {name!r}")
    where = f"{path}: {name}"
    if published is not None and (type(published) not in (int, float) or not 0 <= published <= 100):
        raise UserError(
            f"{where}: published: must be a number from 0 to 100, in percent, not {published!r}"
        )
    merged = dict(params)
    for section in _SECTIONS:
        own_params = entry.get(section, {})
        if not isinstance(own_params, dict):
            raise UserError(f"{where}: {section}: must hold names and values, or be {{}}")
        for key in own_params:
            if f"{section}.{key}" not in _KEYS:
                raise UserError(f"{where}: {unknown_name(f'{section}.{key}', _KEYS)}")
        merged[section] = params.get(section, {}) | own_params
    try:
        values = check_params(merged)
    except ParamsError as error:
        raise UserError(f"{where}: {error.problem}") from error
    for key in _KEYS:
        if key not in values:
            raise UserError(f"{where}: {key} is neither here nor in params.yaml")
    return Variant(name, {key.rpartition(".")[2]: values[key] for key in _KEYS}, published)


def _entries(path: Path, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content[key]
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{path}: {key}: must be a list, with a dash before each")
    return entries


def _check_keys(
    where: Path | str,
    entry: Any,
    required: Collection[str],
    optional: Collection[str] = (),
) -> None:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: each must hold names and values, not {entry!r}")
    known = {*required, *optional}
    for key in entry:
        if key not in known:
            raise UserError(f"{where}: unknown key {key}{did_you_mean(key, sorted(known))}")
    for key in sorted(required):
        if key not in entry:
            raise UserError(f"{where}: {key} is missing")
