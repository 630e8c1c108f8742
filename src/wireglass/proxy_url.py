"""What people write about an upstream proxy: its URL, and the hosts that do not go through it."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal, TypeAlias
from urllib.parse import unquote

import msgspec

Scheme: TypeAlias = Literal["http", "https", "socks5"]

_DEFAULT_PORTS: dict[Scheme, int] = {"http": 80, "https": 443, "socks5": 1080}
# A password may hold anything: what stands before the last @ is the credentials.
_URL = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?(?:([^:]*)(?::(.*))?@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]{0,252})"
    r"(?::([0-9]{1,5}))?/?",
    re.ASCII | re.DOTALL,
)
_NAME = re.compile(r"(?:\*?\.)?[a-z0-9_][a-z0-9_.-]{0,252}", re.ASCII)
_MOST_RFC1929 = 255  # bytes of each, RFC 1929 2
_MOST = 1000  # characters of each in HTTP, where nothing but the size of a head limits them


class ProxyUrl(msgspec.Struct, frozen=True):
    """``str()`` is what may be shown and recorded: without user name and password."""

    scheme: Scheme
    host: str
    """Lower case, without brackets."""
    port: int
    username: str = ""
    password: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __repr__(self) -> str:
        return f"<ProxyUrl {self}>"


def parse_proxy(text: str) -> ProxyUrl | None:
    """``[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]``, the scheme being http, https, socks5 or socks5h (the same) and http
    where it is missing; ``none`` is None. User and password may be percent-encoded. Raises ValueError."""
    text = text.strip()
    if text.lower() in ("", "none"):
        return None
    match = _URL.fullmatch(text)
    if match is None:
        raise ValueError("must be a URL such as http://proxy.example:3128 or socks5://user:password@127.0.0.1:1080")
    named, user, secret, host, port = match.groups()
    scheme = _scheme((named or "http").lower())
    username, password = unquote(user or ""), unquote(secret or "")
    _check_credentials(scheme, username, password)
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    if not 0 < number < 65536:
        raise ValueError("has a port that is not from 1 to 65535")
    return ProxyUrl(scheme, _host(host.lower()), number, username, password)


def without_credentials(text: str) -> str:
    """For messages about a URL that may not be one."""
    begins, at, rest = text.rpartition("@")
    return f"{begins.partition('://')[0]}://…@{rest}" if "://" in begins else f"…@{rest}" if at else text


def _scheme(name: str) -> Scheme:
    name = name.removesuffix("h") if name == "socks5h" else name
    if name not in _DEFAULT_PORTS:
        raise ValueError(f"begins with {name}://, and proxies are http://, https://, socks5:// or socks5h://")
    return name


def _host(host: str) -> str:
    if not host.startswith("["):
        return host
    try:
        return str(ipaddress.IPv6Address(host[1:-1]))
    except ValueError:
        raise ValueError("has no IPv6 address between its brackets") from None


def _check_credentials(scheme: Scheme, username: str, password: str) -> None:
    both = username + password
    if any(ord(letter) < 0x20 or letter == "\x7f" for letter in both):
        raise ValueError("has a control character in its user name or password")
    if password and not username:
        raise ValueError("has a password and no user name")
    if scheme != "socks5":
        if ":" in username:
            raise ValueError("has a colon in its user name, which Basic authentication cannot say (RFC 7617 2)")
        if len(both) > _MOST:
            raise ValueError(f"has more than {_MOST} characters of user name and password")
    elif username and not (password and both.isascii() and max(len(username), len(password)) <= _MOST_RFC1929):
        raise ValueError("must have a user name and a password of 1 to 255 ASCII characters each (RFC 1929 2)")


def parse_no_proxy(text: str) -> tuple[str, ...]:
    """Hosts with commas or spaces between, as in ``NO_PROXY``: ``example.com`` (it and every name below it),
    ``.example.com`` and ``*.example.com`` (the names below alone), ``host:8443`` (that port alone), addresses,
    ``10.0.0.0/8``, ``*``. In lower case, addresses and networks in their shortest form. Raises ValueError."""
    return tuple(dict.fromkeys(_parse_exception(item.lower()) for item in re.split(r"[\s,]+", text) if item))


def _parse_exception(item: str) -> str:
    if item == "*":
        return item
    if "/" in item:
        try:
            return str(ipaddress.ip_network(item, strict=False))
        except ValueError:
            raise ValueError(f"has {item!r}, which is no network: write for example 10.0.0.0/8") from None
    if re.fullmatch(r"[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*", item):
        item = f"[{item}]"
    host, colon, port = item.rpartition(":") if not item.endswith("]") else (item, "", "")
    if not colon:
        host = item
    elif not (re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) and 0 < int(port) < 65536):
        raise ValueError(f"has {item!r}, whose port is not from 1 to 65535")
    if host.startswith("["):
        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise ValueError(_no_exception(item)) from None
    elif not _NAME.fullmatch(host):
        raise ValueError(_no_exception(item))
    return f"{host}:{int(port)}" if colon else host


def _no_exception(item: str) -> str:
    return f"has {item!r}, which is no host: write for example intern.example, .example.com, 10.0.0.0/8 or host:8443"


def goes_direct(exceptions: tuple[str, ...], host: str, port: int) -> bool:
    """Whether ``host`` (lower case, no brackets) is one of the ``exceptions`` that ``parse_no_proxy`` gave. An address
    is compared with addresses and networks; names are not looked up."""
    if not exceptions:
        return False
    address = _address(host)
    shown = f"[{address}]" if address is not None and address.version == 6 else str(address or host)
    name = shown.removesuffix(".")
    for exception in exceptions:
        if exception == "*":
            return True
        if "/" in exception:
            if address is not None and address in ipaddress.ip_network(exception):
                return True
            continue
        wanted, colon, digits = exception.rpartition(":") if not exception.endswith("]") else (exception, "", "")
        if colon and int(digits) != port:
            continue
        wanted = wanted if colon else exception
        if wanted.startswith(("*.", ".")):
            if address is None and name.endswith(wanted.removeprefix("*")):
                return True
        elif name == wanted or (address is None and name.endswith("." + wanted)):
            return True
    return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
