"""What a home adds to the rules that are built in."""

from __future__ import annotations

import msgspec


class Rules(msgspec.Struct, frozen=True):
    headers: tuple[str, ...] = ()
    """Names of headers."""
    params: tuple[str, ...] = ()
    """Names of fields of queries and forms."""
    json: tuple[str, ...] = ()
    """JSON paths, as ``json_paths`` reads them."""
    patterns: tuple[str, ...] = ()
    """RE2 expressions; of one with a group, the first group is the secret."""
