"""Check the exercises of docs/exercises.md."""

import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

from docs.exercises.checks import EXERCISES

FOLDER = Path(__file__).parent


def complaints(name: str) -> list[str]:
    """Import a reader's answer and check it; what it raises is a complaint, too."""
    exercise = EXERCISES[name]
    try:
        answer = getattr(import_module(f"docs.exercises.{name}"), exercise.attribute)
        return exercise.complaints(answer)
    except NotImplementedError:
        return ["not written yet"]
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename) == FOLDER / f"{name}.py"]
        where = f"line {lines[-1]}: " if lines else ""
        return [f"{where}{type(error).__name__}: {error}"]


@click.command(epilog="\b\nExample:\n  python -m docs.exercises forward")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(EXERCISES)))
def main(names: tuple[str, ...]) -> None:
    """Check exercises, all of them if none is named, and say which term is missing."""
    is_right = True
    for name in names or EXERCISES:
        found = complaints(name)
        is_right = is_right and not found
        for line in found or [f"right; the project has it as {EXERCISES[name].solution}"]:
            click.echo(f"docs/exercises/{name}.py: {line}")
    sys.exit(not is_right)


if __name__ == "__main__":
    main()
