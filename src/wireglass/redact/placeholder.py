"""What stands in the place of a secret: ``[kind:length:hash]``.

Its characters can stand in header values, cookies (RFC 6265 4.1.1) and JSON strings as they are; in URLs and forms the
brackets are percent-encoded. The hash is keyed, so that equal secrets look equal within a home and nobody can try
passwords against it; 40 bits tell a million secrets apart, save for a pair in two such records.
"""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import blake2b

import msgspec

KEY_SIZE = 32

_HASH_BYTES = 5
_FORM = rb"([a-z][a-z0-9-]{0,31})(?::|%3A)([0-9]{1,10})(?::|%3A)([a-z2-7]{8})"
PLACEHOLDER = re.compile(rb"(?:\[|%5B)(?:" + _FORM + rb")(?:\]|%5D)", re.IGNORECASE)

_MOST_KNOWN = 2000
_LONGEST_KNOWN = 2000
"""Secrets that are remembered with their hashes, for most come again with every request; and their bytes."""

MOST_FOUND = 100_000
"""Findings that are listed; more are only counted."""


class Finding(msgspec.Struct, frozen=True):
    """A secret, by all that may be told of it."""

    place: str
    """Where in an exchange: ``request header authorization``, ``response body``, …"""
    kind: str
    """``bearer``, ``password``, ``jwt``, ``github-token``, …"""
    length: int
    """Characters of it, decoded from what it was wrapped in (percent-encoding, JSON escapes)."""
    hash: str
    """Keyed; equal for equal secrets of one home."""


class Found:
    """What a redaction has found. ``at`` is where it looks."""

    def __init__(self, at: str = "") -> None:
        self.at = at
        self.count = 0
        self.items: list[Finding] = []

    def add(self, kind: str, length: int, hash: str) -> None:
        self.count += 1
        if len(self.items) < MOST_FOUND:
            self.items.append(Finding(self.at, kind, length, hash))


class Placeholders:
    """Makes them, with the key of a home."""

    def __init__(self, key: bytes) -> None:
        """``key`` has up to 64 bytes."""
        self._key = key
        self._known: dict[bytes, tuple[int, str]] = {}

    def of(self, kind: str, value: bytes, found: Found) -> bytes:
        known = self._known.get(value)
        if known is None:
            digest = blake2b(value, digest_size=_HASH_BYTES, key=self._key).digest()
            known = len(value.decode("utf-8", "replace")), b32encode(digest).decode("ascii").lower()
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            if len(value) <= _LONGEST_KNOWN:
                self._known[value] = known
        length, hash = known
        found.add(kind, length, hash)
        return f"[{kind}:{length}:{hash}]".encode("ascii")


def is_placeholder(value: bytes) -> bool:
    return PLACEHOLDER.fullmatch(value) is not None


def filled(placeholder: bytes, size: int) -> bytes:
    """Of exactly ``size`` bytes, for data whose lengths must stay: followed by asterisks, or those alone."""
    return placeholder.ljust(size, b"*") if len(placeholder) <= size else b"*" * size
