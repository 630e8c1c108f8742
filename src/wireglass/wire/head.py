"""HTTP/1 heads: one block of bytes in, one head out (RFC 9112 2 to 5).

The block is validated and split by one regular expression pass, so that what is recorded, what is decided and what is
forwarded are read from the same match. Requests get no leniency: what two parsers could read differently is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers

MAX_HEAD = 64 * 1024
"""Bytes of start line and header fields together; RFC 9110 5.4 leaves the limit to us."""

NO_BODY = 0
CHUNKED = -1
UNTIL_CLOSE = -2

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# RFC 9110 5.5: field values are visible ASCII, obs-text, SP and HTAB; everything below 0x20 but HTAB is refused.
# Possessive: with backtracking, 60 kB of spaces before a control character took 29 s.
_FIELD = re.compile(rb"\n(" + _TOKEN + rb"):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r(?=\n)")
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([^\x00-\x20\x7f]+) HTTP/1\.([01])\r\n")
# The reason may be missing, and often its space as well, which RFC 9112 4 asks for.
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?\r\n")
_LENGTH = re.compile(rb"[0-9]{1,19}")

# The fields that decide framing, routing and what may not be forwarded, and the type, which every row shows.
_SPECIAL = frozenset(
    (
        b"connection",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"host",
        b"upgrade",
        b"te",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authorization",
        b"proxy-authenticate",
    )
)


_CACHED_SECTION = 2048  # bytes of a header section up to which it is kept
_CACHED = 200  # bytes of a field value up to which the result is kept


@lru_cache(maxsize=1024)
def _members(value: bytes) -> tuple[bytes, ...]:
    return tuple(token for token in map(bytes.strip, value.lower().split(b",")) if token)


class Head:
    """What both heads share.

    ``block`` runs from the LF of the start line to the empty line that ends the head; ``special`` holds the values of
    the fields that decide framing, by lower-case name; ``body`` is a byte count, ``CHUNKED`` or ``UNTIL_CLOSE``.
    """

    __slots__ = ("block", "body", "headers", "minor", "special")

    minor: int
    headers: Headers
    block: bytes
    special: dict[bytes, list[bytes]]
    body: int

    def tokens(self, name: bytes) -> tuple[bytes, ...]:
        """The comma-separated members of a field, lower case (RFC 9110 5.6.1)."""
        values = self.special.get(name)
        if not values:
            return ()
        value = values[0] if len(values) == 1 else b",".join(values)
        return _members(value) if len(value) <= _CACHED else _members.__wrapped__(value)

    @property
    def keep_alive(self) -> bool:
        """Whether the connection persists after this message (RFC 9112 9.3)."""
        if b"connection" not in self.special:
            return self.minor == 1
        options = self.tokens(b"connection")
        if b"close" in options:
            return False
        # RFC 9112 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing; the connection ends with the message.
        return self.minor == 1 or (b"keep-alive" in options and b"transfer-encoding" not in self.special)


class RequestHead(Head):
    __slots__ = ("method", "target")

    method: bytes
    target: bytes

    @property
    def upgrade(self) -> bool:
        """Whether the client asks to change protocols (RFC 9110 7.8). An offer of h2c does not count: RFC 9113 3.1 has
        dropped it, Java's client still makes it with every first request, and what followed could not be recorded."""
        return (
            b"upgrade" in self.special
            and self.minor == 1
            and b"upgrade" in self.tokens(b"connection")
            and b"h2c" not in self.tokens(b"upgrade")
        )

    @property
    def received(self) -> bytes:
        """The head as it came."""
        return b"%b %b HTTP/1.%d\r%b" % (self.method, self.target, self.minor, self.block)


class ResponseHead(Head):
    __slots__ = ("reason", "status")

    status: int
    reason: bytes


def _shown(block: bytes) -> str:
    """The first line, cut, for an error message."""
    return repr(block[:80].partition(b"\n")[0])[1:]


def _fill(head: Head, block: bytes, line: re.Match[bytes], *, request: bool) -> None:
    """Fills headers, block and special from what follows the start line."""
    section = block[line.end() - 1 :]
    read = _fields if len(section) <= _CACHED_SECTION else _fields.__wrapped__
    head.headers, head.special, head.block = read(section, request)


@lru_cache(maxsize=128)
def _fields(section: bytes, request: bool) -> tuple[Headers, dict[bytes, list[bytes]], bytes]:
    """The fields between the LF of the start line and the empty line; all, the special ones, and the section itself.

    Kept, because clients that ask again send the same header section again (4.9 µs for a head that is new, 0.9 for one
    that is kept); nobody changes what is returned. The section comes back as the object that is kept,
    whose hash is known."""
    headers = _split(section, 0, len(section) - 2, ProtocolError if request else BadResponse)
    special: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in _SPECIAL:
            special.setdefault(lower, []).append(value)
    return headers, special, section


def _split(block: bytes, start: int, end: int, error: type[ProtocolError]) -> Headers:
    """The fields between the LF at ``start`` and ``end``, which is behind the LF of the last one."""
    headers = _FIELD.findall(block, start, end)
    if len(headers) + 1 != block.count(b"\n", start, end):
        raise _bad_field(block[start + 1 : end], error)
    if b" \r\n" in block or b"\t\r\n" in block:
        return [(name, value.rstrip(b" \t")) for name, value in headers]
    return headers


def _bad_field(section: bytes, error: type[ProtocolError]) -> ProtocolError:
    """Names the first line that is not a header field."""
    for line in section.split(b"\n"):
        if not line or _FIELD.match(b"\n" + line + b"\n"):
            continue
        name = line.partition(b":")[0]
        shown = repr(line[:60])[1:]
        if line[:1] in b" \t" and line:
            return error(f"A header line begins with white space (obs-fold, RFC 9112 5.2): {shown}.")
        if not line.endswith(b"\r"):
            return error(f"A header line ends with a bare LF (RFC 9112 2.2): {shown}.")
        if b":" not in line:
            return error(f"A header line has no colon (RFC 9112 5): {shown}.")
        if name != name.rstrip(b" \t"):
            return error(f"White space before the colon of a header (RFC 9112 5.1): {shown}.")
        if not re.fullmatch(_TOKEN, name):
            return error(f"A header name has a character that is not allowed (RFC 9110 5.1): {shown}.")
        return error(f"A header value has a control character (RFC 9110 5.5): {shown}.")
    return error("The header section is malformed (RFC 9112 5).")


def _content_length(values: list[bytes], error: type[ProtocolError]) -> int:
    if len(values) != 1 or not _LENGTH.fullmatch(values[0]):
        shown = b", ".join(values)[:60].decode("latin-1")
        raise error(f"Content-Length is not one number (RFC 9112 6.3): {shown}.")
    return int(values[0])


def read_request_head(block: bytes) -> RequestHead:
    """``block`` runs from the request line to the empty line. Raises ProtocolError."""
    line = _REQUEST_LINE.match(block)
    if line is None:
        raise ProtocolError(f"Not an HTTP/1 request line (RFC 9112 3): {_shown(block)}.")
    head = RequestHead()
    head.method, head.target, minor = line.groups()
    head.minor = 1 if minor == b"1" else 0
    _fill(head, block, line, request=True)
    special = head.special
    head.body = NO_BODY
    if b"transfer-encoding" in special:
        # RFC 9112 6.1: with Content-Length, in HTTP/1.0 or not ending in chunked, two recipients may disagree.
        if b"content-length" in special:
            raise ProtocolError("Both Transfer-Encoding and Content-Length are present (RFC 9112 6.1).")
        if head.minor == 0:
            raise ProtocolError("Transfer-Encoding in an HTTP/1.0 request (RFC 9112 6.1).")
        if [value.lower() for value in special[b"transfer-encoding"]] != [b"chunked"]:
            raise ProtocolError("The Transfer-Encoding of a request must be chunked alone (RFC 9112 6.3).")
        head.body = CHUNKED
    elif b"content-length" in special:
        head.body = _content_length(special[b"content-length"], ProtocolError)
    hosts = special.get(b"host", ())
    if len(hosts) != 1 and (len(hosts) > 1 or (head.minor == 1 and head.target[:1] == b"/")):
        raise ProtocolError(f"{len(hosts)} Host headers where there must be one (RFC 9112 3.2).")
    return head


def read_response_head(block: bytes, method: bytes) -> ResponseHead:
    """``block`` runs from the status line to the empty line; ``method`` is the request's. Raises BadResponse."""
    line = _STATUS_LINE.match(block)
    if line is None:
        raise BadResponse(f"Not an HTTP/1 status line (RFC 9112 4): {_shown(block)}.")
    head = ResponseHead()
    minor, status, head.reason = line.groups(b"")
    head.minor = 1 if minor == b"1" else 0
    head.status = int(status)
    _fill(head, block, line, request=False)
    head.body = _response_body(head, method)
    return head


def _response_body(head: ResponseHead, method: bytes) -> int:
    """The message body length, in the order of RFC 9112 6.3."""
    status = head.status
    if method == b"HEAD" or status < 200 or status == 204 or status == 304:
        return NO_BODY
    special = head.special
    if b"transfer-encoding" in special:
        if b"content-length" in special:
            raise BadResponse("Both Transfer-Encoding and Content-Length are present (RFC 9112 6.1).")
        codings = head.tokens(b"transfer-encoding")
        if b"chunked" in codings[:-1]:
            raise BadResponse("The response is chunked twice (RFC 9112 6.1).")
        return CHUNKED if codings[-1:] == (b"chunked",) else UNTIL_CLOSE
    lengths = special.get(b"content-length")
    if lengths is not None:
        if len(lengths) == 1 and lengths[0].isdigit():
            return _content_length(lengths, BadResponse)
        values = [value.strip() for field in lengths for value in field.split(b",")]
        # RFC 9110 8.6: a repeated identical value may be taken for one; browsers do.
        return _content_length(list(dict.fromkeys(values)), BadResponse)
    return UNTIL_CLOSE


def read_trailers(section: bytes, error: type[ProtocolError]) -> Headers:
    """The trailer section of a chunked body, with the line ends of its fields and without the empty line."""
    section = b"\n" + section
    return _split(section, 0, len(section), error)
