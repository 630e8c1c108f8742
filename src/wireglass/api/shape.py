"""The JSON of one whole exchange and its messages, for the API and for ``show --json``, which adds the bodies.

Header names and values are ISO 8859-1 text: each character is one byte of the wire, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from wireglass.content.stream import StreamMessage
from wireglass.content.text import has_binary
from wireglass.model import BodyRef, Endpoint, Headers, Record, Summary, Timings, Tls

HeaderList: TypeAlias = list[tuple[str, str]]
"""(name, value) in wire order and case, duplicates kept."""


class CertificateShape(msgspec.Struct, frozen=True):
    """What a certificate says of itself; null where ``error`` says why it cannot be read."""

    sha256: str
    subject: str | None = None
    """As RFC 4514 writes it: `CN=example.com,O=Example`."""
    issuer: str | None = None
    not_before: float | None = None
    """Unix time in seconds; it holds from then on."""
    not_after: float | None = None
    names: list[str] = []
    """Hosts and addresses that it is for (RFC 5280 4.2.1.6)."""
    error: str | None = None


class TlsShape(msgspec.Struct, frozen=True):
    version: str
    cipher: str
    alpn: str | None
    sni: str | None
    certificates: list[CertificateShape]
    """Those the peer sent, leaf first."""


class Connection(msgspec.Struct, frozen=True):
    peer: str
    """``host:port`` of the other side."""
    local: str
    number: int
    """Counts the connections of one proxy process, so that reuse can be seen."""
    tls: TlsShape | None


class RequestShape(msgspec.Struct, frozen=True):
    target: str
    """As the client sent it (RFC 9112 3.2)."""
    version: str
    headers: HeaderList
    body: BodyRef
    trailers: HeaderList


class ResponseShape(msgspec.Struct, frozen=True):
    version: str | None
    status: int | None
    reason: str
    headers: HeaderList
    body: BodyRef
    trailers: HeaderList


class InformationalShape(msgspec.Struct, frozen=True):
    """A 1xx response that came before the final one."""

    status: int
    headers: HeaderList


class ExchangeShape(msgspec.Struct, frozen=True):
    """One exchange with everything but its bodies and messages."""

    summary: Summary
    request: RequestShape
    response: ResponseShape
    informational: list[InformationalShape]
    timings: Timings
    client_connection: Connection | None
    server_connection: Connection | None
    timeline: BodyRef
    """Of a streamed exchange: the times of its bytes; its messages are at ``/messages``."""
    notes: list[str]
    """What a reader should know: retried on a new connection, accepted an unverified certificate …"""


def exchange(record: Record, certificates: Iterable[CertificateShape] = ()) -> ExchangeShape:
    """``certificates``: the server's, leaf first."""
    detail = record.detail
    return ExchangeShape(
        record.summary,
        RequestShape(
            latin(detail.target),
            detail.request_version,
            header_list(detail.request_headers),
            record.request_body,
            header_list(detail.request_trailers),
        ),
        ResponseShape(
            detail.response_version or None,
            record.summary.status,
            latin(detail.reason),
            header_list(detail.response_headers),
            record.response_body,
            header_list(detail.response_trailers),
        ),
        [InformationalShape(one.status, header_list(one.headers)) for one in detail.informational],
        detail.timings,
        connection(detail.client),
        connection(detail.server, certificates),
        record.timeline,
        list(detail.notes),
    )


def connection(endpoint: Endpoint | None, certificates: Iterable[CertificateShape] = ()) -> Connection | None:
    if endpoint is None:
        return None
    tls = _tls(endpoint.tls, certificates) if endpoint.tls else None
    return Connection(endpoint.peer, endpoint.local, endpoint.number, tls)


def _tls(tls: Tls, certificates: Iterable[CertificateShape]) -> TlsShape:
    return TlsShape(tls.version, tls.cipher, tls.alpn or None, tls.sni or None, list(certificates))


def header_list(headers: Headers) -> HeaderList:
    return [(latin(name), latin(value)) for name, value in headers]


def latin(data: bytes) -> str:
    return data.decode("latin-1")


def text_of(message: StreamMessage) -> str | None:
    """A message as text for people; None for bytes that are none. Of a close frame the reason is among its fields."""
    if message.kind == "close" and "code" in message.fields:
        return ""
    if message.kind in ("binary", "message", "ping", "pong") and has_binary(message.data):
        return None
    try:
        return message.data.decode("utf-8")
    except UnicodeDecodeError:
        return None
