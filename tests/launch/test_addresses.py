"""Which of this machine's addresses is told to a phone."""

from __future__ import annotations

import psutil
import pytest

from wireglass.launch.addresses import OwnAddress, find, is_loopback, of_listener, ranked

WIFI = ("wlan0", "192.168.1.20")
CABLE = ("eth0", "10.0.0.7")
BRIDGE = ("docker0", "172.17.0.1")
TUNNEL = ("tun0", "10.8.0.2")
GLOBAL_6 = ("wlan0", "2001:db8:1::20")


@pytest.mark.parametrize(
    ("found", "default", "expected"),
    [
        ([BRIDGE, WIFI], {"192.168.1.20"}, [WIFI, BRIDGE]),
        ([TUNNEL, BRIDGE, WIFI], {"10.8.0.2"}, [WIFI, TUNNEL, BRIDGE]),
        ([CABLE, WIFI], {"192.168.1.20"}, [WIFI, CABLE]),
        ([GLOBAL_6, WIFI], {"2001:db8:1::20"}, [WIFI, GLOBAL_6]),
        ([GLOBAL_6], set(), [GLOBAL_6]),
        ([("lo", "127.0.0.1"), ("lo", "::1"), ("wlan0", "fe80::1%wlan0"), ("wlan0", "169.254.9.9")], set(), []),
        ([BRIDGE], set(), [BRIDGE]),
        ([], set(), []),
    ],
    ids=["bridge", "vpn-default", "default-first", "ipv4-first", "ipv6-only", "unusable", "bridge-only", "none"],
)
def test_the_likely_one_is_first(
    found: list[tuple[str, str]], default: set[str], expected: list[tuple[str, str]]
) -> None:
    assert [(own.interface, own.address) for own in ranked(found, default)] == expected


def test_the_same_address_is_told_once() -> None:
    assert len(ranked([WIFI, WIFI], ())) == 1


@pytest.mark.parametrize(
    ("interface", "kind"),
    [
        ("eth0", "network"),
        ("enp3s0", "network"),
        ("en0", "network"),
        ("wlp2s0", "network"),
        ("br-1f2e", "virtual"),
        ("vethab12", "virtual"),
        ("virbr0", "virtual"),
        ("bridge100", "virtual"),
        ("wg0", "vpn"),
        ("utun3", "vpn"),
        ("tailscale0", "vpn"),
    ],
)
def test_what_an_interface_is(interface: str, kind: str) -> None:
    [own] = ranked([(interface, "192.168.1.20")], ())
    assert own.kind == kind


def test_what_a_listener_is_reached_by() -> None:
    wifi, six = OwnAddress("192.168.1.20", "wlan0", "network"), OwnAddress("2001:db8:1::20", "wlan0", "network")
    both = [wifi, six]
    assert of_listener("0.0.0.0", both) == [wifi]
    assert of_listener("[::]", both) == [six]
    assert of_listener("192.168.1.20", both) == [wifi]
    assert of_listener("2001:db8:1:0::20", both) == [six]
    assert of_listener("127.0.0.1", both) == []


def test_what_is_loopback() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("127.9.9.9")
    assert is_loopback("[::1]")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("192.168.1.20")


def test_what_is_found_is_this_machines() -> None:
    known = {entry.address.partition("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries}
    assert {own.address for own in find()} <= known
