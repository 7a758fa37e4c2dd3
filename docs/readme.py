"""Tables of the pages, made from the code; `make docs` writes them, `make lint` checks."""

import json
import re
from importlib import import_module
from pathlib import Path

from ruamel.yaml import YAML

from stages.cli.command import StageCommand
from stages.cli.parameters import PARAMETERS
from stages.cli.params_file import flatten
from stages.datasets.catalogue import CATALOGUE

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "check",
    "gather",
    "download",
    "convert",
    "train",
    "evaluate",
    "demo",
    "lab",
    "report",
    "predict",
    "compare",
    "study",
    "verify",
)


def _command(name: str) -> StageCommand:
    command: StageCommand = getattr(import_module(f"stages.{name}"), name)
    return command


def parameters() -> str:
    """Make a table of every key of params.yaml: its default, range and meaning."""
    lines = ["| parameter | default | what it does |", "|---|---|---|"]
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    for key, parameter in PARAMETERS.items():
        section, _, name = key.rpartition(".")
        value = params[section][name] if section else params[name]
        limits = getattr(parameter.type, "_describe_range", lambda: "")().replace("x", name)
        about = f"{parameter.help} {f'`{limits}`' if limits else ''}"
        lines.append(f"| `{key}` | `{value}` | {about.strip()} |")
    return "\n".join(lines)


def commands() -> str:
    """Make a list of every command: what it does and its example."""
    entries = []
    for name in COMMANDS:
        command = _command(name)
        example = str(command.epilog).rpartition("\n")[2].strip()
        entries.append(f"| `{example}` | {str(command.help).partition(chr(10))[0]} |")
    return "\n".join(["| for example | what it does |", "|---|---|", *entries])


def datasets() -> str:
    """Make a table of the catalogue: each dataset with its licence and what to cite."""
    lines = ["| dataset | classes | licence | cite |", "|---|---|---|---|"]
    for name, dataset in CATALOGUE.items():
        classes = ", ".join(dataset.classes)
        link = f"[`{name}`]({dataset.source})"
        lines.append(f"| {link} | {classes} | {dataset.licence} | {dataset.paper} |")
    return "\n".join(lines)


def recipes() -> str:
    """Make a table of the recipes: the parameters that differ from params.yaml."""
    lines = ["| recipe | parameters |", "|---|---|"]
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        params = flatten(YAML(typ="safe").load(path))
        values = ", ".join(f"`{key}={json.dumps(value)}`" for key, value in params.items())
        about = path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"| `{path.stem}` | {about} {values} |")
    return "\n".join(lines)


def study(name: str) -> str:
    """Give the page of a study, as it ran."""
    return (ROOT / "docs" / "study" / f"{name}.md").read_text("utf-8").rstrip()


def study_tables(name: str) -> str:
    """Give the tables of a study alone."""
    return "\n\n".join(part for part in study(name).split("\n\n") if part.startswith("|"))


def targets() -> str:
    """Make a table of the Makefile's targets."""
    found = re.findall(r"^([\w-]+):.*?## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    rows = [f"| `make {name}` | {about} |" for name, about in found]
    return "\n".join(["| target | what it does |", "|---|---|", *rows])
