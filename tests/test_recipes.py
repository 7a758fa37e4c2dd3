"""The recipes: files with the parameters that differ from params.yaml."""

from pathlib import Path

import pytest

from stages.cli.parameters import check_params
from stages.cli.params_file import flatten
from stages.runtime.yaml_file import read_yaml
from tests.helpers.commands import ROOT

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_holds_valid_parameters_that_differ_from_the_defaults(path: Path) -> None:
    params = read_yaml(ROOT / "params.yaml")
    defaults = flatten(params)
    recipe = read_yaml(path)
    for name, value in recipe.items():
        params[name] = params[name] | value if isinstance(value, dict) else value
    check_params(params)
    assert {key for key, value in flatten(recipe).items() if value == defaults[key]} == set()
    assert path.read_text(encoding="utf-8").startswith("# ")
