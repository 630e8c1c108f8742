"""The words a way in tells the record, as they travel over the link and into the store.

``Opened`` may be said again when more is known (the response head); ``Closed`` carries everything, so a short exchange
is one ``Closed`` and nothing else. ``Part`` is a piece of a body, or of the timeline of a streamed one, that could not
wait for the end.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from wireglass.model.exchange import Summary

REQUEST = 0
RESPONSE = 1
TIMELINE = 2
"""A third side: which side's bytes came when (``content.timeline``). Its marks follow the bytes that they count."""


class Opened(msgspec.Struct, tag="opened", array_like=True):
    key: int
    summary: Summary
    detail: msgspec.Raw
    """``Detail`` as msgpack: the store keeps these bytes as they are."""


class Part(msgspec.Struct, tag="part", array_like=True):
    key: int
    side: int
    """``REQUEST``, ``RESPONSE`` or ``TIMELINE``."""
    data: bytes
    """At most 256 KiB."""


class Closed(msgspec.Struct, tag="closed", array_like=True):
    """The end. ``*_kept`` counts the bytes handed over for the body in all: the parts before and the rest here; a
    store that holds fewer has lost some, and says so in the record."""

    key: int
    summary: Summary
    detail: msgspec.Raw
    request: list[bytes]
    response: list[bytes]
    request_kept: int
    response_kept: int
    request_note: str = ""
    response_note: str = ""
    timeline: list[bytes] = []
    timeline_kept: int = 0
    timeline_note: str = ""


class Certificate(msgspec.Struct, tag="certificate", array_like=True):
    hash: bytes
    der: bytes


Message: TypeAlias = Opened | Part | Closed | Certificate


class Batch(msgspec.Struct, array_like=True):
    """What is handed over, spooled and committed as one. ``(run, seq)`` makes a second delivery harmless: the store
    remembers the highest ``seq`` it has committed of every run."""

    run: int
    seq: int
    messages: list[Message]
    sessions: tuple[int, ...] = ()
    """The sessions that were recording; in the batch, so that a spool can be replayed by a later start."""
