"""Who may reach what through us."""

from __future__ import annotations

import pytest

from wireglass.policy import why_refused

HERE = ("127.0.0.1", "127.0.0.1")
SAME_MACHINE = ("192.0.2.10", "192.0.2.10")
ELSEWHERE = ("192.0.2.77", "192.0.2.10")
LISTENERS = (("127.0.0.1", 8080), ("192.0.2.10", 8080))


def refused(
    who: tuple[str, str],
    target: str,
    port: int = 80,
    *,
    listeners: tuple[tuple[str, int], ...] = LISTENERS,
    own_addresses: tuple[str, ...] = (),
    allow: bool = False,
) -> str | None:
    return why_refused(
        *who, target, port, listeners=listeners, own_addresses=own_addresses, allow_remote_loopback=allow
    )


OURS_ALONE = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "::127.0.0.1",
]


@pytest.mark.parametrize("target", OURS_ALONE)
@pytest.mark.parametrize("who", [HERE, SAME_MACHINE, ("::1", "::1"), ("::ffff:127.0.0.1", "::"), ("127.0.0.2", "")])
def test_clients_of_this_machine_reach_their_own_servers(who: tuple[str, str], target: str) -> None:
    assert refused(who, target) is None


@pytest.mark.parametrize("target", OURS_ALONE)
@pytest.mark.parametrize("who", [ELSEWHERE, ("fe80::2%eth0", "fe80::1%eth0"), ("", ""), ("nonsense", "192.0.2.10")])
def test_other_machines_reach_neither_loopback_nor_link_local(who: tuple[str, str], target: str) -> None:
    reason = refused(who, target)
    assert reason is not None
    assert target in reason
    assert refused(who, target, allow=True) is None


@pytest.mark.parametrize("target", ["198.51.100.1", "10.0.0.1", "192.0.2.10", "2001:db8::1", "64:ff9b::c633:6401"])
def test_everybody_reaches_the_rest(target: str) -> None:
    for who in (HERE, SAME_MACHINE, ELSEWHERE):
        assert refused(who, target) is None


@pytest.mark.parametrize("who", [HERE, SAME_MACHINE, ELSEWHERE])
@pytest.mark.parametrize(
    "target", ["127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1", "192.0.2.10", "::ffff:192.0.2.10", "64:ff9b::7f00:1"]
)
def test_our_own_ports_are_never_reached(who: tuple[str, str], target: str) -> None:
    reason = refused(who, target, 8080, allow=True)
    assert reason is not None
    assert "loop" in reason


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])
def test_a_listener_on_every_address_is_met_on_each(bound: str) -> None:
    listeners = ((bound, 9000),)
    for target in ("127.0.0.1", "127.3.3.3", "::1", "0.0.0.0", "::", "192.0.2.10"):
        assert refused(SAME_MACHINE, target, 9000, listeners=listeners, allow=True)
    assert refused(SAME_MACHINE, "198.51.100.4", 9000, listeners=listeners) is None
    assert refused(SAME_MACHINE, "198.51.100.4", 9000, listeners=listeners, own_addresses=("198.51.100.4",))


def test_another_loopback_address_is_another_server() -> None:
    assert refused(HERE, "127.0.0.2", 8080) is None
    assert refused(HERE, "127.0.0.1", 8081) is None


@pytest.mark.parametrize("target", ["localhost", "", "127.1", "0x7f000001", "2130706433", "127.0.0.1 ", "::1::"])
def test_what_is_no_numeric_address_is_refused(target: str) -> None:
    """A name would be looked up a second time, after the rule."""
    reason = refused(HERE, target)
    assert reason is not None
    assert "numeric" in reason
