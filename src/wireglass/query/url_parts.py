"""The parts of a recorded URL (RFC 3986, appendix B). Never raises: what was recorded need not be a valid one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus

_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.DOTALL)
_PORT = re.compile(r":([0-9]{1,5})$", re.ASCII)
_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^/?#:\[\]]+):[0-9]{1,5}", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

MOST_PARAMETERS = 1000
"""Parameters of a query string that are looked at."""


class UrlParts(NamedTuple):
    scheme: str
    """Lower case; empty for a tunnel, whose URL is ``host:port``."""
    port: int | None
    """The written one, or the scheme's."""
    path: str
    """As it was sent, percent signs and all; without the query string."""
    query: str


@lru_cache(maxsize=64)
def url_parts(url: str) -> UrlParts:
    if _AUTHORITY.fullmatch(url):  # of a tunnel
        return UrlParts("", int(url.rpartition(":")[2]), "", "")
    match = _URL.match(url)
    assert match is not None  # every part may be empty
    scheme, authority, path, query = match.groups(default="")
    scheme = scheme.lower()
    port = _PORT.search(authority)
    return UrlParts(scheme, int(port[1]) if port else _DEFAULT_PORTS.get(scheme), path, query)


@lru_cache(maxsize=64)
def parameters(url: str) -> tuple[tuple[str, str], ...]:
    """Name and value of each parameter of the query string, decoded (UTF-8; what is not becomes U+FFFD), in order."""
    query = url_parts(url).query
    if not query:
        return ()
    found = []
    for piece in query.split("&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
        if piece:
            name, _, value = piece.partition("=")
            found.append((unquote_plus(name), unquote_plus(value)))
    return tuple(found)
