"""Header and trailer sections: lines in, names and values out (RFC 9112 5), by one regular expression."""

from __future__ import annotations

import re
from functools import lru_cache

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# RFC 9110 5.5: field values are visible ASCII, obs-text, SP and HTAB; everything below 0x20 but HTAB is refused.
# Possessive: with backtracking, 60 kB of spaces before a control character took 29 s.
_FIELD = re.compile(rb"\n(" + TOKEN + rb"):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r(?=\n)")
_FRAMING = re.compile(rb"(\n(?:content-length|transfer-encoding):)([^\r\n]*)", re.IGNORECASE)
_HOST = re.compile(rb"(?:(?:\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._~%-]+)?\]|[^\x00-\x20\[\]:@/?#\\,\x7f]+)(?::[0-9]{0,5})?)?")

# Where these come twice and differ, it is for the client to choose, and each chooses differently; injected header lines
# look like this. Chrome refuses both.
_SINGLE = (b"location", b"content-disposition")

# The fields that decide framing, routing and what is not forwarded as it is, and the type, which every row shows.
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
        b"alt-svc",
        *_SINGLE,
        # RFC 3875 4.1.18 makes an underscore of every hyphen, so behind a gateway these two are framing.
        b"content_length",
        b"transfer_encoding",
    )
)

# RFC 9110 6.5.1: fields that frame, route, authenticate, modify or describe the content cannot come behind it.
NOT_IN_TRAILERS = frozenset(
    b"age authorization cache-control connection content-encoding content-length content-range content-type cookie "
    b"date expect expires host if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive "
    b"location max-forwards pragma proxy-authenticate proxy-authorization proxy-connection range retry-after "
    b"set-cookie te trailer transfer-encoding upgrade vary warning www-authenticate".split()
)

CACHED_SECTION = 2048  # bytes of a header section up to which what was made of it is kept


@lru_cache(maxsize=128)
def read_fields(section: bytes, request: bool) -> tuple[Headers, dict[bytes, list[bytes]], bytes]:
    """The fields between the LF of the start line and the empty line; all, the special ones, and the section itself,
    as it is to be passed on.

    Kept, because clients that ask again send the same header section again (4.9 µs for a head that is new, 0.9 for one
    that is kept); nobody changes what is returned. The section comes back as the object that is kept,
    whose hash is known."""
    headers = _split(section, 0, len(section) - 2, ProtocolError if request else BadResponse)
    special: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in _SPECIAL:
            special.setdefault(lower, []).append(value)
    if request:
        hosts = special.get(b"host")
        if hosts is not None and not (len(hosts) == 1 and _is_host(hosts[0])):
            raise _bad_hosts(hosts)
        if b"content_length" in special or b"transfer_encoding" in special:
            raise ProtocolError("Content_Length and Transfer_Encoding are framing to some servers (RFC 3875 4.1.18).")
    elif b"location" in special or b"content-disposition" in special:
        _check_single(special)
    framed = b"content-length" in special or b"transfer-encoding" in special
    if framed and (b"\t" in section or b" \r\n" in section):
        section = _FRAMING.sub(_plain, section)
    return headers, special, section


def _check_single(special: dict[bytes, list[bytes]]) -> None:
    for name in _SINGLE:
        values = special.get(name, [])
        if len(set(values)) > 1:
            raise BadResponse(f"{len(values)} {name.decode().title()} headers that differ (RFC 9110 5.3).")


def _plain(line: re.Match[bytes]) -> bytes:
    """RFC 9112 5.1 allows white space around a value; some servers trim other white space than others, and take
    "chunked" behind a tab for an unknown coding: framing is passed on with one space."""
    return line[1] + b" " + line[2].strip(b" \t")


@lru_cache(maxsize=1024)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def _bad_hosts(hosts: list[bytes]) -> ProtocolError:
    if len(hosts) > 1:
        return ProtocolError(f"{len(hosts)} Host headers where there must be one (RFC 9112 3.2).")
    return ProtocolError(f"Host is not one host and port (RFC 9112 3.2): {hosts[0][:80].decode('latin-1')!r}.")


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
    secret = b"proxy-authorization" in section.lower()  # perhaps on a line of its own
    for line in section.split(b"\n"):
        if not line or _FIELD.match(b"\n" + line + b"\n"):
            continue
        name = line.partition(b":")[0]
        shown = "not shown beside Proxy-Authorization" if secret else repr(line[:60])[1:]
        if line[:1] in b" \t" and line:
            return error(f"A header line begins with white space (obs-fold, RFC 9112 5.2): {shown}.")
        if not line.endswith(b"\r"):
            return error(f"A header line ends with a bare LF (RFC 9112 2.2): {shown}.")
        if b":" not in line:
            return error(f"A header line has no colon (RFC 9112 5): {shown}.")
        if name != name.rstrip(b" \t"):
            return error(f"White space before the colon of a header (RFC 9112 5.1): {shown}.")
        if not re.fullmatch(TOKEN, name):
            return error(f"A header name has a character that is not allowed (RFC 9110 5.1): {shown}.")
        return error(f"A header value has a control character (RFC 9110 5.5): {shown}.")
    return error("The header section is malformed (RFC 9112 5).")


def read_trailers(section: bytes, error: type[ProtocolError]) -> Headers:
    """The trailer section of a chunked body, with the line ends of its fields and without the empty line."""
    section = b"\n" + section
    return _split(section, 0, len(section), error)
