"""The heads we send on: what came, less what belongs to one hop (RFC 9110 7.6.1).

All other lines leave byte for byte as they came, so names keep their case, order and spacing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wireglass.wire.alt_svc import block_without_h3
from wireglass.wire.fields import CACHED_SECTION, NOT_IN_TRAILERS, read_fields
from wireglass.wire.head import CHUNKED, UNTIL_CLOSE, Head, RequestHead, ResponseHead

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"upgrade",
    )
)
# A Connection header may not take these away: the message would be framed or routed differently behind us.
_NEVER_DROPPED = frozenset((b"content-length", b"host", b"transfer-encoding"))
_UPGRADE = frozenset((b"connection", b"upgrade"))
_HOST_LINE = re.compile(rb"(\nhost:)[^\n]*", re.IGNORECASE)

_CHUNKED = [b"chunked"]

LAST_CHUNK = b"0\r\n\r\n"


@lru_cache(maxsize=256)
def _lines(names: frozenset[bytes]) -> re.Pattern[bytes]:
    return re.compile(rb"\n(?:" + b"|".join(map(re.escape, sorted(names))) + rb"):[^\n]*(?=\n)", re.IGNORECASE)


def _without(block: bytes, names: frozenset[bytes]) -> bytes:
    if not names:
        return block
    return _stripped(block, names) if len(block) <= CACHED_SECTION else _lines(names).sub(b"", block)


@lru_cache(maxsize=128)
def _stripped(block: bytes, names: frozenset[bytes]) -> bytes:
    """Kept for the same reason as ``fields.read_fields``, which gives the same object for the same section."""
    return _lines(names).sub(b"", block)


def _end_to_end(head: Head, also: tuple[bytes, ...] = (), *, upgrade: bool = False) -> bytes:
    """``head.block`` without the fields of this hop and without those in ``also``. An ``upgrade`` is handed on: both of
    its fields stay where they are."""
    special = head.special
    drop = _HOP_BY_HOP & special.keys()
    if also:
        drop |= special.keys() & set(also)
    if upgrade:
        return _without(head.block, frozenset(drop - _UPGRADE))
    if b"connection" in drop:
        drop |= set(head.tokens(b"connection")) - _NEVER_DROPPED
        drop -= {b"close"}
    return _without(head.block, frozenset(drop))


def forward_request(head: RequestHead, target: bytes, authority: bytes) -> bytes:
    """The head for the server: origin-form ``target``, and ``authority`` as Host where the client's differs
    (RFC 9112 3.2.2). A chunked body stays chunked; an upgrade is handed on."""
    block = head.block
    make = _request_block if len(block) <= CACHED_SECTION else _request_block.__wrapped__
    return b"%b %b HTTP/1.1\r%b" % (head.method, target, make(block, authority, head.upgrade, head.body == CHUNKED))


# Kept for the same reason as ``fields.read_fields``, which gives the same object for the same section: 1.6 µs for one
# that is new, 0.2 for one that is kept.
@lru_cache(maxsize=128)
def _request_block(block: bytes, authority: bytes, upgrade: bool, chunked: bool) -> bytes:
    head = RequestHead()
    read = read_fields if len(block) <= CACHED_SECTION else read_fields.__wrapped__
    head.headers, head.special, head.block = read(block, True)
    block = _end_to_end(head, upgrade=upgrade)
    hosts = head.special.get(b"host")
    if not hosts:
        block = b"\nHost: " + authority + b"\r" + block
    elif hosts[0].lower() != authority.lower():
        block = _HOST_LINE.sub(rb"\1 " + authority.replace(b"\\", b"") + b"\r", block, count=1)
    hop = b""
    if b"te" in head.special and b"trailers" in head.tokens(b"te") and not upgrade:
        hop = b"TE: trailers\r\nConnection: TE\r\n"
    if chunked and b"transfer-encoding" not in head.special:  # it came over HTTP/2
        hop += b"Transfer-Encoding: chunked\r\n"
    return block[:-2] + hop + b"\r\n" if hop else block


def response_framing(head: ResponseHead, client_minor: int) -> int:
    """How the body goes to the client: as it came; a body without length is chunked for HTTP/1.1, so that its end can
    be told from a broken connection, and delimited by the close for HTTP/1.0 or where a transfer coding that is not
    ours to undo is delimited by the close already (RFC 9112 6.3)."""
    body = head.body
    if body == UNTIL_CLOSE and b"transfer-encoding" in head.special and b"transfer-encoding" not in head.left_out:
        return UNTIL_CLOSE
    if body in (CHUNKED, UNTIL_CLOSE):
        return CHUNKED if client_minor == 1 else UNTIL_CLOSE
    return body


def forward_response(
    head: ResponseHead, framing: int, client_minor: int, keep_alive: bool, *, strip_h3: bool = False
) -> bytes:
    """The head for the client, whose connection stays open if ``keep_alive``; ``strip_h3`` takes offers of HTTP/3
    out."""
    lenient = head.lenient
    left_out = lenient.left_out if lenient is not None else ()
    hop = b""
    # What is chunked is said in the one way that everybody reads: RFC 9110 5.6.1.2 allows ", chunked" as well.
    if head.body == CHUNKED and (framing == UNTIL_CLOSE or head.special.get(b"transfer-encoding") != _CHUNKED):
        left_out += (b"transfer-encoding",)
    if lenient is not None and lenient.length:
        hop = b"Content-Length: %b\r\n" % lenient.length
    if framing == CHUNKED and (head.body == UNTIL_CLOSE or b"transfer-encoding" in left_out):
        hop += b"Transfer-Encoding: chunked\r\n"
    if head.status == 101:
        pass  # the connection is not HTTP any more
    elif not keep_alive:
        hop += b"Connection: close\r\n"
    elif client_minor == 0:
        hop += b"Connection: keep-alive\r\n"
    make = _response_block if len(head.block) <= CACHED_SECTION else _response_block.__wrapped__
    block = make(head.block, left_out, hop, head.status == 101, strip_h3)
    return b"HTTP/1.1 %d %b\r%b" % (head.status, head.phrase, block)


@lru_cache(maxsize=128)
def _response_block(block: bytes, left_out: tuple[bytes, ...], hop: bytes, switches: bool, strip_h3: bool) -> bytes:
    head = ResponseHead()
    read = read_fields if len(block) <= CACHED_SECTION else read_fields.__wrapped__
    head.headers, head.special, head.block = read(block, False)
    block = _end_to_end(head, left_out, upgrade=switches)
    if strip_h3:
        block = block_without_h3(block)
    return block[:-2] + hop + b"\r\n" if hop else block


def informational_response(head: ResponseHead) -> bytes:
    """A 1xx response for the client (RFC 9110 15.2)."""
    return b"HTTP/1.1 %d %b\r%b" % (head.status, head.phrase, _end_to_end(head, head.left_out))


def chunk(data: bytes) -> bytes:
    """``data``, which is not empty, as one chunk (RFC 9112 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: list[tuple[bytes, bytes]]) -> bytes:
    """The end of a chunked body, without those trailers that somebody could take for fields of the head
    (RFC 9110 6.5.1)."""
    if not trailers:
        return LAST_CHUNK
    lines = [b"%b: %b\r\n" % field for field in trailers if field[0].lower() not in NOT_IN_TRAILERS]
    return b"0\r\n%b\r\n" % b"".join(lines)
