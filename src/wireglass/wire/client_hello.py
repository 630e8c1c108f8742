"""What a TLS client says first (RFC 8446 4.1.2): enough to choose a certificate, before any TLS engine is started.

A hello may come in single bytes, in several records (RFC 8446 5.1), and with a post-quantum key share it is longer
than one TCP segment (1.8 kB in Chrome). Whoever reads it keeps the bytes and hands them to the engine afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from wireglass.errors import ProtocolError

HELLO_LIMIT = 65536
"""Bytes of records a hello may take. Real ones have 200 to 2,000; OpenSSL refuses more than 131,396."""

# A reader parses again with every segment; unbounded, 64 KiB of one-byte records would cost 10,900 steps each time.
_RECORD_LIMIT = 512
_RECORD_HEADER = 5
_FRAGMENT_LIMIT = 16384  # RFC 8446 5.1
_HANDSHAKE = 22
_CLIENT_HELLO = 1
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43


class ClientHello(msgspec.Struct, frozen=True):
    sni: str
    """The host name asked for, lower case, without a final dot; empty when the client sent none."""
    alpn: tuple[str, ...]
    """Protocols offered, best first, GREASE left out; bytes as Latin-1."""
    versions: tuple[int, ...]
    """Versions offered, best first, GREASE left out: 0x0304 is TLS 1.3."""


def looks_like_tls(first: bytes | bytearray) -> bool | None:
    """Whether a connection that begins with these bytes speaks TLS; None while there are too few to tell."""
    if not first:
        return None
    if first[0] != _HANDSHAKE:
        return False
    return None if len(first) < 2 else first[1] == 3


def read_client_hello(data: bytes | bytearray) -> ClientHello | None:
    """The hello at the start of ``data``, or None while more bytes are needed.

    Raises ``ProtocolError`` as soon as ``data`` cannot become one, or exceeds ``HELLO_LIMIT``.
    """
    message = _handshake_message(data)
    return None if message is None else _parse(message)


def _handshake_message(data: bytes | bytearray) -> bytes | None:
    """The body of the ClientHello message, its records joined."""
    message = bytearray()
    at = records = 0
    while at < len(data):
        _check_record_header(data, at)
        if len(data) - at < _RECORD_HEADER:
            break
        records += 1
        if records > _RECORD_LIMIT:
            raise ProtocolError(f"TLS ClientHello in more than {_RECORD_LIMIT} records")
        start = at + _RECORD_HEADER
        at = start + int.from_bytes(data[at + 3 : start], "big")
        message += data[start:at]
        if message and message[0] != _CLIENT_HELLO:
            raise ProtocolError(f"TLS handshake begins with message type {message[0]}, not a ClientHello")
        if len(message) >= 4:
            end = 4 + int.from_bytes(message[1:4], "big")
            if end > HELLO_LIMIT:
                raise ProtocolError(f"TLS ClientHello of {end} bytes, more than {HELLO_LIMIT}")
            if len(message) >= end:
                return bytes(message[4:end])
    if len(data) >= HELLO_LIMIT:
        raise ProtocolError(f"TLS ClientHello not complete after {HELLO_LIMIT} bytes")
    return None


def _check_record_header(data: bytes | bytearray, at: int) -> None:
    header = data[at : at + _RECORD_HEADER]
    if header[0] != _HANDSHAKE:
        raise ProtocolError(f"not a TLS ClientHello: record type {header[0]} at byte {at}")
    if len(header) > 1 and header[1] != 3:
        raise ProtocolError(f"not a TLS ClientHello: record version {header[1]} at byte {at}")
    if len(header) == _RECORD_HEADER and not 0 < int.from_bytes(header[3:], "big") <= _FRAGMENT_LIMIT:
        raise ProtocolError(f"TLS record of {int.from_bytes(header[3:], 'big')} bytes at byte {at}")


def _parse(message: bytes) -> ClientHello:
    hello = _Fields(message)
    legacy_version = hello.number(2, "version")
    hello.take(32, "random")
    hello.vector(1, "session id")
    hello.vector(2, "cipher suites")
    hello.vector(1, "compression methods")
    sni = ""
    alpn: tuple[str, ...] = ()
    versions: tuple[int, ...] = (legacy_version,)
    seen = set()
    # RFC 5246 7.4.1.2: a TLS 1.2 client may leave the extensions out altogether.
    extensions = hello.vector(2, "extensions") if hello.left() else _Fields(b"")
    if hello.left():
        raise ProtocolError(f"TLS ClientHello with {hello.left()} bytes after its extensions")
    while extensions.left():
        kind = extensions.number(2, "extension type")
        body = extensions.vector(2, "extension")
        if kind in seen:
            raise ProtocolError(f"TLS ClientHello with extension {kind} twice")
        seen.add(kind)
        if kind == _SERVER_NAME:
            sni = _server_name(body)
        elif kind == _ALPN:
            alpn = tuple(_protocols(body.vector(2, "ALPN list")))
        elif kind == _SUPPORTED_VERSIONS:
            versions = tuple(_versions(body.vector(1, "version list")))
    return ClientHello(sni=sni, alpn=alpn, versions=versions)


def _server_name(body: _Fields) -> str:
    """RFC 6066 3: a list of names of different types, of which only host_name (0) exists."""
    names = body.vector(2, "server name list")
    while names.left():
        kind = names.number(1, "server name type")
        name = names.vector(2, "server name").rest()
        if kind == 0:
            if not name.isascii() or not name:
                raise ProtocolError(f"TLS server name {name[:80]!r} is not ASCII text")
            return name.decode("ascii").lower().removesuffix(".")
    return ""


def _protocols(names: _Fields) -> Iterator[str]:
    while names.left():
        name = names.vector(1, "ALPN name").rest()
        if not (len(name) == 2 and _is_grease(int.from_bytes(name, "big"))):
            yield name.decode("latin-1")


def _versions(numbers: _Fields) -> Iterator[int]:
    while numbers.left():
        version = numbers.number(2, "version")
        if not _is_grease(version):
            yield version


def _is_grease(value: int) -> bool:
    """RFC 8701 2: 0x0A0A, 0x1A1A … 0xFAFA are there to be ignored."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


class _Fields:
    """Reads the presentation language of RFC 8446 3: numbers, and vectors that begin with their length."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int, what: str) -> bytes:
        if size > self.left():
            raise ProtocolError(f"TLS ClientHello too short: {what} needs {size} bytes, {self.left()} are left")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int, what: str) -> int:
        return int.from_bytes(self.take(size, what), "big")

    def vector(self, length_size: int, what: str) -> _Fields:
        return _Fields(self.take(self.number(length_size, what), what))

    def rest(self) -> bytes:
        return self._data[self._at :]
