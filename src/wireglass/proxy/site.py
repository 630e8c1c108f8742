"""Pages of our own: what ``http://wireglass.internal/`` and the port asked directly are answered with."""

from __future__ import annotations

from typing import NamedTuple, Protocol

HOST = "wireglass.internal"
"""Served by the proxy itself, over HTTP and inside a tunnel; .internal is reserved for private use."""


class Page(NamedTuple):
    status: int
    type: str
    """Media type with charset."""
    body: bytes
    filename: str = ""
    """Offered as a download under this name; empty: shown in the browser."""


class Site(Protocol):
    def page(self, path: str, user_agent: str) -> Page:
        """``path`` is the request target in origin-form, query included. Never raises: an unknown path is a 404."""
