"""Under which of this machine's addresses another device reaches the proxy."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple, TypeAlias

import psutil

Kind: TypeAlias = Literal["network", "vpn", "virtual"]

# By the names that kernels, VPN programs and container engines give; no system tells it in another way.
_VIRTUAL = re.compile(r"(?:docker|br-|veth|virbr|vmnet|vboxnet|vnic|podman|cni|flannel|cali|lxc|lxd|incus|bridge\d)")
_VPN = re.compile(r"(?:tun|tap|utun|wg|ppp|ipsec|tailscale|zt|nordlynx|proton|gpd)", re.IGNORECASE)

# To these documentation addresses (RFC 5737, RFC 3849) a datagram socket is connected to learn which of our addresses
# the system would use; connecting one sends nothing.
_ELSEWHERE = ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1"))


class OwnAddress(NamedTuple):
    address: str
    interface: str
    kind: Kind
    """``network``: Wi-Fi or cable; ``virtual``: a bridge to containers or virtual machines on this machine."""


def find() -> list[OwnAddress]:
    """All that another device could type in, the likely one first; empty without a network."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    interfaces = {
        name: [entry.address for entry in entries if entry.family in (socket.AF_INET, socket.AF_INET6)]
        for name, entries in psutil.net_if_addrs().items()
        if name in up
    }
    return ranked(
        ((name, address) for name, addresses in interfaces.items() for address in addresses), _used_for_others()
    )


def ranked(found: Iterable[tuple[str, str]], default: Collection[str]) -> list[OwnAddress]:
    """``found``: (interface, address). ``default``: those that the system itself uses towards other networks.

    A phone is in the same Wi-Fi: an address of a real interface goes before a VPN's and a container bridge's, even if
    the VPN has taken the default route; IPv4 before IPv6, because it can be typed in. Left out are loopback and
    link-local addresses (IPv6 ones need a zone that only the other device knows)."""
    rows = []
    for interface, text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
            continue
        own = OwnAddress(str(address), interface, _kind(interface))
        order = ("network", "vpn", "virtual").index(own.kind)
        rows.append(((order, address.version, own.address not in default), own))
    rows.sort(key=lambda row: row[0])
    return list(dict.fromkeys(own for _, own in rows))


def of_listener(host: str, found: Iterable[OwnAddress]) -> list[OwnAddress]:
    """Those of ``found`` on which a listener bound to ``host`` (numeric) answers; none if it is on loopback."""
    bound = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    if bound.is_unspecified:  # IPv6 sockets of ours take no IPv4 (app.listen)
        return [own for own in found if ipaddress.ip_address(own.address).version == bound.version]
    return [own for own in found if ipaddress.ip_address(own.address) == bound]


def is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback


def _kind(interface: str) -> Kind:
    if _VIRTUAL.match(interface):
        return "virtual"
    return "vpn" if _VPN.match(interface) else "network"


def _used_for_others() -> set[str]:
    used = set()
    for family, elsewhere in _ELSEWHERE:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:  # no route: none is used
            sock.connect((elsewhere, 9))
            used.add(sock.getsockname()[0])
    return used
