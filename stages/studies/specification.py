"""A study's file: variants of the parameters, or a grid of them, checked by their own options.

Its keys are `seeds`, their number; optionally `train` and `augment`, parameters that all variants
have (others are those of params.yaml); and either `variants` or `grid`.

`variants`: each has a `name`, and optionally `train` and `augment` parameters of its own and the
`published` accuracy in percent. Beside them stand `baseline`, the name of the variant that all are
compared with; optionally `published_by`, the source of the published figures; and optionally
`claims`, each of which `says` that the variant named by `better` is better than the one named by
`worse`.

`grid`: parameters, such as `train.learning_rate`, each with a list of values. Each combination is a
variant, and each value is compared with the first of its list over all values of the others.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from stages.cli.errors import ParamsError, UserError
from stages.cli.parameters import TRAINING, check_params
from stages.cli.params_file import read_params
from stages.cli.suggestions import did_you_mean, unknown_name
from stages.runtime.yaml_file import read_yaml

# Parameters that a variant can have: the seeds are the study's.
_KEYS = tuple(parameter.key for parameter in TRAINING if parameter.key != "train.seed")
_SECTIONS = ("train", "augment")
MAX_SEEDS = 1000
MAX_VARIANTS = 1000


@dataclass(frozen=True)
class Variant:
    """One set of training parameters.

    `params` are all parameters of `train` and `augment` but the seed, by their last names,
    converted by their options.
    """

    name: str
    params: dict[str, Any]
    published: float | None = None  # accuracy in percent


class Group(NamedTuple):
    """Variants, by name, whose mean accuracy is compared with that of another group."""

    name: str
    variants: tuple[str, ...]


Comparison = tuple[Group, Group]


class Claim(NamedTuple):
    """A statement that the variant named `better` is better than the one named `worse`."""

    statement: str
    better: str
    worse: str


@dataclass(frozen=True)
class StudySpec:
    """What to train, what to compare, and which claims to test; a grid's results are ranked."""

    variants: tuple[Variant, ...]
    comparisons: tuple[Comparison, ...]
    seeds: tuple[int, ...]
    claims: tuple[Claim, ...] = ()
    published_by: str = "published"
    is_grid: bool = False


def read(path: Path) -> StudySpec:
    """Read a study's file.

    Raises
    ------
    YamlError
        If the file cannot be read, or holds no names and values.
    UserError
        For the first key or value that is missing or invalid, in the file or in params.yaml.
    """
    content = read_yaml(path)
    params = read_params()
    check_params(params)
    if "grid" in content:
        _check_keys(path, content, {"seeds", "grid"}, _SECTIONS)
    else:
        optional = {"claims", "published_by", *_SECTIONS}
        _check_keys(path, content, {"seeds", "baseline", "variants"}, optional)
    n_seeds = content["seeds"]
    if type(n_seeds) is not int or not 1 <= n_seeds <= MAX_SEEDS:
        raise UserError(f"{path}: seeds: must be a whole number from 1 to {MAX_SEEDS}")
    seeds = tuple(range(1, n_seeds + 1))
    shared = _own_params(path, content)
    if "grid" in content:
        return StudySpec(*_read_grid(path, content, params, shared), seeds, is_grid=True)
    variants = tuple(
        _variant(path, entry, params, shared) for entry in _entries(path, content, "variants")
    )
    names = [variant.name for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{path}: variants: {name} is there twice")
    claims = []
    for entry in _entries(path, content, "claims") if "claims" in content else []:
        _check_keys(f"{path}: claims", entry, {"says", "better", "worse"})
        claims.append(Claim(str(entry["says"]), str(entry["better"]), str(entry["worse"])))
    baseline = str(content["baseline"])
    pairs = [(name, baseline) for name in names if name != baseline]
    pairs += [(claim.better, claim.worse) for claim in claims]
    for name in [baseline, *(name for pair in pairs for name in pair)]:
        if name not in names:
            raise UserError(f"{path}: no variant is called {name}{did_you_mean(name, names)}")
    unique: dict[frozenset[str], Comparison] = {}
    for a, b in pairs:
        unique.setdefault(frozenset((a, b)), (Group(a, (a,)), Group(b, (b,))))
    return StudySpec(
        variants=variants,
        comparisons=tuple(unique.values()),
        seeds=seeds,
        claims=tuple(claims),
        published_by=str(content.get("published_by", "published")),
    )


def _read_grid(
    path: Path, content: dict[str, Any], params: dict[str, Any], shared: dict[str, Any]
) -> tuple[tuple[Variant, ...], tuple[Comparison, ...]]:
    grid, where = content["grid"], f"{path}: grid"
    if not isinstance(grid, dict) or not grid:
        raise UserError(f"{where}: must hold parameters, each with a list of values")
    for key, values in grid.items():
        if not isinstance(values, list) or not values:
            raise UserError(f"{where}: {key}: must be a list of values, as in [1, 2]")
        if any(values.count(value) > 1 for value in values):
            raise UserError(f"{where}: {key}: a value is there twice")
    if not 2 <= (n_variants := prod(map(len, grid.values()))) <= MAX_VARIANTS:
        raise UserError(f"{where}: has {n_variants:,} combinations; from 2 to {MAX_VARIANTS:,} fit")
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    names = [", ".join(map(_level, each, each.values())) for each in combinations]

    def group(key: str, value: Any) -> Group:
        pairs = zip(names, combinations, strict=True)
        return Group(_level(key, value), tuple(name for name, each in pairs if each[key] == value))

    variants = tuple(
        Variant(name, _merge(where, params, shared | each))
        for name, each in zip(names, combinations, strict=True)
    )
    return variants, tuple(
        (group(key, value), group(key, first))
        for key, (first, *others) in grid.items()
        for value in others
    )


def _level(key: str, value: Any) -> str:
    return f"{str(key).rpartition('.')[2]} {value}"


def _variant(
    path: Path, entry: dict[str, Any], params: dict[str, Any], shared: dict[str, Any]
) -> Variant:
    _check_keys(f"{path}: variants", entry, {"name"}, {"published", *_SECTIONS})
    name, published = str(entry["name"]), entry.get("published")
    if not name.isprintable():
        raise UserError(f"{path}: variants: a name must be printable text on one line: {name!r}")
    where = f"{path}: {name}"
    if published is not None and (type(published) not in (int, float) or not 0 <= published <= 100):
        raise UserError(
            f"{where}: published: must be a number from 0 to 100, in percent, not {published!r}"
        )
    return Variant(name, _merge(where, params, shared | _own_params(where, entry)), published)


def _own_params(where: Path | str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters in the sections of an entry, by key, such as `train.epochs`."""
    own_params: dict[str, Any] = {}
    for section in _SECTIONS:
        values = entry.get(section, {})
        if not isinstance(values, dict):
            raise UserError(f"{where}: {section}: must hold names and values, or be {{}}")
        own_params |= {f"{section}.{name}": value for name, value in values.items()}
    return own_params


def _merge(where: str, params: dict[str, Any], own_params: dict[str, Any]) -> dict[str, Any]:
    """Return all parameters of a variant by name; its own replace those of params.yaml."""
    merged = params | {section: dict(params.get(section, {})) for section in _SECTIONS}
    for key, value in own_params.items():
        if key not in _KEYS:
            raise UserError(f"{where}: {unknown_name(str(key), _KEYS)}")
        section, _, name = key.partition(".")
        merged[section][name] = value
    try:
        values = check_params(merged)
    except ParamsError as error:
        raise UserError(f"{where}: {error.problem}") from error
    for key in _KEYS:
        if key not in values:
            raise UserError(f"{where}: {key} is neither here nor in params.yaml")
    return {key.rpartition(".")[2]: values[key] for key in _KEYS}


def _entries(path: Path, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content[key]
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{path}: {key}: must be a list, with a dash before each")
    return entries


def _check_keys(
    where: Path | str, entry: Any, required: Collection[str], optional: Collection[str] = ()
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
