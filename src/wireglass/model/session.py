"""Sessions: named spans of capture, and what is counted about them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

SessionState: TypeAlias = Literal["recording", "paused", "ended"]
Dimension: TypeAlias = Literal["method", "domain", "type", "status", "mode"]
Reason: TypeAlias = Literal[
    "filtered", "paused", "no_session", "store_full", "passed_through", "certificate_rejected", "refused"
]
Color: TypeAlias = Literal["", "red", "orange", "yellow", "green", "blue", "purple", "grey"]


class Retention(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may stay; the oldest goes first. What is starred stays whatever its age, and goes for a count or size only
    when nothing else is left. None: no limit."""

    age: float | None = None
    """Seconds since an exchange started; of an imported one, since it was imported."""
    count: int | None = None
    """Exchanges."""
    size: int | None = None
    """Bytes of bodies as they passed; for the whole store, of its database and files, without the search index."""


class SessionOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    filter: str = ""
    """The capture filter, in the query language: what does not match is proxied, counted, and not kept."""
    response_bodies: bool = True
    """False: response bodies are not kept."""
    skip_bodies: tuple[str, ...] = ()
    """Media types of bodies that are not kept: ``image/*``, ``video/mp4``."""
    cookies: bool = True
    """False: the values of ``Cookie`` and ``Set-Cookie`` are not kept."""
    retention: Retention = Retention()


class Session(msgspec.Struct, frozen=True):
    id: int
    name: str
    source: str
    """The way in it was begun for: ``proxy``, ``interceptor``, ``import``, …"""
    state: SessionState
    started: float
    """Unix time in seconds."""
    ended: float | None = None
    duration: float = 0.0
    """Seconds in which it was recording: pauses are left out."""
    note: str = ""
    options: SessionOptions = SessionOptions()
    exchanges: int = 0
    """Ended ones that are kept."""
    failed: int = 0
    """Of ``exchanges``: those that ended with an error."""
    open: int = 0
    request_bytes: int = 0
    """Of bodies, as they passed; of ended exchanges, like the next one."""
    response_bytes: int = 0
    missing: int = 0
    """Exchanges that passed while it ran and were not kept, for whatever reason."""


class Tally(msgspec.Struct, frozen=True):
    """One bar of a breakdown: the ended exchanges of a session that have this value."""

    dimension: Dimension
    value: str
    """A method; a host; a media type, empty if there was none; ``1xx`` … ``5xx``, ``failed`` where there was no
    response; for the data mode ``none``, ``raw``, ``urlencoded``, ``form-data``, ``graphql`` or ``binary``."""
    exchanges: int
    request_bytes: int = 0
    response_bytes: int = 0


class Missing(msgspec.Struct, frozen=True):
    """Why something is not there: connections or exchanges of one reason and host that did not become kept ones."""

    reason: Reason
    host: str
    """``host:port`` where it is a connection, the host of the URL else; empty where it was not learned."""
    count: int
    first: float
    """Unix time in seconds."""
    last: float
    detail: str = ""
    """Of the last one: method and URL, or the rule or error."""
    client: str = ""
    """Of the last one: the client's address without its port."""
    session: str = ""
    """The session whose filter or pause it was; empty for others."""


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person has said of an exchange."""

    color: Color = ""
    star: bool = False
    note: str = ""
    """At most 10,000 characters."""


class SavedFilter(msgspec.Struct, frozen=True):
    name: str
    query: str
