"""Pages of one file each: style and scripts within, no network requests."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files

_FOLDER = files("stages.pages") / "assets"
# What the file of a page has: its title, its styles, <main>, and its scripts.
_PARTS = re.compile(r"<title>(.*)</title>\n(.*)(<main>.*</main>)\n(.*)", re.DOTALL)


def assemble(name: str, data: Mapping[str, object]) -> str:
    """Return a page with its style, scripts and data, and a policy that forbids all others.

    Parameters
    ----------
    name
        Name of the page's file, which has what differs from other pages: frame.html has the rest.
    data
        For its scripts, as JSON can hold it.

    Returns
    -------
    str
        HTML. Its Content-Security-Policy allows no connections, no images, and no other scripts.
    """
    [(title, styles, main, scripts)] = _PARTS.findall(_read(name))
    html = _read("frame.html").format(title=title, styles=styles, main=main, scripts=scripts)
    hashes = []

    def inline_script(match: re.Match[str]) -> str:
        content = _read(match[1])
        digest = hashlib.sha256(content.encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
        return f"<script{match[2]}>{content}</script>"

    html = re.sub(r'<script src="([\w.]+)"([^>]*)></script>', inline_script, html)
    style = r'<link rel="stylesheet" href="([\w.]+)">'
    html = re.sub(style, lambda match: f"<style>\n{_read(match[1])}</style>", html)
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; worker-src blob:;"
        f" script-src {' '.join(hashes)}"
    )
    html = html.replace('Policy" content=""', f'Policy" content="{policy}"')
    # Names in the data could contain </script>.
    json_text = json.dumps(data).replace("<", "\\u003c")
    return html.replace('json"></script>', f'json">{json_text}</script>')


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
