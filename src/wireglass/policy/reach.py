"""The one rule about loopback, link-local and our own ports.

A proxy lends its place in the network to whoever may connect to it. People on this machine already stand there; a
client from elsewhere must not gain what only this machine can reach (its loopback services, a cloud's metadata server
on 169.254.169.254). Nobody may ask us for ourselves: that would loop.

Addresses are numeric and already resolved, so that no name (and no second look-up of it) can slip past the rule.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal, NamedTuple, TypeAlias

Place: TypeAlias = Literal["unspecified", "loopback", "link-local", "elsewhere"]

_THIS_HOST = IPv4Network("0.0.0.0/8")  # RFC 1122 3.2.1.3; Linux connects 0.0.0.0 to loopback
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 2.1
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")  # RFC 8215; read as /96, the usual choice inside it
_IPV4_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 2.5.5.1, deprecated, and some stacks still route it


class _Located(NamedTuple):
    address: IPv4Address | IPv6Address
    place: Place


def why_refused(
    client: str,
    local: str,
    target: str,
    port: int,
    *,
    listeners: Collection[tuple[str, int]],
    own_addresses: Collection[str] = (),
    allow_remote_loopback: bool = False,
) -> str | None:
    """Why the client may not reach ``target:port``, in words for a person; None when it may.

    ``client`` and ``local`` are the two ends of the client's connection: the client is on this machine when it comes
    from loopback or when both are the same address. ``target`` is the numeric address about to be dialled.
    ``listeners`` are our own (address, port) pairs as bound. ``own_addresses`` are further addresses of this machine,
    for listeners on every address; ``local`` and loopback are known without.
    """
    try:
        there = _locate(target)
    except ValueError:
        return f"{target!r} is not a numeric address"
    here = _address(local)
    if any(port == bound and _is_listener(there, host, here, own_addresses) for host, bound in listeners):
        return (
            f"{target} port {port} is Wireglass itself: the request would loop; "
            "through the proxy, its page is http://wireglass.internal/"
        )
    if there.place == "elsewhere" or allow_remote_loopback:
        return None
    caller = _address(client)
    if caller is not None and (_locate(client).place == "loopback" or caller == here):
        return None
    return f"{client} is another machine, and {target} is a {there.place} address of the machine the proxy runs on"


def only_here(target: str) -> bool:
    """Whether a numeric address is one that each machine has for itself: loopback, link-local, unspecified."""
    return _locate(target).place != "elsewhere"


def _is_listener(
    there: _Located, host: str, here: IPv4Address | IPv6Address | None, own_addresses: Collection[str]
) -> bool:
    bound = _locate(host)
    if bound.place == "unspecified":
        return (
            there.place in ("unspecified", "loopback")
            or there.address == here
            or any(there.address == _address(own) for own in own_addresses)
        )
    return there.address == bound.address or (there.place == "unspecified" and bound.place == "loopback")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return _locate(text).address
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _locate(text: str) -> _Located:
    """The address without zone, brackets and IPv6 wrapping, and where it points. ValueError if it is not numeric."""
    address = ip_address(text.strip("[]").partition("%")[0])
    if isinstance(address, IPv6Address):
        address = _unwrapped(address)
    if address.is_unspecified or (address.version == 4 and address in _THIS_HOST):
        return _Located(address, "unspecified")
    if address.is_loopback:
        return _Located(address, "loopback")
    return _Located(address, "link-local" if address.is_link_local else "elsewhere")


def _unwrapped(address: IPv6Address) -> IPv4Address | IPv6Address:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    compatible = address in _IPV4_COMPATIBLE and int(address) > 0xFFFF  # ``::`` and ``::1`` are themselves
    if compatible or address in _NAT64 or address in _NAT64_LOCAL:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
