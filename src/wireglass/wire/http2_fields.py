"""Which field sections of HTTP/2 are malformed (RFC 9113 8.1.1 to 8.5, RFC 8441 4). No leniency in either direction:
no browser has any."""

from __future__ import annotations

import re

from wireglass.model import Headers
from wireglass.wire.fields import TOKEN

NO_LENGTH = -1
TUNNEL = -2

_NAMES = re.compile(rb"((?::[a-z]++\n)*+)(?:[!#$%&'*+\-.^_`|~0-9a-z]++\n)*+")
# The same as in HTTP/1 (RFC 9110 5.5); 0x0A is what the values are joined with.
_CONTROLS = bytes(range(9)) + bytes(range(10, 32)) + b"\x7f"
_TOKEN = re.compile(TOKEN)
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*")
_PATH = re.compile(rb"/[^\x00-\x20#\x7f]*")
_AUTHORITY = re.compile(rb"(?:\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._~%-]+)?\]|[^\x00-\x20\[\]:@/?#\\,\x7f]+)(?::[0-9]{0,5})?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_STATUS = re.compile(rb"[1-9][0-9][0-9]")

_FORBIDDEN = frozenset((b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"))
# To a gateway these are framing (RFC 3875 4.1.18), and HTTP/1 requests with them are refused as well.
_TWINS = frozenset((b"content_length", b"transfer_encoding"))
_SPECIAL = _FORBIDDEN | _TWINS | {b"content-length", b"te", b"host"}
_REQUEST = frozenset((b":method", b":scheme", b":authority", b":path", b":protocol"))


class Malformed(Exception):
    """RFC 9113 8.1.1; the message says what and where it is forbidden."""


def _shown(value: bytes) -> str:
    return repr(value[:60])[1:]


def _read(fields: Headers) -> tuple[dict[bytes, bytes], int, bytes | None]:
    """The pseudo-header fields, the content length and Host. Raises Malformed."""
    names = b"\n".join([name for name, _ in fields]) + b"\n" if fields else b""
    match = _NAMES.fullmatch(names)
    if match is None or names.count(b"\n") != len(fields):
        raise _bad_name(fields)
    values = b"\n".join([value for _, value in fields])
    joined = b"\n" + values + b"\n"
    if len(joined) - len(joined.translate(None, _CONTROLS)) != max(len(fields), 1) + 1:
        raise Malformed("A field value has a control character (RFC 9113 8.2.1).")
    if (b" " in values or b"\t" in values) and (
        b" \n" in joined or b"\n " in joined or b"\t\n" in joined or b"\n\t" in joined
    ):
        raise Malformed("A field value begins or ends with white space (RFC 9113 8.2.1).")
    count = match[1].count(b"\n")
    pseudo = dict(fields[:count])
    if len(pseudo) != count:
        raise Malformed("A pseudo-header field comes twice (RFC 9113 8.3).")
    length, host = NO_LENGTH, None
    for name, value in fields:
        if name not in _SPECIAL:
            continue
        if name == b"content-length":
            if not _LENGTH.fullmatch(value) or length not in (NO_LENGTH, int(value)):
                raise Malformed(f"Content-Length is not one number (RFC 9110 8.6): {_shown(value)}.")
            length = int(value)
        elif name == b"host":
            if host is not None:
                raise Malformed("More than one Host field (RFC 9110 7.2).")
            host = value
        elif name == b"te":
            if value.lower() != b"trailers":
                raise Malformed(f"TE is not trailers (RFC 9113 8.2.2): {_shown(value)}.")
        elif name in _FORBIDDEN:
            raise Malformed(f"The connection-specific field {name.decode()} (RFC 9113 8.2.2).")
    return pseudo, length, host


def _bad_name(fields: Headers) -> Malformed:
    regular = False
    for name, _ in fields:
        if name[:1] == b":":
            if regular:
                return Malformed(f"The pseudo-header field {_shown(name)} comes behind a field (RFC 9113 8.3).")
        elif name != name.lower():
            return Malformed(f"A field name is not lower case (RFC 9113 8.2.1): {_shown(name)}.")
        elif not _TOKEN.fullmatch(name):
            break
        else:
            regular = True
    return Malformed(f"A field name has a character that is not allowed (RFC 9113 8.2.1): {_shown(name)}.")


def check_request(fields: Headers, extended_connect: bool) -> int:
    """The content length, NO_LENGTH, or TUNNEL for CONNECT. Raises Malformed."""
    pseudo, length, host = _read(fields)
    if not _REQUEST.issuperset(pseudo):
        raise Malformed(f"A request with {_names(pseudo.keys() - _REQUEST)} (RFC 9113 8.3).")
    for name, _ in fields:
        if name in _TWINS:
            raise Malformed(f"{name.decode()} is framing to some servers (RFC 3875 4.1.18).")
    method = pseudo.get(b":method")
    if method is None or not _TOKEN.fullmatch(method):
        raise Malformed(f"A request whose :method is {_shown(method or b'')} (RFC 9113 8.3.1).")
    authority = pseudo.get(b":authority")
    if authority is not None and not _AUTHORITY.fullmatch(authority):
        raise Malformed(f":authority is not one host and port (RFC 9113 8.3.1): {_shown(authority)}.")
    if host is not None and not _AUTHORITY.fullmatch(host):
        raise Malformed(f"Host is not one host and port (RFC 9110 7.2): {_shown(host)}.")
    if authority is not None and host is not None and authority.lower() != host.lower():
        raise Malformed(f"Host is {_shown(host)}, :authority {_shown(authority)} (RFC 9113 8.3.1).")
    protocol = pseudo.get(b":protocol")
    if protocol is not None and (method != b"CONNECT" or not extended_connect):
        raise Malformed(":protocol where we did not offer it or without CONNECT (RFC 8441 4).")
    if protocol is not None and not _TOKEN.fullmatch(protocol):
        raise Malformed(f":protocol is not a name (RFC 8441 4): {_shown(protocol)}.")
    if method == b"CONNECT" and protocol is None:
        if authority is None or b":scheme" in pseudo or b":path" in pseudo:
            raise Malformed("CONNECT has :method and :authority alone (RFC 9113 8.5).")
        return TUNNEL
    scheme, path = pseudo.get(b":scheme"), pseudo.get(b":path")
    if scheme is None or not _SCHEME.fullmatch(scheme):
        raise Malformed(f"A request whose :scheme is {_shown(scheme or b'')} (RFC 9113 8.3.1).")
    if path is None or not (_PATH.fullmatch(path) or (path == b"*" and method == b"OPTIONS")):
        raise Malformed(f"A request whose :path is {_shown(path or b'')} (RFC 9113 8.3.1).")
    if authority is None and (host is None or protocol is not None):
        raise Malformed("A request without :authority (RFC 9113 8.3.1).")
    return length if protocol is None else NO_LENGTH


def check_response(fields: Headers) -> tuple[int, int]:
    """Status, and content length or NO_LENGTH. Raises Malformed."""
    pseudo, length, _ = _read(fields)
    status = pseudo.get(b":status")
    if status is None or len(pseudo) != 1:
        raise Malformed(f"A response with {_names(pseudo.keys()) or 'no :status'} (RFC 9113 8.3.2).")
    if not _STATUS.fullmatch(status):
        raise Malformed(f":status is not three digits (RFC 9113 8.3.2): {_shown(status)}.")
    if status == b"101":
        raise Malformed("Status 101, which HTTP/2 does not have (RFC 9113 8.6).")
    return int(status), length


def check_trailers(fields: Headers) -> None:
    """Raises Malformed."""
    pseudo, _, _ = _read(fields)
    if pseudo:
        raise Malformed(f"Trailers with {_names(pseudo.keys())} (RFC 9113 8.1).")


def _names(names: object) -> str:
    assert hasattr(names, "__iter__")
    return ", ".join(sorted(name.decode()[:40] for name in names))
