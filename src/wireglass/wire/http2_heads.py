"""HTTP/2 header sections as the heads that the rest of the program knows, and back (RFC 9113 8.3).

A head that came over HTTP/2 has its ``block`` written as HTTP/1 would: the strict reader of ``fields`` has then looked
at every value before it may stand on a line of its own in front of a server that speaks HTTP/1.
"""

from __future__ import annotations

from http import HTTPStatus

from jh2.errors import ErrorCodes

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers
from wireglass.wire.fields import CACHED_SECTION, NOT_IN_TRAILERS, read_fields
from wireglass.wire.head import (
    CHUNKED,
    NO_BODY,
    Head,
    RequestHead,
    ResponseHead,
    check_form,
    request_body,
    response_body,
)

# RFC 9113 8.2.2: fields of one HTTP/1 connection have no place in HTTP/2; Host is :authority there (8.3.1).
_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    )
)
# Error codes of RFC 9113 7.
INTERNAL_ERROR = 0x2
CANCEL = 0x8
HTTP_1_1_REQUIRED = 0xD

_PHRASES = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
_STATUS = {status: b"%d" % status for status in range(100, 600)}


class Http2RequestHead(RequestHead):
    """``scheme``, ``authority`` (also the Host of ``block``) and, of an extended CONNECT (RFC 8441), ``protocol``;
    ``headers`` are without pseudo-header fields, and cookie crumbs are one field again (RFC 9113 8.2.3)."""

    __slots__ = ("authority", "protocol", "scheme")

    scheme: bytes
    authority: bytes
    protocol: bytes

    @property
    def version(self) -> str:
        return "HTTP/2"

    @property
    def received(self) -> bytes:
        """As HTTP/1 would write it."""
        return b"%b %b HTTP/2\r%b" % (self.method, self.target, self.block)


class Http2ResponseHead(ResponseHead):
    __slots__ = ()

    @property
    def version(self) -> str:
        return "HTTP/2"

    @property
    def phrase(self) -> bytes:
        return _PHRASES.get(self.status, b"")


def read_request(fields: Headers, ended: bool) -> Http2RequestHead:
    """``fields`` are valid by RFC 9113 8.2 and 8.3. Raises ProtocolError for what HTTP/1 could not carry."""
    pseudo: dict[bytes, bytes] = {}
    lines: Headers = []
    cookies: list[bytes] = []
    at_cookie = 0
    for name, value in fields:
        if name[:1] == b":":
            pseudo[name] = value
        elif name == b"cookie":
            if not cookies:
                at_cookie = len(lines)
            cookies.append(value)
        elif name != b"host":
            lines.append((name, value))
        else:
            pseudo.setdefault(b":authority", value)
    if cookies:
        lines.insert(at_cookie, (b"cookie", b"; ".join(cookies)))
    head = Http2RequestHead()
    head.minor = 1
    head.method = pseudo[b":method"]
    head.scheme = pseudo.get(b":scheme", b"")
    head.authority = pseudo.get(b":authority", b"")
    head.protocol = pseudo.get(b":protocol", b"")
    head.target = pseudo.get(b":path", b"") or head.authority
    if any(byte <= 0x20 or byte == 0x7F for byte in head.target) or b"#" in head.target:
        raise ProtocolError(f"The :path has characters that no URL has (RFC 9113 8.3.1): {head.target[:80]!r}.")
    if head.authority:
        lines.insert(0, (b"host", head.authority))
    headers, head.special, head.block = _read(_section(lines), request=True)
    head.headers = headers[1:] if head.authority else headers
    if not head.protocol:
        check_form(head.method, head.target)
    length = request_body(head)
    # A body that cannot follow is none, and one whose length is not known is chunked for a server that speaks HTTP/1.
    head.body = NO_BODY if ended else length if b"content-length" in head.special else CHUNKED
    if head.body and head.method == b"TRACE":
        raise ProtocolError("TRACE with a body (RFC 9110 9.3.8).")
    return head


def read_response(fields: Headers, method: bytes) -> Http2ResponseHead:
    """``method`` is the request's. Raises BadResponse."""
    head = Http2ResponseHead()
    head.minor = 1
    head.reason = b""
    head.lenient = None
    status = fields[0][1] if fields and fields[0][0] == b":status" else b""
    if len(status) != 3 or not status.isdigit():
        raise BadResponse(f"The :status is no status code (RFC 9113 8.3.2): {status[:20]!r}.")
    head.status = int(status)
    head.headers, head.special, head.block = _read(_section(fields[1:]), request=False)
    # Also where the stream has ended with it: HTTP/1 would take a head without a length for the beginning of a body.
    head.body = response_body(head, method)
    return head


def _section(lines: Headers) -> bytes:
    return b"\n" + b"".join([b"%b: %b\r\n" % line for line in lines]) + b"\r\n"


def _read(section: bytes, *, request: bool) -> tuple[Headers, dict[bytes, list[bytes]], bytes]:
    read = read_fields if len(section) <= CACHED_SECTION else read_fields.__wrapped__
    return read(section, request)


def request_fields(head: RequestHead, scheme: bytes, authority: bytes, path: bytes) -> Headers:
    """The header section for a server that speaks HTTP/2 (RFC 9113 8.3.1)."""
    fields: Headers = [(b":method", head.method)]
    protocol = head.protocol if isinstance(head, Http2RequestHead) else b""
    if protocol:
        fields.append((b":protocol", protocol))
    fields += [(b":scheme", scheme), (b":authority", authority), (b":path", path)]
    fields += _end_to_end(head)
    if b"te" in head.special and b"trailers" in head.tokens(b"te"):
        fields.append((b"te", b"trailers"))
    return fields


def response_fields(head: ResponseHead) -> Headers:
    """The header section for a client that speaks HTTP/2 (RFC 9113 8.3.2)."""
    fields: Headers = [(b":status", _STATUS.get(head.status) or b"%d" % head.status)]
    fields += _end_to_end(head, head.left_out)
    if head.lenient is not None and head.lenient.length:
        fields.append((b"content-length", head.lenient.length))
    return fields


def trailer_fields(trailers: Headers) -> Headers:
    """Without those that somebody could take for fields of the head (RFC 9110 6.5.1)."""
    lower = [(name.lower(), value) for name, value in trailers]
    return [field for field in lower if field[0] not in NOT_IN_TRAILERS]


def _end_to_end(head: Head, left_out: tuple[bytes, ...] = ()) -> Headers:
    drop = _HOP_BY_HOP
    if b"connection" in head.special:
        drop = drop.union(head.tokens(b"connection"))
    if left_out:
        drop = drop.union(left_out)
    return [(lower, value) for name, value in head.headers if (lower := name.lower()) not in drop]


def error_name(code: int) -> str:
    """As RFC 9113 7 names it."""
    try:
        return str(ErrorCodes(code).name)
    except ValueError:
        return f"error {code}"
