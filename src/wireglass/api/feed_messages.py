"""What is said on the feed (``/api/feed``, a WebSocket, JSON in text frames). A client says ``Subscribe`` first of all,
and again whenever it wants another query."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from wireglass.api.parameters import LARGEST, QUERY_LIMIT
from wireglass.api.problem import Problem
from wireglass.model import Summary

What: TypeAlias = Literal["new", "changed", "gone"]


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    """Wanted in the first message."""
    query: Annotated[str, msgspec.Meta(max_length=QUERY_LIMIT)] = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] | None = None
    """Go on behind this number; null: from now on."""


class Subscribed(msgspec.Struct, frozen=True, tag_field="type", tag="subscribed"):
    """The answer to ``Subscribe``: what follows is of this query, and of changes behind ``after``."""

    after: int


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    what: What
    """``new``: it was not shown before; ``changed``: here it is anew; ``gone``: it was deleted, or the query does not
    find it any more. Harmless for one that was never shown."""
    seq: int
    id: int
    exchange: Summary | None = None
    """Null where it is gone."""


class Changes(msgspec.Struct, frozen=True, tag_field="type", tag="changes"):
    """All that matters of the changes behind ``after`` up to ``to``, by ``seq``, each exchange once. Remember ``to``: a
    later ``Subscribe`` goes on from it."""

    after: int
    to: int
    items: list[Item]


class Gap(msgspec.Struct, frozen=True, tag_field="type", tag="gap"):
    """Changes behind ``after`` up to ``to`` were left out: the client was too slow, or they are too long ago. Read the
    list again; what follows is complete from ``to`` on."""

    after: int
    to: int


class Heartbeat(msgspec.Struct, frozen=True, tag_field="type", tag="heartbeat"):
    """Nothing has come for some seconds, and all is well."""

    to: int
    """Everything up to here was said."""
    newest: int
    """Number of the newest change in the store: more than ``to`` while the feed is behind."""


class Failed(msgspec.Struct, frozen=True, tag_field="type", tag="error"):
    """The last ``Subscribe`` was refused. What was subscribed before goes on; without one the feed is closed."""

    problem: Problem


Said: TypeAlias = Subscribed | Changes | Gap | Heartbeat | Failed
"""Everything that the server says."""
