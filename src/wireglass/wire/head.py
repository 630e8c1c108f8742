"""HTTP/1 heads: one block of bytes in, one head out (RFC 9112 2 to 5).

The block is validated and split by one regular expression pass, so that what is recorded, what is decided and what is
forwarded are read from the same match. Requests get no leniency: what two parsers could read differently is refused.
What ``leniency`` names is accepted of responses: ``repair`` writes their lines anew, so that this is the only reader.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers
from wireglass.wire import leniency
from wireglass.wire.fields import CACHED_SECTION, TOKEN, read_fields
from wireglass.wire.leniency import Leniency, Lenient

MAX_HEAD = 64 * 1024
"""Bytes of a request's line and header fields together; RFC 9110 5.4 leaves the limit to us."""

MAX_RESPONSE_HEAD = 256 * 1024
"""The same for responses: Chrome's limit."""

NO_BODY = 0
CHUNKED = -1
UNTIL_CLOSE = -2

_REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([^\x00-\x20#\x7f]+) HTTP/1\.([01])\r\n")
_FRAGMENT = re.compile(rb"[^ \r\n]+ [^ \r\n#]*#[^ \r\n]* HTTP")
# The reason may be missing, and often its space as well, which RFC 9112 4 asks for.
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?\r\n")
# 18 digits fit into any 64 bits; a zero in front is octal to some. Neither is the length of a real body.
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")
_CODINGS = frozenset((b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"))  # RFC 9112 7.2
_MOST_LENGTH = 2**63 - 1

_ORDINARY = frozenset((b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH"))

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

    @property
    def version(self) -> str:
        """As in the start line; ``HTTP/2`` has none."""
        return "HTTP/1.1" if self.minor else "HTTP/1.0"

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
    __slots__ = ("lenient", "reason", "status")

    status: int
    reason: bytes
    lenient: Lenient | None
    """None where nothing had to be overlooked."""

    @property
    def phrase(self) -> bytes:
        """The reason as HTTP/1 passes it on; HTTP/2 has none (RFC 9113 8.3.2)."""
        return self.reason

    @property
    def keep_alive(self) -> bool:
        """Whether the server's connection may serve the next request (RFC 9112 9.3)."""
        if self.lenient is not None and not self.lenient.keeps:
            return False
        return super().keep_alive

    def overlook(self, what: Leniency, *left_out: bytes) -> None:
        """Notes a leniency; the fields ``left_out`` are not passed on."""
        if self.lenient is None:
            self.lenient = Lenient()
        self.lenient.add(what)
        self.lenient.left_out += left_out

    def overlook_too(self, before: Lenient) -> None:
        """Notes what was overlooked in an informational response in front of this one."""
        for what in before.named:
            self.overlook(what)
        assert self.lenient is not None
        self.lenient.received = self.lenient.received or before.received

    @property
    def left_out(self) -> tuple[bytes, ...]:
        """Fields that are not passed on."""
        return self.lenient.left_out if self.lenient is not None else ()


def _shown(block: bytes) -> str:
    """The first line, cut, for an error message."""
    return repr(block[:80].partition(b"\n")[0])[1:]


def _fill(head: Head, block: bytes, line: re.Match[bytes], *, request: bool) -> None:
    """Fills headers, block and special from what follows the start line."""
    section = block[line.end() - 1 :]
    read = read_fields if len(section) <= CACHED_SECTION else read_fields.__wrapped__
    head.headers, head.special, head.block = read(section, request)


def request_body(head: RequestHead) -> int:
    """The message body length (RFC 9112 6.3). Raises ProtocolError."""
    special = head.special
    coded = b"transfer-encoding" in special
    lengths = special.get(b"content-length")
    if coded:
        # RFC 9112 6.1: with Content-Length, in HTTP/1.0 or not ending in chunked, two recipients may disagree.
        if lengths is not None:
            raise ProtocolError("Both Transfer-Encoding and Content-Length are present (RFC 9112 6.1).")
        if head.minor == 0:
            raise ProtocolError("Transfer-Encoding in an HTTP/1.0 request (RFC 9112 6.1).")
        if [value.lower() for value in special[b"transfer-encoding"]] != [b"chunked"]:
            raise ProtocolError("The Transfer-Encoding of a request must be chunked alone (RFC 9112 6.3).")
        body = CHUNKED
    elif lengths is not None:
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            shown = b", ".join(lengths)[:60].decode("latin-1")
            raise ProtocolError(f"Content-Length is not one number (RFC 9112 6.3): {shown!r}.")
        body = int(lengths[0])
    else:
        return NO_BODY
    if body and head.method in (b"CONNECT", b"TRACE"):
        section = "9.3.6" if head.method == b"CONNECT" else "9.3.8"
        raise ProtocolError(f"{head.method.decode()} with a body (RFC 9110 {section}).")
    return body


def read_request_head(block: bytes) -> RequestHead:
    """``block`` runs from the request line to the empty line. Raises ProtocolError."""
    line = _REQUEST_LINE.match(block)
    if line is None:
        if _FRAGMENT.match(block):
            raise ProtocolError(f"The target has a fragment (RFC 9112 3.2): {_shown(block)}.")
        raise ProtocolError(f"Not an HTTP/1 request line (RFC 9112 3): {_shown(block)}.")
    head = RequestHead()
    head.method, head.target, minor = line.groups()
    head.minor = 1 if minor == b"1" else 0
    if head.method not in _ORDINARY or head.target == b"*":
        check_form(head.method, head.target)
    _fill(head, block, line, request=True)
    head.body = request_body(head)
    if head.minor == 1 and b"host" not in head.special and head.target[:1] == b"/":
        raise ProtocolError("0 Host headers where there must be one (RFC 9112 3.2).")
    return head


def check_form(method: bytes, target: bytes) -> None:
    """The forms of RFC 9112 3.2 that are for one method alone; what stands in a target is for ``target`` to read.
    Raises ProtocolError."""
    if method == b"CONNECT":
        if b"/" in target:
            raise ProtocolError(f"The target of CONNECT is host:port alone (RFC 9112 3.2.3): {_shown(target)}.")
    elif target == b"*" and method != b"OPTIONS":
        raise ProtocolError(f"The target * is for OPTIONS alone (RFC 9112 3.2.4), not for {_shown(method)}.")
    elif method[:7].upper() in (b"CONNECT", b"HEAD") and method != b"HEAD":
        raise ProtocolError(f"Some servers take {_shown(method)} for another method (RFC 9110 9.1).")


def read_response_head(block: bytes, method: bytes, lenient: Lenient | None = None) -> ResponseHead:
    """``block`` runs from the status line to the empty line; ``method`` is the request's; ``lenient`` says what it was
    before it was repaired. Raises BadResponse."""
    line = _STATUS_LINE.match(block)
    if line is None:
        raise BadResponse(f"Not an HTTP/1 status line (RFC 9112 4): {_shown(block)}.")
    head = ResponseHead()
    minor, status, head.reason = line.groups(b"")
    head.minor = 1 if minor == b"1" else 0
    head.status = int(status)
    head.lenient = lenient
    if line.lastindex == 2:
        head.overlook(leniency.MISSING_REASON)
    if head.status >= 600:
        head.overlook(leniency.UNKNOWN_CLASS)
    _fill(head, block, line, request=False)
    head.body = response_body(head, method)
    return head


def response_body(head: ResponseHead, method: bytes) -> int:
    """The message body length, in the order of RFC 9112 6.3. Raises BadResponse."""
    special = head.special
    lengths = special.get(b"content-length")
    coded = b"transfer-encoding" in special
    if coded:
        body = _coded_body(head, lengths)
    elif lengths is None:
        body = UNTIL_CLOSE
    elif len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]):
        body = int(lengths[0])
    else:
        body = _odd_length(head, lengths)
    status = head.status
    if status < 200 or status == 204:
        if coded or lengths is not None:  # RFC 9110 8.6, RFC 9112 6.1: never in these
            head.overlook(leniency.FRAMED_NO_CONTENT, b"content-length", b"transfer-encoding")
            assert head.lenient is not None
            head.lenient.length = b""
        return NO_BODY
    return NO_BODY if method == b"HEAD" or status == 304 else body


def _coded_body(head: ResponseHead, lengths: list[bytes] | None) -> int:
    codings = head.tokens(b"transfer-encoding")
    if b"chunked" in codings:
        if lengths is not None:
            head.overlook(leniency.CHUNKED_AND_LENGTH, b"content-length")
        if head.minor == 0:
            head.overlook(leniency.CHUNKED_IN_1_0)
        before = codings[: codings.index(b"chunked")]
        if len(before) != len(codings) - 1 or not _CODINGS.issuperset(before):
            head.overlook(leniency.CHUNKED_ODDLY, b"transfer-encoding")
        return CHUNKED
    if lengths is not None:
        head.overlook(leniency.CODING_AND_LENGTH, b"transfer-encoding")
        return _odd_length(head, lengths)
    if not codings or not _CODINGS.issuperset(codings):
        head.overlook(leniency.UNKNOWN_CODING, b"transfer-encoding")
    return UNTIL_CLOSE


def _odd_length(head: ResponseHead, lengths: list[bytes]) -> int:
    """Lengths that are more than one, or more than a plain number."""
    values = {value.strip(b" \t") for field in lengths for value in field.split(b",")}
    if len(values) != 1:
        shown = b", ".join(lengths)[:60].decode("latin-1")
        raise BadResponse(f"More than one Content-Length (RFC 9112 6.3): {shown!r}.")
    value = values.pop()
    digits = value.lstrip(b"0") or value[:1]
    if not value.isdigit() or len(digits) > 19 or int(digits) > _MOST_LENGTH:
        head.overlook(leniency.INVALID_LENGTH, b"content-length")
        return UNTIL_CLOSE
    if len(lengths) == 1 and lengths[0] == digits:
        return int(digits)
    zeros = len(lengths) == 1 and lengths[0] == value
    head.overlook(leniency.LENGTH_ZEROS if zeros else leniency.REPEATED_LENGTH, b"content-length")
    assert head.lenient is not None
    head.lenient.length = digits
    return int(digits)
