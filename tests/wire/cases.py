"""The table of docs/reference/http1.md, and the tests: every case with its bytes, what happens and the RFC section.

``test_cases`` gives the bytes to the parsers, ``tests/doors/test_smuggling.py`` sends them through the real program,
``scripts/http1.py`` writes the page.
"""

from __future__ import annotations

from typing import NamedTuple

from wireglass.wire import leniency
from wireglass.wire.leniency import Leniency

SERVER = b"a.example"
"""Stands for the server in the bytes of a request."""

SMUGGLED = b"GET http://a.example/smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n"
"""What nobody may take for a request of its own."""


class Refused(NamedTuple):
    """A request that is answered with 400. Nothing of it may be read as a second request."""

    name: str
    data: bytes
    reason: str
    """Part of the message."""
    rfc: str
    begun: bool = False
    """The head is in order, and was sent on before the body was seen to be malformed."""


def _get(*lines: bytes, line: bytes = b"GET http://a.example/ HTTP/1.1", host: bytes = b"Host: a.example") -> bytes:
    return b"\r\n".join((line, *((host,) if host else ()), *lines, b"", b""))


def _post(*lines: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return _get(*lines, line=b"POST http://a.example/ HTTP/" + version) + body


_CHUNKED = b"Transfer-Encoding: chunked"
_ONE_CHUNK = b"5\r\nhello\r\n0\r\n\r\n"


def _length(name: str, *lines: bytes, reason: str = "Content-Length is not one number") -> Refused:
    return Refused(name, _post(*lines, body=b"hello" + SMUGGLED), reason, "9112 6.3")


def _coding(name: str, *lines: bytes, reason: str = "must be chunked alone", rfc: str = "9112 6.3") -> Refused:
    return Refused(name, _post(*lines, body=_ONE_CHUNK + SMUGGLED), reason, rfc)


def _line(name: str, line: bytes, reason: str = "Not an HTTP/1 request line", rfc: str = "9112 3") -> Refused:
    return Refused(name, _get(line=line), reason, rfc)


def _field(name: str, line: bytes, reason: str, rfc: str) -> Refused:
    return Refused(name, _get(line), reason, rfc)


def _chunk(name: str, body: bytes, reason: str = "Not a chunk size", rfc: str = "9112 7.1") -> Refused:
    return Refused(name, _post(_CHUNKED, body=body + SMUGGLED), reason, rfc, begun=True)


def _trailer(name: str, line: bytes, reason: str, rfc: str) -> Refused:
    return Refused(name, _post(_CHUNKED, body=b"0\r\n" + line + b"\r\n\r\n" + SMUGGLED), reason, rfc, begun=True)


REQUESTS: tuple[Refused, ...] = (
    _length("Content-Length twice, different", b"Content-Length: 5", b"Content-Length: 6"),
    _length("Content-Length twice, the same", b"Content-Length: 5", b"Content-Length: 5"),
    _length("Content-Length with a comma", b"Content-Length: 5, 5"),
    _length("Content-Length with a plus sign", b"Content-Length: +5"),
    _length("Content-Length with a minus sign", b"Content-Length: -5"),
    _length("Content-Length in hexadecimal", b"Content-Length: 0x5"),
    _length("Content-Length with an underscore", b"Content-Length: 1_0"),
    _length("Content-Length with a space inside", b"Content-Length: 1 0"),
    _length("Content-Length with a fraction", b"Content-Length: 5.0"),
    _length("Content-Length with an exponent", b"Content-Length: 5e0"),
    _length("Content-Length with a digit of another script", b"Content-Length: \xb2"),
    _length("Content-Length in quotes", b'Content-Length: "5"'),
    _length("Content-Length with a parameter", b"Content-Length: 5;a"),
    _length("Content-Length empty", b"Content-Length:"),
    _length("Content-Length with zeros in front", b"Content-Length: 05"),
    _length("Content-Length beyond 64 bits", b"Content-Length: " + b"9" * 20),
    _length("Content-Length beyond 63 bits", b"Content-Length: 9223372036854775808"),
    _length("Content-Length wrapped to 5 in 32 bits and 64", b"Content-Length: 18446744073709551621"),
    Refused(
        "Content_Length, which is Content-Length behind a gateway",
        _post(b"Content_Length: 5", body=b"hello"),
        "framing to some servers",
        "3875 4.1.18",
    ),
    Refused(
        "Transfer_Encoding, likewise",
        _post(b"Content-Length: 5", b"Transfer_Encoding: chunked", body=b"hello"),
        "framing to some servers",
        "3875 4.1.18",
    ),
    _coding("Content-Length and Transfer-Encoding", b"Content-Length: 5", _CHUNKED, reason="Both", rfc="9112 6.1"),
    _coding("Transfer-Encoding and Content-Length", _CHUNKED, b"Content-Length: 5", reason="Both", rfc="9112 6.1"),
    _coding("Content-Length: 0 and Transfer-Encoding", b"Content-Length: 0", _CHUNKED, reason="Both", rfc="9112 6.1"),
    Refused(
        "Transfer-Encoding in HTTP/1.0",
        _post(_CHUNKED, body=_ONE_CHUNK, version=b"1.0"),
        "Transfer-Encoding in an HTTP/1.0 request",
        "9112 6.1",
    ),
    _coding("chunked twice", b"Transfer-Encoding: chunked, chunked"),
    _coding("chunked on two lines", _CHUNKED, _CHUNKED),
    _coding("chunked, then a line with another coding", _CHUNKED, b"Transfer-Encoding: x"),
    _coding("another coding, then a line with chunked", b"Transfer-Encoding: x", _CHUNKED),
    _coding("chunked, then an empty line", _CHUNKED, b"Transfer-Encoding:"),
    _coding("xchunked", b"Transfer-Encoding: xchunked"),
    _coding("identity", b"Transfer-Encoding: identity"),
    _coding("identity before chunked", b"Transfer-Encoding: identity, chunked"),
    _coding("chunked before identity", b"Transfer-Encoding: chunked, identity"),
    _coding("gzip before chunked", b"Transfer-Encoding: gzip, chunked"),
    _coding("an empty member before chunked", b"Transfer-Encoding: ,chunked"),
    _coding("an empty member behind chunked", b"Transfer-Encoding: chunked,"),
    _coding("chunked with a parameter", b"Transfer-Encoding: chunked;q=1"),
    _coding("chunked in quotes", b'Transfer-Encoding: "chunked"'),
    _coding("chunked in two words", b"Transfer-Encoding: chun ked"),
    _coding("Transfer-Encoding empty", b"Transfer-Encoding:"),
    _coding("chunked behind a no-break space", b"Transfer-Encoding: \xa0chunked"),
    _coding(
        "chunked behind a vertical tab", b"Transfer-Encoding: \x0bchunked", reason="control character", rfc="9110 5.5"
    ),
    _coding("Transfer-Encoding folded", b"Transfer-Encoding:\r\n chunked", reason="obs-fold", rfc="9112 5.2"),
    _coding("a space before the colon", b"Transfer-Encoding : chunked", reason="before the colon", rfc="9112 5.1"),
    _coding("a tab before the colon", b"Transfer-Encoding\t: chunked", reason="before the colon", rfc="9112 5.1"),
    _coding("the colon on the next line", b"Transfer-Encoding\r\n : chunked", reason="no colon", rfc="9112 5"),
    _coding("a space before the name", b" Transfer-Encoding: chunked", reason="obs-fold", rfc="9112 5.2"),
    _coding("behind a bare LF", b"X: y\nTransfer-Encoding: chunked", reason="bare LF", rfc="9112 2.2"),
    _coding("behind a bare CR", b"X: y\rTransfer-Encoding: chunked", reason="control character", rfc="9110 5.5"),
    _coding("NUL in the name", b"Transfer-Encoding\0: chunked", reason="not allowed", rfc="9110 5.1"),
    _chunk("a chunk size that is empty", b"\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk extension without size", b";a\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk size with a plus sign", b"+5\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk size with a minus sign", b"-5\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk size with an underscore", b"0_5\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk size that is no number", b"five\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk size beyond 60 bits", b"f" * 16 + b"\r\nhello"),
    _chunk("a chunk size wrapped to 5 in 64 bits", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    _chunk("a space before the chunk size", b" 5\r\nhello\r\n0\r\n\r\n"),
    _chunk("a space behind the chunk size", b"5 \r\nhello\r\n0\r\n\r\n"),
    _chunk("a tab behind the chunk size", b"5\t\r\nhello\r\n0\r\n\r\n"),
    _chunk("a bare LF behind the chunk size", b"5\nhello\r\n0\r\n\r\n"),
    _chunk("a bare CR behind the chunk size", b"5\rhello\r\n0\r\n\r\n"),
    _chunk("two CRs behind the chunk size", b"5\r\r\nhello\r\n0\r\n\r\n"),
    _chunk("a bare LF in a chunk extension", b"5;a\nhello\r\n0\r\n\r\n"),
    _chunk("a bare CR in a chunk extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    _chunk("NUL in a chunk extension", b"5;\0\r\nhello\r\n0\r\n\r\n"),
    _chunk("a chunk line over 4096 bytes", b"5;" + b"x" * 4096 + b"\r\nhello\r\n0\r\n\r\n"),
    _chunk("no CRLF behind a chunk", b"5\r\nhelloX\r\n0\r\n\r\n", "No CRLF after a chunk"),
    _chunk("a bare LF behind a chunk", b"5\r\nhello\n0\r\n\r\n", "No CRLF after a chunk"),
    _chunk("two bytes too many in a chunk", b"5\r\nhelloXX0\r\n\r\n", "No CRLF after a chunk"),
    _trailer("a trailer that is folded", b" X: y", "obs-fold", "9112 5.2"),
    _trailer("a trailer without colon", b"nonsense", "no colon", "9112 5"),
    _trailer("a space before the colon of a trailer", b"X : y", "before the colon", "9112 5.1"),
    _trailer("a bare LF in the trailers", b"X: y\nZ: 1", "bare LF", "9112 2.2"),
    _trailer("Content-Length in the trailers", b"Content-Length: 5", "in the trailers", "9110 6.5.1"),
    _trailer("Transfer-Encoding in the trailers", _CHUNKED, "in the trailers", "9110 6.5.1"),
    _trailer("Host in the trailers", b"Host: b.example", "in the trailers", "9110 6.5.1"),
    _trailer("Authorization in the trailers", b"Authorization: Basic eDp5", "in the trailers", "9110 6.5.1"),
    _trailer("Cookie in the trailers", b"Cookie: a=b", "in the trailers", "9110 6.5.1"),
    _trailer("Content-Type in the trailers", b"Content-Type: text/html", "in the trailers", "9110 6.5.1"),
    _trailer("trailers over 64 KiB", b"X: " + b"y" * 66_000, "larger than 65536 bytes", "9110 5.4"),
    _field("a field folded over two lines", b"X: y\r\n z", "obs-fold", "9112 5.2"),
    _field("a field folded with a tab", b"X: y\r\n\tz", "obs-fold", "9112 5.2"),
    Refused(
        "white space before the first field",
        _get(b" X: y", host=b""),
        "obs-fold",
        "9112 2.2",
    ),
    _field("a space before a colon", b"X : y", "before the colon", "9112 5.1"),
    _field("a line without colon", b"nonsense", "no colon", "9112 5"),
    _field("an empty name", b": y", "not allowed", "9110 5.1"),
    _field("a name with a space", b"X Y: z", "not allowed", "9110 5.1"),
    _field("a name with a separator", b"X(Y): z", "not allowed", "9110 5.1"),
    _field("a name that is not ASCII", b"caf\xe9: z", "not allowed", "9110 5.1"),
    _field("NUL in a value", b"X: y\0z", "control character", "9110 5.5"),
    _field("NUL in a name", b"X\0: y", "not allowed", "9110 5.1"),
    _field("a bare CR in a value", b"X: y\rz", "control character", "9110 5.5"),
    _field("a control character in a value", b"X: y\x01", "control character", "9110 5.5"),
    _field("DEL in a value", b"X: y\x7f", "control character", "9110 5.5"),
    _field("a bare LF between fields", b"X: y\nZ: 1", "bare LF", "9112 2.2"),
    Refused("all lines with bare LF", _get().replace(b"\r", b""), "bare LF", "9112 2.2"),
    Refused("a bare LF at the end of the head", _get()[:-2] + b"\n", "bare LF", "9112 2.2"),
    Refused("a bare LF behind the last field", _get()[:-4] + b"\n\r\n", "bare LF", "9112 2.2"),
    Refused("a bare LF before the request line", b"\n" + _get(), "Not HTTP", "9112 2.2"),
    Refused("a space before the request line", b" " + _get(), "Not HTTP", "9112 3"),
    Refused("a head over 64 KiB", _get(b"X: " + b"y" * 66_000), "larger than 65536 bytes", "9110 5.4"),
    Refused(
        "a head over 64 KiB that has no end",
        b"GET http://a.example/ HTTP/1.1\r\nX: " + b"y" * 66_000,
        "larger than 65536 bytes",
        "9110 5.4",
    ),
    _field("two Hosts", b"Host: a.example", "2 Host headers", "9112 3.2"),
    _field("two Hosts that differ", b"Host: b.example", "2 Host headers", "9112 3.2"),
    Refused("a Host with a comma", _get(host=b"Host: a.example, b.example"), "one host and port", "9112 3.2"),
    Refused("a Host with a path", _get(host=b"Host: a.example/x"), "one host and port", "9112 3.2"),
    Refused("a Host with a user", _get(host=b"Host: a.example@b.example"), "one host and port", "9112 3.2"),
    Refused("a Host with a space", _get(host=b"Host: a.example b"), "one host and port", "9112 3.2"),
    Refused("a Host with a port that is no number", _get(host=b"Host: a.example:x"), "one host and port", "9112 3.2"),
    _line("two spaces in the request line", b"GET  http://a.example/ HTTP/1.1"),
    _line("two spaces before the version", b"GET http://a.example/  HTTP/1.1"),
    _line("a space behind the version", b"GET http://a.example/ HTTP/1.1 "),
    _line("a tab in the request line", b"GET\thttp://a.example/ HTTP/1.1"),
    _line("a tab before the version", b"GET http://a.example/\tHTTP/1.1"),
    _line("a vertical tab in the request line", b"GET\x0bhttp://a.example/ HTTP/1.1"),
    _line("a bare CR in the request line", b"GET http://a.example/ HTTP/1.1\rX: y"),
    _line("no version (HTTP/0.9)", b"GET http://a.example/"),
    _line("HTTP/1.2", b"GET http://a.example/ HTTP/1.2", rfc="9112 2.3"),
    _line("HTTP/1.10", b"GET http://a.example/ HTTP/1.10", rfc="9112 2.3"),
    _line("HTTP/01.1", b"GET http://a.example/ HTTP/01.1", rfc="9112 2.3"),
    _line("HTTP/2.0", b"GET http://a.example/ HTTP/2.0", rfc="9112 2.3"),
    _line("HTTP/0.9", b"GET http://a.example/ HTTP/0.9", rfc="9112 2.3"),
    _line("http in lower case", b"GET http://a.example/ http/1.1", rfc="9112 2.3"),
    _line("the preface of HTTP/2", b"PRI * HTTP/2.0", rfc="9112 2.3"),
    _line("a method that is no token", b"G(T http://a.example/ HTTP/1.1", rfc="9110 9.1"),
    _line("head in lower case", b"head http://a.example/ HTTP/1.1", "for another method", "9110 9.1"),
    _line("connect in lower case", b"connect a.example HTTP/1.1", "for another method", "9110 9.1"),
    _line("a space in the target", b"GET http://a.example/a b HTTP/1.1", rfc="9112 3.2"),
    _line("a control character in the target", b"GET http://a.example/\x01 HTTP/1.1", rfc="9112 3.2"),
    _line("NUL in the target", b"GET http://a.example/\0 HTTP/1.1", rfc="9112 3.2"),
    _line("DEL in the target", b"GET http://a.example/\x7f HTTP/1.1", rfc="9112 3.2"),
    _line("a fragment in the target", b"GET http://a.example/#x HTTP/1.1", "a fragment", "9112 3.2"),
    _line("a user in the target", b"GET http://user@a.example/ HTTP/1.1", "Not a host and port", "9110 4.2.4"),
    _line("a password in the target", b"GET http://u:p@a.example/ HTTP/1.1", "Not a host and port", "9110 4.2.4"),
    _line("a backslash in the host", b"GET http://a.example\\@b/ HTTP/1.1", "Not a host and port", "9110 7.2"),
    _line("no host in the target", b"GET http:///x HTTP/1.1", "Not a host and port", "9110 4.2.1"),
    _line("a port beyond 65535", b"GET http://b.example:65536/ HTTP/1.1", "not between", "9110 4.2"),
    _line("another scheme", b"GET ftp://a.example/ HTTP/1.1", "not an http or https URL", "9112 3.2.2"),
    _line("a host where a URL belongs", b"GET a.example HTTP/1.1", "not an http or https URL", "9112 3.2.3"),
    _line("* for another method than OPTIONS", b"GET * HTTP/1.1", "for OPTIONS alone", "9112 3.2.4"),
    _line("CONNECT with a URL", b"CONNECT http://a.example/ HTTP/1.1", "host:port alone", "9112 3.2.3"),
    _line("CONNECT with a path", b"CONNECT / HTTP/1.1", "host:port alone", "9112 3.2.3"),
    _line("CONNECT without port", b"CONNECT b.example HTTP/1.1", "The port is missing", "9110 9.3.6"),
    _line("CONNECT with a user", b"CONNECT u@b.example:443 HTTP/1.1", "Not a host and port", "9110 9.3.6"),
    Refused(
        "CONNECT with a body",
        _get(b"Content-Length: 5", line=b"CONNECT b.example:443 HTTP/1.1") + b"hello",
        "CONNECT with a body",
        "9110 9.3.6",
    ),
    Refused(
        "CONNECT with chunks",
        _get(_CHUNKED, line=b"CONNECT b.example:443 HTTP/1.1") + _ONE_CHUNK,
        "CONNECT with a body",
        "9110 9.3.6",
    ),
    Refused(
        "TRACE with a body",
        _get(b"Content-Length: 5", line=b"TRACE http://a.example/ HTTP/1.1") + b"hello",
        "TRACE with a body",
        "9110 9.3.8",
    ),
)


class InOrder(NamedTuple):
    """A request that looks odd and can be read in one way only."""

    name: str
    data: bytes
    sent: bytes
    """What stands for it in what the server gets."""
    rfc: str
    body: bytes = b""


def _spaced(name: str, line: bytes, sent: bytes) -> InOrder:
    body = _ONE_CHUNK if line.lower().startswith(b"transfer") else b"hello"
    return InOrder(name, _post(line, body=body), b"\r\n" + sent + b"\r\n", "9112 5.1", b"hello")


def _sized(name: str, chunks: bytes, rfc: str = "9112 7.1") -> InOrder:
    return InOrder(name, _post(_CHUNKED, body=chunks), b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n", rfc, b"hello")


IN_ORDER: tuple[InOrder, ...] = (
    _spaced("Content-Length with a space behind it", b"Content-Length: 5 ", b"Content-Length: 5"),
    _spaced("Content-Length behind a tab", b"Content-Length:\t5", b"Content-Length: 5"),
    _spaced("Content-Length without a space", b"content-length:5", b"content-length:5"),
    _spaced("chunked before a space", b"Transfer-Encoding: chunked ", b"Transfer-Encoding: chunked"),
    _spaced("chunked behind a tab", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: chunked"),
    _spaced("chunked before spaces and tabs", b"Transfer-Encoding: chunked \t \t", b"Transfer-Encoding: chunked"),
    _spaced("chunked in capitals", b"Transfer-Encoding: CHUNKED", b"Transfer-Encoding: CHUNKED"),
    _sized("a chunk size with zeros in front", b"0005\r\nhello\r\n000\r\n\r\n"),
    _sized("a chunk extension", b'5;a="b"\r\nhello\r\n0\r\n\r\n', "9112 7.1.1"),
    _sized("white space before a chunk extension", b"5 ;a\r\nhello\r\n0\r\n\r\n", "9112 7.1.1"),
    InOrder("empty lines before the request line", b"\r\n\r\n" + _get(), b"GET / HTTP/1.1\r\n", "9112 2.2"),
    InOrder("another Host than in the target", _get(host=b"Host: b.example"), b"\r\nHost: a.example\r\n", "9112 3.2.2"),
    InOrder("no Host beside the target", _get(host=b""), b"\r\nHost: a.example\r\n", "9112 3.2.2"),
    InOrder("HTTP/1.0", _get(line=b"GET http://a.example/ HTTP/1.0"), b"GET / HTTP/1.1\r\n", "9112 2.3"),
)


class Response(NamedTuple):
    """What a server says before it closes, and what is made of it."""

    name: str
    data: bytes
    rfc: str
    chrome: str
    """What Chromium 156 was seen to do with these bytes; "the same" where it agrees."""
    lenient: tuple[Leniency, ...] = ()
    refused: str = ""
    """Part of the message, where there is no whole response for the client."""
    kind: str = "malformed_response"
    status: int = 200
    fields: tuple[tuple[bytes, bytes], ...] = ()
    """That must reach the client, apart from framing."""
    body: bytes = b"hello"
    informational: int = 0
    begun: bool = False
    """The client has got a head when the fault is seen, so that the connection is broken off."""


_OK = b"HTTP/1.1 200 OK\r\n"
_LEN = b"Content-Length: 5\r\n"
_TE = b"Transfer-Encoding: chunked\r\n"
_BODY = b"\r\nhello"
_C = ((b"X-C", b"d"),)
_SAME = "the same"
_REFUSES = "refuses it"


def _status(name: str, line: bytes, *lenient: Leniency, chrome: str = _SAME, status: int = 200) -> Response:
    return Response(
        name, line + b"\r\n" + _LEN + _BODY, lenient[0].rfc if lenient else "9112 4", chrome, lenient, status=status
    )


def _no_status(name: str, line: bytes, chrome: str) -> Response:
    return Response(name, line + b"\r\n" + _LEN + _BODY, "9112 4", chrome, refused="status line")


def _head(
    name: str, section: bytes, *lenient: Leniency, fields: tuple[tuple[bytes, bytes], ...] = (), chrome: str = _SAME
) -> Response:
    return Response(name, _OK + section + _LEN + _BODY, lenient[0].rfc, chrome, lenient, fields=fields)


def _framed(name: str, section: bytes, body: bytes, *lenient: Leniency, chrome: str = _SAME, rfc: str = "") -> Response:
    return Response(name, _OK + section + b"\r\n" + body, rfc or lenient[0].rfc, chrome, lenient, body=body)


def _coded(name: str, section: bytes, *lenient: Leniency, chrome: str = _SAME, rfc: str = "9112 6.1") -> Response:
    return Response(name, _OK + section + b"\r\n" + _ONE_CHUNK, lenient[0].rfc if lenient else rfc, chrome, lenient)


def _chunks(name: str, body: bytes, *lenient: Leniency, rfc: str = "9112 7.1", chrome: str = _SAME) -> Response:
    return Response(name, _OK + _TE + b"\r\n" + body, lenient[0].rfc if lenient else rfc, chrome, lenient)


def _bad_chunks(
    name: str, body: bytes, refused: str = "Not a chunk size", kind: str = "malformed_response"
) -> Response:
    return Response(name, _OK + _TE + b"\r\n" + body, "9112 7.1", _REFUSES, refused=refused, kind=kind, begun=True)


L = leniency
RESPONSES: tuple[Response, ...] = (
    Response(
        "all lines with bare LF",
        b"HTTP/1.1 200 OK\nX-C: d\nContent-Length: 5\n\nhello",
        "9112 2.2",
        _SAME,
        (L.BARE_LF,),
        fields=_C,
    ),
    _head("one line with bare LF", b"X-C: d\n", L.BARE_LF, fields=_C),
    Response("a bare LF at the end of the head", _OK + _LEN + b"\nhello", "9112 2.2", _SAME, (L.BARE_LF,)),
    Response("LF and CRLF at the end of the head", _OK + _LEN[:-2] + b"\n\r\nhello", "9112 2.2", _SAME, (L.BARE_LF,)),
    _head("a bare CR between fields", b"A: b\rX-C: d\r\n", L.BARE_CR, fields=((b"A", b"b"), (b"X-C", b"d"))),
    _head("two CRs before an LF", b"X-C: d\r\r\n", L.BARE_CR, fields=_C),
    _status("an empty reason", b"HTTP/1.1 200 "),
    _status("neither reason nor space", b"HTTP/1.1 200", L.MISSING_REASON),
    _status("two spaces before the status", b"HTTP/1.1  200 OK", L.STATUS_SPACES),
    _status("two spaces behind the status", b"HTTP/1.1 404  Not Found", status=404),
    _status("a tab behind the status", b"HTTP/1.1 404\tNot Found", L.STATUS_SPACES, status=404),
    _status("no space behind the status", b"HTTP/1.1 404Not Found", L.STATUS_SPACES, status=404),
    _status("no status", b"HTTP/1.1", L.MISSING_STATUS),
    _status("a reason without status", b"HTTP/1.1 OK", L.MISSING_STATUS),
    _no_status("a tab before the status", b"HTTP/1.1\t404 Not Found", "takes it for 200"),
    _no_status("a negative status", b"HTTP/1.1 -404 X", "takes it for 200"),
    _no_status("a status of two digits", b"HTTP/1.1 20 X", "takes it as it is"),
    _no_status("a status of four digits", b"HTTP/1.1 2000 OK", "takes it as it is"),
    _no_status("status 000", b"HTTP/1.1 000 X", "takes it as it is"),
    _no_status("status 099", b"HTTP/1.1 099 X", "takes it as it is"),
    _status("status 600", b"HTTP/1.1 600 X", L.UNKNOWN_CLASS, status=600),
    _status("status 999", b"HTTP/1.1 999 X", L.UNKNOWN_CLASS, status=999),
    _status("HTTP/1.2", b"HTTP/1.2 200 OK", L.VERSION),
    _status("HTTP/1.10", b"HTTP/1.10 200 OK", L.VERSION),
    _status("HTTP/2.0", b"HTTP/2.0 200 OK", L.VERSION),
    _status("HTTP/2", b"HTTP/2 200 OK", L.VERSION),
    _status("HTTP/0.9", b"HTTP/0.9 200 OK", L.VERSION),
    _status("HTTP without version", b"HTTP 200 OK", L.VERSION),
    _status("http in lower case", b"http/1.1 200 OK", L.VERSION),
    _status("an empty line before the status line", b"\r\nHTTP/1.1 200 OK", L.LEADING_BYTES),
    _status("two empty lines before it", b"\r\n\r\nHTTP/1.1 200 OK", L.LEADING_BYTES),
    _status("four bytes of junk before it", b"xyz\nHTTP/1.1 200 OK", L.LEADING_BYTES),
    Response(
        "five bytes of junk before it",
        b"vwxyz" + _OK + _LEN + _BODY,
        "9112 2.2",
        _REFUSES,
        refused="does not begin like HTTP/1",
    ),
    Response(
        "three empty lines before it",
        b"\r\n" * 3 + _OK + _LEN + _BODY,
        "9112 2.2",
        _REFUSES,
        refused="does not begin like HTTP/1",
    ),
    Response(
        "no status line (HTTP/0.9)", b"<html>hello</html>", "9112 2.2", _REFUSES, refused="does not begin like HTTP/1"
    ),
    Response(
        "SHOUTcast",
        b"ICY 200 OK\r\n" + _LEN + _BODY,
        "9112 2.2",
        "shows all bytes as the body",
        refused="does not begin like HTTP/1",
    ),
    _head("a line without colon", b"nonsense\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("an empty name", b": v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("a name with a separator", b"X(A: v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("a name with a space", b"X A: v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("a name that is not ASCII", b"X\xe9: v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("a control character in a name", b"X\x01A: v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("white space before the first field", b" X-A: v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("a fold behind a line without colon", b"nonsense\r\n X-A: v\r\nX-C: d\r\n", L.NOT_A_FIELD, fields=_C),
    _head("a space before a colon", b"X-C : d\r\n", L.SPACE_BEFORE_COLON, fields=_C),
    _head("a tab before a colon", b"X-C\t: d\r\n", L.SPACE_BEFORE_COLON, fields=_C),
    _framed("a space before the colon of Content-Length", b"Content-Length : 3\r\n", b"hel", L.SPACE_BEFORE_COLON),
    _coded("a space before the colon of Transfer-Encoding", b"Transfer-Encoding : chunked\r\n", L.SPACE_BEFORE_COLON),
    _head("a folded field", b"X-C: a\r\n b\r\n", L.FOLDED, fields=((b"X-C", b"a b"),)),
    _head("a field folded with a tab", b"X-C: a\r\n\t  b\r\n", L.FOLDED, fields=((b"X-C", b"a b"),)),
    _head("a fold that looks like a field", b"X-C: a\r\n X-D: b\r\n", L.FOLDED, fields=((b"X-C", b"a X-D: b"),)),
    _head("an empty fold", b"X-C: d\r\n \r\n", L.FOLDED, fields=_C),
    _framed("Content-Length folded", b"Content-Length:\r\n 3\r\n", b"hel", L.FOLDED),
    Response("NUL in a value", _OK + b"X: a\0b\r\n" + _LEN + _BODY, "9110 5.5", _REFUSES, refused="NUL"),
    Response("NUL in a name", _OK + b"X\0: b\r\n" + _LEN + _BODY, "9110 5.5", _REFUSES, refused="NUL"),
    Response("NUL in the reason", b"HTTP/1.1 200 O\0K\r\n" + _LEN + _BODY, "9110 5.5", _REFUSES, refused="NUL"),
    _head(
        "a control character in a value", b"X-C: a\x01b\r\n", L.CONTROL, fields=((b"X-C", b"a b"),), chrome="keeps it"
    ),
    _head("DEL in a value", b"X-C: a\x7fb\r\n", L.CONTROL, fields=((b"X-C", b"a b"),), chrome="keeps it"),
    _status("a control character in the reason", b"HTTP/1.1 200 O\x01K", L.CONTROL, chrome="keeps it"),
    Response(
        "8-bit bytes in a value",
        _OK + b"X-C: a\xe9b\r\n" + _LEN + _BODY,
        "9110 5.5",
        _SAME,
        fields=((b"X-C", b"a\xe9b"),),
    ),
    _framed("the same Content-Length twice", _LEN + _LEN, b"hello", L.REPEATED_LENGTH),
    _framed("the same Content-Length in a list", b"Content-Length: 5, 5\r\n", b"hello", L.REPEATED_LENGTH),
    *(
        Response(name, _OK + section + _BODY, "9112 6.3", _REFUSES, refused="More than one Content-Length")
        for name, section in (
            ("Content-Lengths that differ", _LEN + b"Content-Length: 4\r\n"),
            ("Content-Lengths that differ, in a list", b"Content-Length: 5, 4\r\n"),
            ("a Content-Length with a comma behind it", b"Content-Length: 5,\r\n"),
            ("Content-Length 5 and 05", _LEN + b"Content-Length: 05\r\n"),
            ("a Content-Length that is no number, and one that is", b"Content-Length: x\r\n" + _LEN),
        )
    ),
    _framed("Content-Length with zeros in front", b"Content-Length: 03\r\n", b"hel", L.LENGTH_ZEROS),
    _framed("a negative Content-Length", b"Content-Length: -3\r\n", b"hello", L.INVALID_LENGTH),
    _framed("Content-Length with a plus sign", b"Content-Length: +3\r\n", b"hello", L.INVALID_LENGTH),
    _framed("Content-Length in hexadecimal", b"Content-Length: 0x3\r\n", b"hello", L.INVALID_LENGTH),
    _framed("Content-Length with text behind it", b"Content-Length: 3x\r\n", b"hello", L.INVALID_LENGTH),
    _framed("Content-Length empty", b"Content-Length:\r\n", b"hello", L.INVALID_LENGTH),
    _framed("Content-Length beyond 63 bits", b"Content-Length: " + b"9" * 20 + b"\r\n", b"hello", L.INVALID_LENGTH),
    _coded("chunked with Content-Length", b"Content-Length: 3\r\n" + _TE, L.CHUNKED_AND_LENGTH),
    _coded("chunked with Content-Lengths that differ", _LEN + b"Content-Length: 4\r\n" + _TE, L.CHUNKED_AND_LENGTH),
    _framed(
        "identity with Content-Length",
        b"Transfer-Encoding: identity\r\nContent-Length: 3\r\n",
        b"hel",
        L.CODING_AND_LENGTH,
    ),
    _framed(
        "gzip with Content-Length", b"Transfer-Encoding: gzip\r\nContent-Length: 3\r\n", b"hel", L.CODING_AND_LENGTH
    ),
    _framed(
        "xchunked with Content-Length",
        b"Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n",
        b"hel",
        L.CODING_AND_LENGTH,
    ),
    _framed("identity", b"Transfer-Encoding: identity\r\n", b"hello", L.UNKNOWN_CODING),
    _framed("Transfer-Encoding empty", b"Transfer-Encoding:\r\n", b"hello", L.UNKNOWN_CODING),
    _framed("xchunked", b"Transfer-Encoding: xchunked\r\n", b"hello", L.UNKNOWN_CODING),
    _framed("chunked with a parameter", b"Transfer-Encoding: chunked;q=1\r\n", b"hello", L.UNKNOWN_CODING),
    _framed("chunked in quotes", b'Transfer-Encoding: "chunked"\r\n', b"hello", L.UNKNOWN_CODING),
    Response(
        "chunked behind a vertical tab",
        _OK + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + _ONE_CHUNK,
        "9110 5.5",
        "reads until the close",
        refused="control character in Transfer-Encoding",
    ),
    _coded("chunked twice", b"Transfer-Encoding: chunked, chunked\r\n", L.CHUNKED_ODDLY),
    _coded("chunked on two lines", _TE + _TE, L.CHUNKED_ODDLY),
    _coded("gzip behind chunked", b"Transfer-Encoding: chunked, gzip\r\n", L.CHUNKED_ODDLY),
    _coded("an unknown coding before chunked", b"Transfer-Encoding: xy, chunked\r\n", L.CHUNKED_ODDLY),
    _coded("nonsense before a line with chunked", b"Transfer-Encoding: x: 5\r\n" + _TE, L.CHUNKED_ODDLY),
    _coded("gzip before chunked", b"Transfer-Encoding: gzip, chunked\r\n", rfc="9112 7.2"),
    Response(
        "chunked in HTTP/1.0",
        b"HTTP/1.0 200 OK\r\n" + _TE + b"\r\n" + _ONE_CHUNK,
        "9112 6.1",
        "reads the chunks as the body",
        (L.CHUNKED_IN_1_0,),
    ),
    Response(
        "chunked with Content-Length in HTTP/1.0",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n" + _TE + b"\r\n" + _ONE_CHUNK,
        "9112 6.1",
        "reads the length",
        (L.CHUNKED_AND_LENGTH, L.CHUNKED_IN_1_0),
    ),
    Response(
        "a body longer than Content-Length", _OK + _LEN + b"\r\nhellojunk", "9112 6.3", _SAME, (L.BYTES_AFTER_BODY,)
    ),
    Response(
        "bytes behind the last chunk",
        _OK + _TE + b"\r\n" + _ONE_CHUNK + b"junk",
        "9112 6.3",
        _SAME,
        (L.BYTES_AFTER_BODY,),
    ),
    Response(
        "a body shorter than Content-Length",
        _OK + _LEN + b"\r\nhel",
        "9112 8",
        _REFUSES,
        refused="2 bytes of the response body",
        kind="upstream_closed",
        begun=True,
    ),
    _bad_chunks("closed inside a chunk", b"5\r\nhel", "inside a chunked", "upstream_closed"),
    _bad_chunks("closed without a last chunk", b"5\r\nhello\r\n", "inside a chunked", "upstream_closed"),
    _bad_chunks("closed before the end of the trailers", b"5\r\nhello\r\n0\r\n", "inside a chunked", "upstream_closed"),
    _chunks("a chunk extension", b"5;a=b\r\nhello\r\n0\r\n\r\n", rfc="9112 7.1.1"),
    _chunks("a control character in a chunk extension", b"5;\x01\r\nhello\r\n0\r\n\r\n", L.CHUNK_EXTENSION),
    _chunks("a bare CR in a chunk extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n", L.CHUNK_EXTENSION),
    _chunks("chunks with bare LF", b"5\nhello\n0\n\n", L.CHUNK_BARE_LF),
    _chunks("a bare LF behind a chunk size", b"5\nhello\r\n0\r\n\r\n", L.CHUNK_BARE_LF),
    _chunks("a bare LF behind a chunk", b"5\r\nhello\n0\r\n\r\n", L.CHUNK_BARE_LF),
    _chunks("a space behind a chunk size", b"5 \r\nhello\r\n0\r\n\r\n", L.CHUNK_SPACES),
    _chunks("a chunk size with many zeros", b"0" * 19 + b"5\r\nhello\r\n0\r\n\r\n", L.CHUNK_ZEROS),
    _bad_chunks("a space before a chunk size", b" 5\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("a tab behind a chunk size", b"5\t\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("two CRs behind a chunk size", b"5\r\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("a chunk size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("a chunk size with a plus sign", b"+5\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("a chunk size that is empty", b"\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("a chunk extension without size", b";a\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("a chunk size beyond 64 bits", b"f" * 17 + b"5\r\nhello\r\n0\r\n\r\n"),
    _bad_chunks("no line end behind a chunk", b"5\r\nhelloX\r\n0\r\n\r\n", "No CRLF after a chunk"),
    _chunks("a trailer line without colon", b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n", L.TRAILER_LINES),
    _chunks("a folded trailer", b"5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n", L.TRAILER_LINES),
    _chunks("trailers with bare LF", b"5\r\nhello\r\n0\nX-T: 1\n\n", L.CHUNK_BARE_LF),
    _chunks("Content-Length in the trailers", b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", L.FORBIDDEN_TRAILER),
    _chunks("Set-Cookie in the trailers", b"5\r\nhello\r\n0\r\nSet-Cookie: a=b\r\n\r\n", L.FORBIDDEN_TRAILER),
    Response(
        "a body in a 204",
        b"HTTP/1.1 204 No Content\r\n" + _LEN + _BODY,
        "9110 8.6",
        _SAME,
        (L.FRAMED_NO_CONTENT, L.BYTES_AFTER_BODY),
        status=204,
        body=b"",
    ),
    Response(
        "chunks in a 204",
        b"HTTP/1.1 204 No Content\r\n" + _TE + b"\r\n" + _ONE_CHUNK,
        "9112 6.1",
        _SAME,
        (L.FRAMED_NO_CONTENT, L.BYTES_AFTER_BODY),
        status=204,
        body=b"",
    ),
    Response(
        "a body in a 304",
        b"HTTP/1.1 304 Not Modified\r\n" + _LEN + _BODY,
        "9110 15.4.5",
        _SAME,
        (L.BYTES_AFTER_BODY,),
        status=304,
        body=b"",
    ),
    Response(
        "a 100 with bare LF",
        b"HTTP/1.1 100 Continue\n\n" + _OK + _LEN + _BODY,
        "9112 2.2",
        _SAME,
        (L.BARE_LF,),
        informational=1,
    ),
    Response(
        "a 103 with Content-Length",
        b"HTTP/1.1 103 Early Hints\r\n" + _LEN + b"\r\n" + _OK + _LEN + _BODY,
        "9110 8.6",
        _SAME,
        (L.FRAMED_NO_CONTENT,),
        informational=1,
    ),
    Response(
        "junk behind a 100",
        b"HTTP/1.1 100 Continue\r\n\r\nxx" + _OK + _LEN + _BODY,
        "9112 2.2",
        _SAME,
        (L.LEADING_BYTES,),
        informational=1,
    ),
    Response(
        "twenty 103 in a row",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20 + _OK + _LEN + _BODY,
        "9110 15.2",
        _SAME,
        informational=20,
    ),
    Response(
        "no end of 103",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 300 + _OK + _LEN + _BODY,
        "9110 15.2",
        "takes all 300 of them",
        refused="More than 256 informational",
        informational=256,
    ),
    *(
        Response(
            f"two {name}s that differ",
            status + b"%b: /a\r\n%b: /b\r\n" % (name.encode(), name.encode()) + _LEN + _BODY,
            "9110 5.3",
            _REFUSES,
            refused=f"2 {name} headers that differ",
        )
        for name, status in (("Location", b"HTTP/1.1 302 Found\r\n"), ("Content-Disposition", _OK))
    ),
    Response(
        "the same Location twice",
        b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /a\r\n" + _LEN + _BODY,
        "9110 5.3",
        _SAME,
        status=302,
        fields=((b"Location", b"/a"),),
    ),
    _framed("Content-Length behind a tab", b"Content-Length:\t5\r\n", b"hello", rfc="9112 5.1"),
    _framed("Content-Length with a space behind it", b"Content-Length: 5 \r\n", b"hello", rfc="9112 5.1"),
    _coded("chunked between tabs", b"Transfer-Encoding:\tchunked\t\r\n", rfc="9112 5.1"),
    Response(
        "a 101 that nobody asked for",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello",
        "9110 15.2.2",
        _REFUSES,
        refused="nobody had asked for",
    ),
    Response(
        "a head of 200 KiB",
        _OK + b"X-C: " + b"x" * 200_000 + b"\r\n" + _LEN + _BODY,
        "9110 5.4",
        _SAME,
        fields=((b"X-C", b"x" * 200_000),),
    ),
    Response(
        "a head over 256 KiB",
        _OK + b"X-C: " + b"x" * 270_000 + b"\r\n" + _LEN + _BODY,
        "9110 5.4",
        _REFUSES,
        refused="larger than 262144 bytes",
    ),
    Response(
        "closed inside the head",
        b"HTTP/1.1 200 OK\r\nX-C: d\r\n",
        "9112 8",
        "takes it as whole, over http alone",
        refused="inside the response head",
        kind="upstream_closed",
    ),
    Response("closed without a byte", b"", "9112 8", _REFUSES, refused="without a response", kind="upstream_closed"),
)
