"""Exports that a browser fetches by itself, so that they go to the disk as they come.

A page can hand a file to the browser's downloads as a whole, out of its memory, or as a link; and a link has no header
for the token. So whoever has the token begins the export, and gets an address that nobody can guess, and that holds
once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import msgspec

from wireglass.api.guard import DOWNLOADS
from wireglass.errors import NotFound

WAITS = 30.0
"""Seconds in which it must be fetched."""


class Download(msgspec.Struct, frozen=True):
    """A file that is ready to be fetched."""

    path: str
    """It needs no token, and is there once, for 30 seconds."""


class Downloads:
    """Those that are begun and not fetched yet. Each has one of the places that ``Readers`` keeps for downloads."""

    def __init__(self, waits: float = WAITS) -> None:
        self._waits = waits
        self._waiting: dict[str, AsyncIterator[bytes]] = {}

    def offer(self, content: AsyncIterator[bytes]) -> Download:
        name = secrets.token_urlsafe(32)
        self._waiting[name] = content
        asyncio.get_running_loop().call_later(self._waits, self._waiting.pop, name, None)
        return Download(f"{DOWNLOADS}{name}")

    def take(self, name: str) -> AsyncIterator[bytes]:
        """Raises NotFound."""
        content = self._waiting.pop(name, None)
        if content is None:
            raise NotFound("This file was fetched already, or too late.", "Begin the export again.")
        return content
