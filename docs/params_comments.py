"""params.yaml's comments, made from the options' help texts.

`python -m docs.params_comments` writes them; with `--check` it only compares.
"""

import re
import sys
from pathlib import Path

from stages.cli.parameters import PARAMETERS

FILE = Path(__file__).parent.parent / "params.yaml"


def with_comments(text: str) -> str:
    """Put its parameter's help text behind each value."""
    lines, section = [], ""
    for line in text.splitlines():
        entry = re.match(r"(?P<start>(?P<indent> *)(?P<name>\w+):(?P<value>[^#]*))", line)
        if entry and not entry["value"].strip():
            section = f"{entry['name']}."
        elif entry:
            parameter = PARAMETERS[(section if entry["indent"] else "") + entry["name"]]
            line = f"{entry['start'].rstrip()} # {parameter.help}"
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = FILE.read_text(encoding="utf-8")
    if sys.argv[1:] == ["--check"]:
        if with_comments(text) != text:
            sys.exit(f"{FILE.name}: comments differ from the help texts: run `make docs`")
    else:
        FILE.write_text(with_comments(text), encoding="utf-8")
