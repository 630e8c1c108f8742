"""What the matrix's origin answers, by path. Every answer carries X-Witness with the request's id, so that a client
that mixes up two answers is found out."""

from __future__ import annotations

import contextlib
import gzip
import re
import ssl
import zlib
from collections.abc import Callable
from functools import cache
from urllib.parse import parse_qs, urlsplit

import brotli
import zstandard
from tests.peers.http import chunked
from tests.peers.origin import Call, Origin, Script

LARGE = 10_000_000
"""Bytes; above the 256 KiB of a part and the 64 KiB that the store keeps in the database."""
RANGED = 1000
TEXT = "Wireglass häßt nichts. ".encode() * 500
TRAILERS = [(b"X-Checksum", b"abc"), (b"x-lower", b"")]

_BLOCK = bytes((number ^ (number >> 8)) & 0xFF for number in range(65_536))


def pattern(size: int) -> bytes:
    """Byte i is ``(i ^ i >> 8) & 255``: what each driver makes for itself, so that no file passes between us."""
    return (_BLOCK * (size // len(_BLOCK) + 1))[:size]


@cache
def packed(coding: str) -> bytes:
    if coding == "gzip":
        return gzip.compress(TEXT)
    if coding == "deflate":
        return zlib.compress(TEXT)
    if coding == "br":
        compressed: bytes = brotli.compress(TEXT)
        return compressed
    return zstandard.compress(TEXT)


CODINGS = ("gzip", "deflate", "br", "zstd")
REDIRECTS = (301, 302, 303, 307, 308)
PAGE = b'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>matrix</title>'


def furnish(origin: Origin) -> None:
    """Teach ``origin`` the paths of the matrix."""
    answers: dict[str, Script] = {
        "/ok": _whole(lambda call: b"%s %d" % (_id(call), len(call.request.body))),
        "/page": _whole(lambda _: PAGE, b"Content-Type: text/html"),
        "/empty": _whole(lambda _: b""),
        "/one": _whole(lambda _: b"\x00"),
        "/large": _whole(lambda _: pattern(LARGE)),
        "/pieces": _pieces([b"one", b"\r\n0\r\n\r\n", b"three" * 1000], []),
        "/large-pieces": _pieces([pattern(LARGE)[at : at + 50_000] for at in range(0, LARGE, 50_000)], []),
        "/trailers": _pieces([b"one", b"two"], TRAILERS),
        "/ranged": _ranged,
        "/etag": _etag,
        "/no-content": _plain(b"204 No Content"),
        "/missing": _whole(lambda _: b"not here", status=b"404 Not Found"),
        "/broken": _whole(lambda _: b"oh", status=b"500 It broke: \xfc"),
        "/close": _whole(lambda _: b"closing", b"Connection: close", close=True),
        "/until-close": _until_close(b"HTTP/1.1"),
        "/old": _until_close(b"HTTP/1.0"),
        "/hints": _hints,
        "/cookies": _whole(lambda _: b"take", b"Set-Cookie: a=1; Path=/", b"set-cookie: b=two; Path=/"),
    }
    for coding in CODINGS:
        field = b"Content-Encoding: " + coding.encode()
        answers[f"/{coding}"] = _whole(lambda _, coding=coding: packed(coding), field)  # type: ignore[misc]
    answers["/gzip-pieces"] = _pieces([packed("gzip")[:20], packed("gzip")[20:]], [], b"Content-Encoding: gzip")
    for status in REDIRECTS:
        answers[f"/redirect/{status}"] = _redirect(status)
    for path, answer in answers.items():
        origin.on(path, answer)


def _id(call: Call) -> bytes:
    return parse_qs(urlsplit(call.request.target).query, encoding="latin-1")["id"][0].encode("latin-1")


def _take(call: Call) -> None:
    """Read the request, having asked for its body where the client waits for that (RFC 9110 10.1.1)."""
    if (call.request.get("expect") or b"").lower() == b"100-continue":
        call.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    call.read_body()


def _send(call: Call, status: bytes, lines: tuple[bytes, ...], body: bytes, version: bytes = b"HTTP/1.1") -> None:
    common = (b"X-Witness: " + _id(call), b"X-odd-CASE:  1 ", b"x-odd-case: 2")
    head = b"\r\n".join((version + b" " + status, *common, *lines, b"", b""))
    call.send(head if call.request.start.startswith(b"HEAD ") else head + body)


def _whole(
    body: Callable[[Call], bytes], *lines: bytes, status: bytes = b"200 OK", close: bool = False
) -> Callable[[Call], None]:
    def script(call: Call) -> None:
        _take(call)
        content = body(call)
        kind = () if any(line.startswith(b"Content-Type") for line in lines) else (b"Content-Type: text/x-matrix",)
        _send(call, status, (*kind, *lines, b"Content-Length: %d" % len(content)), content)
        if close:
            _end(call)

    return script


def _end(call: Call) -> None:
    """Close in order: over TLS with close_notify, without which a body that ends here may have been cut off."""
    if isinstance(call.sock, ssl.SSLSocket):
        with contextlib.suppress(OSError):  # the other side may go without an answer to it
            call.sock.unwrap()
    call.close()


def _plain(status: bytes, *lines: bytes) -> Script:
    def script(call: Call) -> None:
        _take(call)
        _send(call, status, lines, b"")

    return script


def _pieces(pieces: list[bytes], trailers: list[tuple[bytes, bytes]], *lines: bytes) -> Script:
    def script(call: Call) -> None:
        _take(call)
        names = (b"Trailer: " + b", ".join(name for name, _ in trailers),) if trailers else ()
        _send(call, b"200 OK", (b"Transfer-Encoding: chunked", *names, *lines), chunked(pieces, trailers))

    return script


def _until_close(version: bytes) -> Script:
    def script(call: Call) -> None:
        _take(call)
        _send(call, b"200 OK", (b"Content-Type: text/plain",), pattern(5000), version)
        _end(call)

    return script


def _hints(call: Call) -> None:
    _take(call)
    call.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n")
    _send(call, b"200 OK", (b"Content-Length: 5",), b"after")


def _ranged(call: Call) -> None:
    _take(call)
    wanted = re.fullmatch(rb"bytes=(\d+)-(\d*)", call.request.get("range") or b"")
    assert wanted, call.request.headers
    first, last = int(wanted[1]), int(wanted[2] or RANGED - 1)
    if first >= RANGED:
        _send(call, b"416 Range Not Satisfiable", (b"Content-Range: bytes */%d" % RANGED, b"Content-Length: 0"), b"")
        return
    body = pattern(RANGED)[first : last + 1]
    lines = (b"Content-Range: bytes %d-%d/%d" % (first, last, RANGED), b"Content-Length: %d" % len(body))
    _send(call, b"206 Partial Content", lines, body)


def _etag(call: Call) -> None:
    _take(call)
    tag = b'ETag: "v1"'
    if call.request.get("if-none-match") == b'"v1"':
        _send(call, b"304 Not Modified", (tag, b"Content-Length: 6"), b"")
    else:
        _send(call, b"200 OK", (tag, b"Content-Length: 6"), b"tagged")


def _redirect(status: int) -> Script:
    def script(call: Call) -> None:
        _take(call)
        place = b"/ok?id=%s.2" % _id(call)
        if b"to=absolute" in call.request.start:
            scheme = b"https" if isinstance(call.sock, ssl.SSLSocket) else b"http"
            place = scheme + b"://" + (call.request.get("host") or b"") + place
        _send(call, b"%d Elsewhere" % status, (b"Location: " + place, b"Content-Length: 4"), b"gone")

    return script
