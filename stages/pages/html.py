"""Pages of one file each: style and scripts within, no network requests."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files

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
        HTML. Its Content-Security-Policy allows no connections, no images, and no other scripts.
    """
    html = _read(name)
    hashes = []

    def inline_script(match: re.Match[str]) -> str:
        content = _read(match[1])
        digest = hashlib.sha256(content.encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
        return f"<script{match[2]}>{content}</script>"

    html = re.sub(r'<script src="([\w.]+)"([^>]*)></script>', inline_script, html)
    html = re.sub(
        r'<link rel="stylesheet" href="([\w.]+)">',
        lambda match: f"<style>\n{_read(match[1])}</style>",
        html,
    )
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; worker-src blob:;"
        f" script-src {' '.join(hashes)}"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    html = html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}')
    # Names in the data could contain </script>.
    json_text = json.dumps(data).replace("<", "\\u003c")
    placeholder = '<script id="data" type="application/json">'
    return html.replace(placeholder, placeholder + json_text)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
