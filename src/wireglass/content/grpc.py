"""Messages of gRPC, gRPC-Web and Connect streams, found by the five bytes before each.

A flag byte, four bytes of length (big-endian), the message: "gRPC over HTTP2" and "gRPC Web" (github.com/grpc/grpc,
doc/), "Streaming RPCs" of the Connect protocol (connectrpc.com/docs/protocol).
"""

from __future__ import annotations

import binascii
from urllib.parse import urlsplit

import msgspec

from wireglass.content.bounded import Kept
from wireglass.content.codings import STAGES, Damaged, Trailing
from wireglass.content.stream import MESSAGE_LIMIT, Piece, Sides
from wireglass.content.text import media_type
from wireglass.model import Headers, Record

EXPANDED_LIMIT = 2**30
"""Bytes that all messages of one direction together are decompressed to."""

_PREFIX = 5
_GZIP_MAGIC = b"\x1f\x8b"
_COMPRESSED = 0x01
_END_OF_CONNECT = 0x02
_TRAILERS_OF_WEB = 0x80
_SPACE = b" \t\r\n"


class Dialect(msgspec.Struct, frozen=True):
    """What a media type says of the bytes."""

    name: str
    """``gRPC``, ``gRPC-Web``, ``Connect``."""
    codec: str
    """What the messages are: ``proto``, ``json`` …"""
    coding_field: bytes
    """The header that names the compression of the messages, lower case."""
    end_flag: int = 0
    """Flag of the frame that holds trailers; 0 where they are not in the body."""
    base64: bool = False

    def coding(self, headers: Headers) -> str:
        """Of compressed messages under these headers, lower case; ``identity`` where none is named."""
        values = [value for name, value in headers if name.lower() == self.coding_field]
        return values[-1].decode("latin-1").strip().lower() if values else "identity"


def dialect(type: str) -> Dialect | None:
    """Of a media type in lower case without parameters; None for others."""
    name, _, codec = type.partition("+")
    if name == "application/grpc":
        return Dialect("gRPC", codec or "proto", b"grpc-encoding")
    if name in ("application/grpc-web", "application/grpc-web-text"):
        return Dialect("gRPC-Web", codec or "proto", b"grpc-encoding", _TRAILERS_OF_WEB, name.endswith("-text"))
    if name == "application/connect" and codec:
        return Dialect("Connect", codec, b"connect-content-encoding", _END_OF_CONNECT)
    return None


def dialect_of(record: Record) -> Dialect | None:
    """By the request, as a server that knows no gRPC answers in HTML; else by the response."""
    request, response = record.detail.request_headers, record.detail.response_headers
    return dialect(media_type(request)[0]) or dialect(media_type(response)[0])


def method_of(url: str) -> str:
    """``/package.Service/Method``: the last two segments of the path, as gRPC-Web and Connect may stand below a prefix;
    empty where there are fewer."""
    try:
        segments = urlsplit(url).path.rsplit("/", 2)
    except ValueError:
        return ""
    return f"/{segments[1]}/{segments[2]}" if len(segments) == 3 and segments[1] and segments[2] else ""


def splitter(request: Headers, response: Headers, limit: int = MESSAGE_LIMIT) -> Sides:
    """Of an exchange with these headers; those of a response that has not begun are empty, and it is read as the
    request is. A side of another type (an error in HTML) has no messages."""
    of_request, of_response = dialect(media_type(request)[0]), dialect(media_type(response)[0])
    if not response:
        of_response = of_request
    return Sides(
        Frames(of_request, request, limit) if of_request else None,
        Frames(of_response, response, limit) if of_response else None,
    )


def has_compressed(dialect: Dialect, headers: Headers, data: bytes) -> bool:
    """Whether some messages of a body are compressed, or may be: a header names how, or one of them says so. ``data``
    is not in base64 any more."""
    if dialect.coding(headers) != "identity":
        return True
    at = 0
    while at + _PREFIX <= len(data):
        if data[at] & _COMPRESSED:
            return True
        at += _PREFIX + int.from_bytes(data[at + 1 : at + _PREFIX], "big")
    return False


def from_base64(data: bytes) -> bytes | None:
    """A whole body of grpc-web-text; None if it is damaged or cut."""
    data = data.translate(None, _SPACE)
    made = bytearray()
    at = 0
    while at < len(data):
        padded = data.find(b"=", at)
        to = len(data) if padded < 0 else padded // 4 * 4 + 4
        try:
            made += binascii.a2b_base64(data[at:to], strict_mode=True)
        except binascii.Error:
            return None
        at = to
    return bytes(made)


class Frames:
    """The messages of one direction. Any cut of the input gives the same pieces, and nothing raises: what is no message
    ends the reading, and comes at the end as one piece of the kind ``binary`` with the reason.

    A piece is a ``message`` (decompressed), or ``trailers``: the frame of gRPC-Web that holds the trailers as header
    lines, and that of Connect, JSON with ``error`` and ``metadata``.
    """

    def __init__(self, dialect: Dialect, headers: Headers, limit: int = MESSAGE_LIMIT) -> None:
        """``limit``: bytes of a message that are kept, compressed and decompressed; more is counted and left out."""
        self._dialect = dialect
        self._damage = ""
        """Why the rest is not read."""
        self._coding = self._dialect.coding(headers)
        self._limit = limit
        self._head = bytearray()
        self._length = 0
        self._missing = 0
        self._message = bytearray()
        self._rest = Kept(limit)
        self._base64 = self._dialect.base64
        self._quantum = b""
        """Characters of it that do not make four yet."""
        self._expanded = 0

    def feed(self, data: bytes) -> list[Piece]:
        if self._dialect.base64:
            data = data.translate(None, _SPACE)
        if not self._base64:
            return self._split(data)
        decoded, bad = self._from_base64(data)
        pieces = self._split(decoded)
        if bad:
            self._base64 = False
            self._damage = self._damage or "not base64"
            self._rest.add(bad)
        return pieces

    def end(self) -> list[Piece]:
        pieces: list[Piece] = []
        if self._quantum:
            self._damage = self._damage or "base64 that ends early"
            self._rest.add(self._quantum)
        if len(self._head) == _PREFIX:
            note = f"cut off: {self._length - self._missing} of {self._length} bytes came"
            pieces.append(Piece(self._kind(), bytes(self._message), {}, note, self._length))
        elif self._head:
            pieces.append(Piece("binary", bytes(self._head), {}, "the start of a message's prefix"))
        if self._rest.size:
            rest, size = self._rest.take()
            pieces.append(Piece("binary", rest, {}, self._damage, size))
        self._head.clear()
        self._quantum = b""
        return pieces

    def _split(self, data: bytes) -> list[Piece]:
        if self._damage:
            self._rest.add(data)
            return []
        pieces: list[Piece] = []
        at = 0
        while at < len(data):
            if len(self._head) < _PREFIX:
                wanted = _PREFIX - len(self._head)
                self._head += data[at : at + wanted]
                at += wanted
                if len(self._head) < _PREFIX:
                    break
                if self._head[0] & ~(_COMPRESSED | self._dialect.end_flag):
                    self._damage = f"not a {self._dialect.name} message: its flags are 0x{self._head[0]:02x}"
                    self._rest.add(self._head + data[at:])
                    self._head.clear()
                    break
                self._length = self._missing = int.from_bytes(self._head[1:], "big")
            else:
                taken = min(self._missing, len(data) - at)
                self._message += data[at : at + min(taken, self._limit - len(self._message))]
                at += taken
                self._missing -= taken
            if not self._missing:
                pieces.append(self._piece())
        return pieces

    def _kind(self) -> str:
        return "trailers" if self._head[0] & self._dialect.end_flag else "message"

    def _piece(self) -> Piece:
        kind, data, fields, note = self._kind(), bytes(self._message), {}, ""
        size = self._length if len(data) < self._length else -1
        if self._head[0] & _COMPRESSED:
            fields = {"compression": self._coding, "compressed_size": str(self._length)}
            if size < 0:
                data, note, size = self._decompressed(data)
            else:
                note = "too large to be decompressed"
        self._head.clear()
        self._message.clear()
        return Piece(kind, data, fields, note, size)

    def _decompressed(self, data: bytes) -> tuple[bytes, str, int]:
        """As it came where it cannot be undone, and why; and the size for ``Piece``."""
        coding, note = self._coding, ""
        if coding == "identity":
            if not data.startswith(_GZIP_MAGIC):
                return data, "marked as compressed, and no header says how", -1
            coding, note = "gzip", "no header names the compression: taken for gzip"
        if coding not in STAGES:
            return data, f"unknown compression {coding[:40]!r}", -1
        limit = min(self._limit, EXPANDED_LIMIT - self._expanded)
        made = bytearray()
        size = -1
        try:
            for piece in STAGES[coding]([data]):
                made += piece
                if len(made) > limit:
                    note = f"decompression stopped at {limit} bytes"
                    size = len(made)
                    break
        except Damaged as damage:
            return data, f"not decompressed from {coding}: {damage}", -1
        except Trailing:
            note = f"bytes after the end of the {coding} stream are left out"
        self._expanded += min(len(made), limit)
        return bytes(made[:limit]), note, size

    def _from_base64(self, data: bytes) -> tuple[bytes, bytes]:
        """What could be decoded, and from the first quantum on that could not. Each piece that a server flushed may end
        with padding of its own ("gRPC Web", grpc-web-text)."""
        held = self._quantum + data
        whole = len(held) // 4 * 4
        self._quantum = held[whole:]
        made = bytearray()
        at = 0
        while at < whole:
            padded = held.find(b"=", at, whole)
            to = whole if padded < 0 else max(padded // 4 * 4, at + 4)
            try:
                made += binascii.a2b_base64(held[at:to], strict_mode=True)
            except binascii.Error:
                # One quantum at a time, so that what is read of it does not depend on the cut.
                good = _readable(held, at)
                self._quantum = b""
                return bytes(made) + binascii.a2b_base64(held[at:good]), held[good:]
            at = to
        return bytes(made), b""


def _readable(held: bytes, at: int) -> int:
    """Where the first quantum that is not base64 begins, of which there is one."""
    while True:
        try:
            binascii.a2b_base64(held[at : at + 4], strict_mode=True)
        except binascii.Error:
            return at
        at += 4
