"""What comes out of an ``Http2Connection``."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from wireglass.model import Headers


class Request(NamedTuple):
    """Pseudo-header fields included and first; ``ended``: END_STREAM came with it."""

    stream: int
    fields: Headers
    ended: bool


class Response(NamedTuple):
    """The final response, its :status first."""

    stream: int
    fields: Headers
    ended: bool


class Informational(NamedTuple):
    stream: int
    fields: Headers


class Data(NamedTuple):
    """``size`` is what flow control counts, with the padding; ``data`` may be empty where it is not."""

    stream: int
    data: bytes
    size: int
    ended: bool


class Trailers(NamedTuple):
    """They end the stream."""

    stream: int
    fields: Headers


class Reset(NamedTuple):
    """The stream is gone. ``ours``: not the peer reset it, but we had to, because of what it did (already queued); then
    the stream may be one that no event named before."""

    stream: int
    code: int
    ours: bool
    reason: str


class Window(NamedTuple):
    """More may be sent; stream 0: on all of them."""

    stream: int


class Settings(NamedTuple):
    """The peer's, after each SETTINGS frame."""

    extended_connect: bool
    max_streams: int


class GoAway(NamedTuple):
    """The peer takes no more streams; ours above ``last`` follow as ``Reset`` with REFUSED_STREAM."""

    last: int
    code: int
    text: bytes


Event: TypeAlias = Request | Response | Informational | Data | Trailers | Reset | Window | Settings | GoAway
