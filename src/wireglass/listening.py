"""What people write about the ports that clients come to: addresses, modes, and who may use the proxy."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

import msgspec

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})", re.ASCII)
_TARGET = re.compile(
    r"(?P<scheme>https?|h2c)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]{0,252})(?::(?P<port>[0-9]{1,5}))?/?",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443, "h2c": 80}
_MOST = 255  # bytes of user name and of password, RFC 1929 2


class Address(NamedTuple):
    """Where to listen. ``str()`` gives ``host:port`` with an IPv6 address in brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_FREE = Address("127.0.0.1", 0)


def parse_address(text: str) -> Address:
    """``HOST:PORT`` or ``[IPv6]:PORT`` (RFC 3986 3.2.2); port 0 lets the system choose. An empty host is refused: other
    programs take it for "everybody on the network", which must be said."""
    host, colon, digits = text.strip().rpartition(":")
    if not colon or not re.fullmatch(r"\d{1,5}", digits, re.ASCII) or int(digits) > 65535:
        raise ValueError("must be HOST:PORT with a port from 0 to 65535, for example 127.0.0.1:8080")
    if not host:
        raise ValueError(
            f"names no address: say 127.0.0.1:{digits} for this machine only, or 0.0.0.0:{digits} for the whole network"
        )
    if host.startswith("[") and host.endswith("]"):
        try:
            return Address(str(ipaddress.IPv6Address(host[1:-1])), int(digits))
        except ValueError:
            raise ValueError(f"has no IPv6 address between the brackets; one is [::1]:{digits}") from None
    if ":" in host:
        raise ValueError(f"must have its IPv6 address in brackets, for example [::1]:{digits}")
    if not _HOST_NAME.fullmatch(host):
        raise ValueError("must begin with an IP address or a host name")
    return Address(host, int(digits))


class Target(msgspec.Struct, frozen=True):
    """The server that stands behind a port in reverse mode. ``str()`` is its URL, without the scheme's own port."""

    scheme: str
    """``http``, ``https``, or ``h2c``: HTTP/2 in clear, also for clients that do not speak it."""
    host: str
    """Lower case, without brackets."""
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


class Mode(msgspec.Struct, frozen=True):
    """A port and what it is for. ``str()`` is as ``--mode`` takes it."""

    listen: Address
    target: Target | None = None
    """None: a proxy like that of ``--listen``."""

    def __str__(self) -> str:
        return f"reverse:{self.target}@{self.listen}" if self.target else f"regular@{self.listen}"


def parse_modes(text: str) -> tuple[Mode, ...]:
    """``regular@HOST:PORT`` and ``reverse:URL[@HOST:PORT]`` with ``;`` or white space between; without an address it is
    a free port of 127.0.0.1. Raises ValueError."""
    modes = tuple(_parse_mode(item) for item in re.split(r"[;\s]+", text) if item)
    listens = [mode.listen for mode in modes if mode.listen.port]
    for listen in listens:
        if listens.count(listen) > 1:
            raise ValueError(f"has {listen} twice: each mode needs a port of its own")
    return modes


def _parse_mode(item: str) -> Mode:
    what, at, where = item.rpartition("@")
    if not at:
        what = item
    if what.lower() != "regular" and not what.lower().startswith("reverse:"):
        raise ValueError(
            f"has {item!r}: a mode is regular@HOST:PORT or reverse:URL@HOST:PORT, for example "
            "reverse:https://api.example.com@127.0.0.1:9000"
        )
    try:
        listen = parse_address(where) if at else _FREE
    except ValueError as refusal:
        raise ValueError(f"has {where!r} for an address, which {refusal}") from None
    if what.lower() != "regular":
        return Mode(listen, _parse_target(what[len("reverse:") :]))
    if not at:
        raise ValueError("has regular without a port: write regular@HOST:PORT; --listen is one already")
    return Mode(listen)


def _parse_target(url: str) -> Target:
    match = _TARGET.fullmatch(url)
    if match is None:
        raise ValueError(_no_target(url))
    scheme, host = match["scheme"].lower(), match["host"].lower()
    if host.startswith("["):
        try:
            host = str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            raise ValueError(f"has {url!r}, with no IPv6 address between the brackets") from None
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port < 65536:
        raise ValueError(f"has {url!r}, whose port is not from 1 to 65535")
    return Target(scheme, host, port)


def _no_target(url: str) -> str:
    why = ""
    if "@" in url:
        why = "; a user name and password belong into the requests (Authorization)"
    elif re.match(r"(?:https?|h2c)://[^/?#]+[/?#].", url, re.IGNORECASE):
        why = "; the path stays as the client asks for it, and none can stand here"
    return (
        f"has {url!r}, which is not http://, https:// or h2c:// with a host, for example https://api.example.com{why}"
    )


class Credentials(msgspec.Struct, frozen=True):
    """Who may use the proxy. ``str()`` is what may be shown: without the password."""

    username: str
    password: str

    def __str__(self) -> str:
        return f"{self.username}:…"

    def __repr__(self) -> str:
        return f"<Credentials {self}>"


def parse_credentials(text: str) -> Credentials | None:
    """``USER:PASSWORD``, the password holding colons where it likes (RFC 7617 2); ``none`` is None. Raises
    ValueError."""
    if text.strip().lower() in ("", "none"):
        return None
    username, colon, password = text.partition(":")
    if not (username and colon and password):
        raise ValueError("must be USER:PASSWORD, neither of them empty")
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text):
        raise ValueError("has a control character (RFC 7617 2)")
    for part in (username, password):
        try:
            size = len(part.encode())
        except UnicodeEncodeError:
            raise ValueError("is not text") from None
        if size > _MOST:
            raise ValueError(f"has more than {_MOST} bytes of user name or password, which SOCKS cannot say")
    return Credentials(username, password)


def without_password(text: str) -> str:
    """For messages about what may not be credentials."""
    username, colon, _ = text.partition(":")
    return f"{username}:…" if colon else "…"
