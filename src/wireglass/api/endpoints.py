"""Endpoints: URLs that differ in ids alone, taken together."""

from __future__ import annotations

import re

ID = "{id}"
"""Stands where one was."""

_DIGIT = re.compile("[0-9]", re.ASCII)
_ID = re.compile(
    r"[0-9]+(?:[-_.,:][0-9]+)*"  # numbers, dates
    r"|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"  # UUID (RFC 9562 4)
    r"|(?=[a-f]*[0-9])[0-9a-f]{8,}"  # hashes
    r"|[0-7][0-9a-hjkmnp-tv-z]{25}"  # ULID
    r"|[a-z]{2,5}_(?=[a-z]*[0-9])[0-9a-z]{8,}",  # with the name of its kind: cus_9s6XKzkNRiz8i3
    re.ASCII | re.IGNORECASE,
)
_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[0-9A-Za-z_-]{16,}")
"""Base64 of random bytes."""


def path_of(url: str) -> str:
    """The path of an absolute URL, without the query string; what is no URL (the target of CONNECT) has none."""
    _, scheme, rest = url.partition("://")
    if not scheme:
        return ""
    at = rest.find("/")
    return rest[at:].partition("?")[0].partition("#")[0] if at >= 0 else "/"


def folded(path: str) -> str:
    """``/users/42/orders`` → ``/users/{id}/orders``."""
    if not _DIGIT.search(path):
        return path
    # Words of letters alone first: most are, and expressions cost more.
    return "/".join(one if one.isalpha() else _folded(one) for one in path.split("/"))


def _folded(one: str) -> str:
    return ID if _ID.fullmatch(one) or _RANDOM.fullmatch(one) else one
