"""Where a request goes (RFC 9112 3.2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import idna

from wireglass.errors import ProtocolError

_ABSOLUTE = re.compile(rb"(https?)://([^/?#]*)([^\r\n]*)", re.IGNORECASE)
_AUTHORITY = re.compile(rb"(\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._~%-]+)?\]|[^\[\]:@/?#\\\s]+)(?::([0-9]{0,5}))?")

_MAX_AUTHORITY = 320  # a name has 253 characters at most (RFC 1035 2.3.4), an IPv6 literal with its zone fewer

DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """A server as the client names it; made by ``make_origin``."""

    scheme: str
    host: str
    """Lower case, without the brackets of an IPv6 literal."""
    port: int
    authority: str
    """As in a Host header: without the scheme's default port."""

    @property
    def host_port(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


def make_origin(scheme: str, host: str, port: int) -> Origin:
    authority = bracketed(host) if port == DEFAULT_PORTS.get(scheme) else f"{bracketed(host)}:{port}"
    return Origin(scheme, host, port, authority)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=4096)
def read_origin(scheme: str, authority: bytes) -> Origin:
    """``host[:port]`` of a URL or a Host header. Raises ProtocolError."""
    return make_origin(scheme, *read_authority(authority, DEFAULT_PORTS[scheme]))


def names_server(host: bytes, origin: Origin) -> bool:
    """Whether a Host field means this server, in whatever words (the default port may stand in it)."""
    try:
        return read_origin(origin.scheme, host) == origin
    except ProtocolError:
        return False


def read_authority(authority: bytes, default_port: int | None) -> tuple[str, int]:
    """``host[:port]`` as (host, port); ``default_port`` None means that the port is required (CONNECT)."""
    match = _AUTHORITY.fullmatch(authority) if len(authority) <= _MAX_AUTHORITY else None
    if match is None:
        hint = " User names belong into the Authorization header." if b"@" in authority else ""
        raise ProtocolError(f"Not a host and port (RFC 9110 7.2): {authority[:80].decode('latin-1')!r}.{hint}")
    host, port = match.groups()
    try:
        name = (host if host.isascii() else idna.encode(host.decode("utf-8"), uts46=True)).decode("ascii")
    except UnicodeError:
        raise ProtocolError(f"The host is not a valid name: {host[:80].decode('latin-1')!r}.") from None
    if port:
        number = int(port)
    elif default_port is None:
        raise ProtocolError(f"The port is missing: {authority[:80].decode('latin-1')!r} (RFC 9110 9.3.6).")
    else:
        number = default_port
    if not 0 < number < 65536:
        raise ProtocolError(f"Port {number} is not between 1 and 65535.")
    return name.strip("[]").lower(), number


def read_absolute(target: bytes, method: bytes) -> tuple[Origin, bytes]:
    """An absolute-form target as the server and the origin-form to send it (RFC 9112 3.2.1, 3.2.2, 3.2.4)."""
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise ProtocolError(f"The target is not an http or https URL: {target[:80].decode('latin-1')!r}.")
    origin = read_origin("http" if len(match[1]) == 4 else "https", match[2])
    path: bytes = match[3]
    if not path:
        path = b"*" if method == b"OPTIONS" else b"/"
    elif path[:1] != b"/":
        path = b"/" + path
    return origin, path


def url(origin: Origin, path: bytes) -> str:
    """The URL for the record: the path as sent; bytes that are not UTF-8 are percent-encoded."""
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        text = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in path)
    return f"{origin.scheme}://{origin.authority}{'' if text == '*' else text}"
