"""Write the figures and numbers of docs/how-it-learns.md; with `--check`, only compare.

A number of the page has its name behind it, in a comment that readers do not see, such as
`10.6<!-- random_mean -->`.
"""

import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.how_it_learns.figures import FIGURES
from docs.how_it_learns.measurements import numbers
from docs.how_it_learns.quotation import ROOT
from stages.reporting import plots

PAGE = ROOT / "docs" / "how-it-learns.md"
FOLDER = Path(__file__).parent


def with_numbers(text: str, values: Mapping[str, str]) -> str:
    """Put its value before each name; a name without a value raises KeyError."""
    return re.sub(
        r"[-\d.,]+<!-- (\w+) -->", lambda found: f"{values[found[1]]}<!-- {found[1]} -->", text
    )


def draw(name: str) -> bytes:
    """Draw a figure, and return it as PNG."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        plots.save(FIGURES[name](), path)
        return path.read_bytes()


def main(check: bool) -> None:
    """Write what differs; if `check`, exit with its name instead."""
    text = PAGE.read_text(encoding="utf-8")
    new_text = with_numbers(text, numbers())
    contents = {PAGE: (text.encode(), new_text.encode())}
    for name in FIGURES:
        path = FOLDER / f"{name}.png"
        contents[path] = (path.read_bytes() if path.exists() else b"", draw(name))
    for path, (old, new) in contents.items():
        if old != new and check:
            sys.exit(f"{path.relative_to(ROOT)}: differs from what the code gives: run `make docs`")
        if old != new:
            path.write_bytes(new)


if __name__ == "__main__":
    if platform.machine() in ("x86_64", "AMD64"):
        main(check=sys.argv[1:] == ["--check"])
    else:
        print(f"{PAGE.name} is left as it is: its last digits are those of x86-64")
