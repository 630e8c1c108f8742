"""The exchange: one request and what came back.

Two halves, because lists want little and details are big: the ``Summary`` is what a row shows and what the store
keeps as columns; the ``Detail`` is the rest, kept as one msgpack map. Fields are only ever added, with a default, so
that a store written by an older version reads on.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from wireglass.model.session import Color

Headers: TypeAlias = list[tuple[bytes, bytes]]
"""(name, value) in wire order and case, duplicates kept."""

State: TypeAlias = Literal["open", "done", "failed"]
Side: TypeAlias = Literal["request", "response"]


class Summary(msgspec.Struct, omit_defaults=True):
    """One row of a list. Sizes are body bytes as they passed, transfer coding removed and content coding kept."""

    method: str
    url: str
    host: str
    started: float
    """Unix time in seconds, when the first byte of the request was read."""
    protocol: str = "http/1.1"
    """What the client spoke: ``http/1.0``, ``http/1.1``, ``websocket`` (its bodies are frames then), ``tunnel``;
    ``socks5`` or ``socks4`` of a client that got no further."""
    source: str = "proxy"
    client: str = ""
    """Address of the client as ``host:port``."""
    status: int | None = None
    type: str = ""
    """Media type of the response, lower case, without parameters."""
    operation: str = ""
    """What a GraphQL request asks for, as ``content.graphql.operation_of`` says it; empty for others."""
    mode: str = ""
    """What kind of body the request has (Postman's data mode): ``raw``, ``urlencoded``, ``form-data``, ``graphql``,
    ``binary``; empty for none."""
    request_size: int = 0
    response_size: int = 0
    duration_ms: float | None = None
    """From ``started`` to the last byte; None while open."""
    state: State = "open"
    error_kind: str | None = None
    """``code`` of the error in ``wireglass.errors`` that ended it."""
    error: str | None = None
    id: int = 0
    """The store's number, counting from 1; 0 until the store has accepted it."""
    seq: int = 0
    """Number of the newest change in the whole store; grows with every change of any exchange."""
    sessions: tuple[str, ...] = ()
    color: Color = ""
    """What people have said of it (``model.Mark``), like the next two."""
    star: bool = False
    note: str = ""


class Timings(msgspec.Struct, omit_defaults=True):
    """Milliseconds of each phase; None where the phase did not happen (a reused connection has no dns)."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    send: float | None = None
    wait: float | None = None
    receive: float | None = None


class Tls(msgspec.Struct, frozen=True, omit_defaults=True):
    version: str
    cipher: str
    alpn: str = ""
    sni: str = ""
    certificates: tuple[bytes, ...] = ()
    """SHA-256 of each DER certificate the peer sent, leaf first; the store keeps the certificates themselves."""


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of our connections: the client's to us, or ours to the server."""

    peer: str
    """``host:port`` of the other side."""
    local: str
    tls: Tls | None = None
    number: int = 0
    """Counts the connections of one proxy process, so that reuse can be seen."""


class Informational(msgspec.Struct, frozen=True):
    """A 1xx response that came before the final one."""

    status: int
    headers: Headers


class Detail(msgspec.Struct, omit_defaults=True):
    target: bytes = b""
    """The request target as the client sent it (RFC 9112 3.2)."""
    request_version: str = "HTTP/1.1"
    request_headers: Headers = []
    request_trailers: Headers = []
    response_version: str = ""
    reason: bytes = b""
    response_headers: Headers = []
    response_trailers: Headers = []
    informational: list[Informational] = []
    timings: Timings = msgspec.field(default_factory=Timings)
    client: Endpoint | None = None
    server: Endpoint | None = None
    notes: list[str] = []
    """What a reader should know: retried on a new connection, accepted an unverified certificate …"""
    decoded: tuple[Side, ...] = ()
    """The sides whose body is kept with its content codings undone, although its headers still name them: what a HAR
    file brings, and what was redacted. ``Record.body_headers`` are without them."""
    request_cut: bool = False
    """It ended before all of its request had come."""


class Exchange(msgspec.Struct):
    """An exchange while it runs: a way in fills it and tells the sink about it."""

    key: int
    """Unique over the life of a store: the number of the proxy run times 2**40 plus a count."""
    summary: Summary
    detail: Detail


class BodyRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A body in the store: never the bytes."""

    size: int = 0
    """Bytes that passed; of a body that is kept decoded (``Detail.decoded``) those that are kept."""
    kept: int = 0
    """Bytes of these that are kept, from the start."""
    hash: str = ""
    """SHA-256 of the kept bytes in hex; empty while open, or if nothing is kept."""
    note: str = ""
    """Why ``kept`` is less than ``size``."""


class Record(msgspec.Struct, frozen=True):
    """A stored exchange as a reader returns it."""

    summary: Summary
    detail: Detail
    request_body: BodyRef
    response_body: BodyRef
    timeline: BodyRef = BodyRef()
    """Of a streamed exchange; its ``size`` is what is kept."""

    def headers(self, side: Side) -> Headers:
        return self.detail.request_headers if side == "request" else self.detail.response_headers

    def body_headers(self, side: Side) -> Headers:
        """The headers that say how to read the kept body: without Content-Encoding where that was undone."""
        headers = self.headers(side)
        if side not in self.detail.decoded:
            return headers
        return [field for field in headers if field[0].lower() != b"content-encoding"]

    def body(self, side: Side) -> BodyRef:
        return self.request_body if side == "request" else self.response_body
