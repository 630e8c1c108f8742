"""The zone in which days begin: a browser may be somewhere else than this machine."""

from __future__ import annotations

import zoneinfo
from datetime import tzinfo
from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from wireglass.errors import UsageError

Zone: TypeAlias = Annotated[
    str,
    QueryParameter(
        max_length=100,
        description="In which days begin at midnight, such as Europe/Berlin; empty: that of this machine.",
        required=False,
    ),
]


def zone_of(name: str) -> tzinfo | None:
    """None: that of this machine. Raises UsageError."""
    if not name:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    # For what is no name at all, and for a folder of names, it has other errors.
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"This machine knows no time zone {name!r}.", "Take a name such as Europe/Berlin, or leave it out."
        ) from error
