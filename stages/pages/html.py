"""Pages of one file each: style and scripts within, no network requests."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files

from stages.classifier.model_file import Model

_FOLDER = files("stages.pages") / "assets"


def assemble(name: str, data: Mapping[str, object]) -> str:
    """Return a page with its style, scripts and data, and a policy that forbids all others.

    Parameters
    ----------
    name
        Name of the page's file. It names the files of its style and scripts, which are beside it.
    data
        For its scripts, as JSON can hold it.

    Returns
    -------
    str
        HTML. Its Content-Security-Policy allows no connections, and images only within the page.
    """
    html = _read(name)
    hashes = []

    def inline_script(match: re.Match[str]) -> str:
        content = _read(match[1])
        digest = hashlib.sha256(content.encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
        return f"<script>{content}</script>"

    html = re.sub(r'<script src="([\w.]+)"></script>', inline_script, html)
    html = re.sub(
        r'<link rel="stylesheet" href="([\w.]+)">',
        lambda match: f"<style>\n{_read(match[1])}</style>",
        html,
    )
    scripts = " ".join(hashes) or "'none'"
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src " + scripts
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    html = html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}')
    # Names in the data could contain </script>.
    json_text = json.dumps(data).replace("<", "\\u003c")
    placeholder = '<script id="data" type="application/json">'
    return html.replace(placeholder, placeholder + json_text)


def describe_model(model: Model) -> dict[str, object]:
    """Return what every page says of a model, as JSON can hold it."""
    first = model.ensemble.networks[0]
    return {
        "dataset": model.dataset,
        "classes": model.classes,
        "ensembleSize": len(model.ensemble.networks),
        "sizes": first.sizes,
        "activation": first.activation,
        "loss": first.loss_name,
    }


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
