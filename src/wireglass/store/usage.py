"""How much the store holds, counted as its retention does (``retention``)."""

from __future__ import annotations

import msgspec

EXCHANGES = "SELECT count(*) - (SELECT count(*) FROM exchanges WHERE key IS NOT NULL) FROM exchanges"
BYTES = (
    "SELECT (page_count - freelist_count) * page_size + (SELECT value FROM counters WHERE name = 'files')"
    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)


class Usage(msgspec.Struct, frozen=True):
    exchanges: int
    bytes: int
    """What is in use of the database and of the files of bodies; without the search index."""
