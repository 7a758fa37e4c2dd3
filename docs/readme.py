"""The README's tables, made from the code; `make readme` writes them, `make lint` compares."""

import re
from importlib import import_module
from pathlib import Path

import click
from ruamel.yaml import YAML

from stages.check import COMMANDS
from stages.cli.options import SHARED_KEYS, StageCommand

ROOT = Path(__file__).parent.parent
# Commands that no stage of the pipeline runs.
FOR_PEOPLE = ("compare", "study")


def _command(name: str) -> StageCommand:
    command: StageCommand = getattr(import_module(f"stages.{name}"), name)
    return command


def parameters() -> str:
    """Make a table of every key of params.yaml: its default, range and meaning."""
    lines = ["| parameter | default | what it does |", "|---|---|---|"]
    for section, values in YAML(typ="safe").load(ROOT / "params.yaml").items():
        shared = section in SHARED_KEYS
        for key, value in ({section: values} if shared else values).items():
            command = _command("download" if shared else section)
            option = next(option for option in command.params if option.name == key)
            assert isinstance(option, click.Option)
            name = key if shared else f"{section}.{key}"
            limits = getattr(option.type, "_describe_range", lambda: "")().replace("x", key)
            about = f"{option.help} {f'`{limits}`' if limits else ''}"
            lines.append(f"| `{name}` | `{value}` | {about.strip()} |")
    return "\n".join(lines)


def commands() -> str:
    """Make a list of every command: what it does and its example."""
    entries = []
    for name in ("check", *COMMANDS, *FOR_PEOPLE):
        command = _command(name)
        example = str(command.epilog).rpartition("\n")[2].strip()
        entries.append(f"| `{example}` | {str(command.help).partition(chr(10))[0]} |")
    return "\n".join(["| for example | what it does |", "|---|---|", *entries])


def study() -> str:
    """Give the tables of the diary's study on MNIST, as it ran."""
    return (ROOT / "docs" / "study" / "diary.md").read_text().rstrip()


def targets() -> str:
    """Make a table of the Makefile's targets."""
    found = re.findall(r"^(\w+):.*?## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    rows = [f"| `make {name}` | {about} |" for name, about in found]
    return "\n".join(["| target | what it does |", "|---|---|", *rows])
