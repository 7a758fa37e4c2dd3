"""Reads a file over HTTP, trusting nothing that the server says."""

from collections.abc import Generator
from contextlib import closing
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from stages.datasets.errors import SourceError
from stages.datasets.transfer import CHUNK_BYTES, Chunk, Limits

_MAX_REDIRECTS = 10


class _Session(requests.Session):
    """A session that leaves redirects to its caller.

    `requests` reads the whole body of a redirect into memory, even if told not to follow it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that there is no redirect."""


def read_url(url: str, limits: Limits) -> Generator[Chunk, None, None]:
    """Read the body of a URL as it is stored, whatever content encoding the server claims.

    Parameters
    ----------
    url
        An http or https address.
    limits
        Its timeouts and its size are observed here; its deadline is not.

    Yields
    ------
    Chunk
        The next bytes, and the size of the file if the server states it.

    Raises
    ------
    SourceError
        If the server does not deliver. Other errors can come from malformed answers.
    """
    try:
        with _Session() as session, closing(_open(session, url, limits)) as response:
            response.raise_for_status()
            total = response.raw.length_remaining
            if total and total > limits.max_bytes:
                raise SourceError(f"claims to have {total:,} bytes, more than {limits.max_bytes:,}")
            # `read1` reads what has arrived. `read` would take a chunk of length -1 for "all".
            while data := response.raw.read1(CHUNK_BYTES, decode_content=False):
                yield Chunk(data, total)
    except (requests.RequestException, HTTPError) as error:
        raise SourceError(_describe(error, limits)) from error


def _open(session: requests.Session, url: str, limits: Limits) -> requests.Response:
    """Send the request and follow redirects, whose bodies are not read."""
    for _ in range(_MAX_REDIRECTS + 1):
        response = session.get(
            url,
            stream=True,
            timeout=(limits.connect_timeout, limits.read_timeout),
            headers={"Accept-Encoding": "identity"},
        )
        location = requests.Session.get_redirect_target(session, response)
        if location is None:
            return response
        response.close()
        url = urljoin(url, location)
    raise SourceError(f"more than {_MAX_REDIRECTS} redirects")


def _describe(error: Exception, limits: Limits) -> str:
    """Describe a network error in a few words: the text of `requests` wraps three layers."""
    if isinstance(error, requests.HTTPError):
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {limits.connect_timeout:g} seconds"
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return f"no data for {limits.read_timeout:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.ConnectionError | ProtocolError):
        return "no connection, or the connection was lost"
    return f"failed ({type(error).__name__})"  # its text may quote a URL with a password
