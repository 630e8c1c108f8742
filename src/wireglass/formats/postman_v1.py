"""Requests and collections in Postman's Collection format v1, as pmproxy (PostmanProxy 0.1.5) wrote them.

The shapes are pmproxy's to the key; what differs on purpose is said in ``docs/pmproxy.md``. Bytes are those of Python's
``json.dumps``: ASCII, ``", "`` and ``": "`` between, no line end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import UUID

from wireglass.formats.har_fields import from_wire, origin_form
from wireglass.formats.postman_v1_body import body_of
from wireglass.model import Headers, Record

Object: TypeAlias = dict[str, Any]

RESTRICTED = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "content-transfer-encoding",
        "date",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
    }
)
"""Header fields that scripts of a page may not set (lower case), and so Postman's Chrome app could not."""

_OF_CODINGS = frozenset({"content-encoding", "content-length"})

_NAME = 30
"""Characters of a request's name."""

_PIECE = 64 * 1024
"""Characters of a long string that are written at once; each may become twelve bytes."""


def is_request(record: Record) -> bool:
    """Whether it is one to pmproxy: what was read as a request for a server. A tunnel is none, nor what asks for a
    WebSocket, nor what could not be read."""
    summary = record.summary
    return (
        summary.method not in ("", "CONNECT")
        and summary.host != ""
        and summary.url.startswith(("http://", "https://"))
        and summary.protocol != "websocket"
        and not _asks_for_websocket(record.detail.request_headers)
    )


def request(record: Record, body: Iterable[bytes], collection_id: str, *, keep_restricted: bool = False) -> Object:
    """One request of a collection. ``body``: the kept bytes of its body in pieces (``Reader.body``), of which at most
    ``postman_v1_body.LIMIT`` are held; they may raise WireglassError.

    ``description`` is empty unless ``data`` is less or other than what was sent: then it says why. ``keep_restricted``
    keeps the header fields in ``RESTRICTED``. ``id`` is the same each time, by ``collection_id`` and the exchange.
    """
    summary = record.summary
    read = body_of(record, body)
    target = origin_form(summary.url, tunnel=False) if record.detail.target != b"*" else "*"
    return {
        "id": _id(collection_id, summary.id),
        "collectionId": collection_id,
        "url": summary.url,
        "name": target[:_NAME],
        "description": f"The body is not as it was sent: {'; '.join(read.notes)}." if read.notes else "",
        "method": summary.method,
        "headers": header_lines(_kept(record.detail.request_headers, keep_restricted, read.decoded)),
        "data": read.data,
        "dataMode": read.mode,
        "responses": [],
        "version": 2,
        "timestamp": round(summary.started),
    }


def header_lines(headers: Headers) -> str:
    """``Name: value`` of each field, each with a line end: wire order and case, UTF-8 where it is, else ISO 8859-1."""
    return "".join(f"{from_wire(name)}: {from_wire(value)}\n" for name, value in headers)


def identity(request: Object) -> bytes:
    """16 bytes; two requests with the same ones are duplicates to pmproxy: equal in method, url, dataMode and data."""
    digest = sha256(json.dumps([request["method"], request["url"], request["dataMode"]]).encode())
    for piece in written(request["data"]):
        digest.update(piece)
    return digest.digest()[:16]


def collection(
    name: str, id: str, timestamp: int, requests: Iterable[Object], on_duplicate: Callable[[], object] = lambda: None
) -> Iterator[bytes]:
    """The file in pieces; duplicates are left out, and ``on_duplicate`` is called for each. ``order`` stands last, so
    that a request is written before the next one is read: of each only 16 bytes for its id and the digest of
    ``identity`` are held. ``timestamp`` is Unix time in seconds."""
    head = json.dumps({"id": id, "name": name, "folders": [], "timestamp": timestamp, "synced": False})
    yield f'{head[:-1]}, "requests": ['.encode("ascii")
    seen: set[bytes] = set()
    order = bytearray()
    for request in requests:
        digest = identity(request)
        if digest in seen:
            on_duplicate()
            continue
        if seen:
            yield b", "
        seen.add(digest)
        order += UUID(request["id"]).bytes
        yield from written(request)
    yield b'], "order": ['
    for at in range(0, len(order), 16):
        yield b'%b"%b"' % (b", " if at else b"", str(UUID(bytes=bytes(order[at : at + 16]))).encode("ascii"))
    yield b"]}"


def _id(collection_id: str, exchange: int) -> str:
    """In the shape of a random UUID (RFC 9562 5.4), which pmproxy's were."""
    return str(UUID(bytes=sha256(f"{collection_id} {exchange}".encode()).digest()[:16], version=4))


def _kept(headers: Headers, restricted: bool, decoded: bool) -> Headers:
    """Where the codings of the body were undone without the fields about them: Postman would say gzip of what is none,
    and a server would wait for as many bytes as it had."""
    left_out = (frozenset() if restricted else RESTRICTED) | (_OF_CODINGS if decoded else frozenset())
    return [field for field in headers if field[0].decode("latin-1").lower() not in left_out]


def _asks_for_websocket(headers: Headers) -> bool:
    return any(name.lower() == b"upgrade" and b"websocket" in value.lower() for name, value in headers)


def written(value: object) -> Iterator[bytes]:
    """JSON in pieces, as ``json.dumps`` writes it, which holds a long string six times as it escapes it."""
    if isinstance(value, str) and len(value) > _PIECE:
        yield b'"'
        for at in range(0, len(value), _PIECE):
            yield json.dumps(value[at : at + _PIECE])[1:-1].encode("ascii")
        yield b'"'
    elif isinstance(value, dict) and value:
        separator = b"{"
        for name, member in value.items():
            yield b"%b%b: " % (separator, json.dumps(name).encode("ascii"))
            yield from written(member)
            separator = b", "
        yield b"}"
    elif isinstance(value, list) and value:
        separator = b"["
        for member in value:
            yield separator
            yield from written(member)
            separator = b", "
        yield b"]"
    else:
        yield json.dumps(value).encode("ascii")
