"""Which TLS is read: what a client's rejections change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from wireglass.proxy.interception import Interception
from wireglass.wire.target import make_origin


def client(host: str = "10.0.0.5", ip: str = "127.0.0.1") -> Any:
    return cast("Any", SimpleNamespace(ip=ip, tunnel_origin=make_origin("http", host, 443)))


def test_the_second_rejection_counts_for_that_client_and_host() -> None:
    interception = Interception(auto=True)
    for expected in ("intercept", "intercept", "pass", "pass"):
        assert interception.decide(client(), "a.example").action == expected
        interception.rejected("127.0.0.1", "a.example")
    assert interception.decide(client(), "b.example").action == "intercept"
    assert interception.decide(client(), "").action == "intercept"
    assert interception.decide(client(ip="10.1.1.1"), "a.example").action == "intercept"


def test_without_a_name_the_host_of_the_connect_counts() -> None:
    interception = Interception(auto=True)
    for _ in range(2):
        interception.rejected("127.0.0.1", "10.0.0.5")
    assert interception.decide(client(), "").action == "pass"


def test_off_by_default() -> None:
    interception = Interception()
    for _ in range(5):
        interception.rejected("127.0.0.1", "a.example")
    assert interception.decide(client(), "a.example").action == "intercept"


def test_only_the_last_ones_are_remembered() -> None:
    interception = Interception(auto=True)
    for number in range(5000):
        interception.rejected("127.0.0.1", f"{number}.example")
        interception.rejected("127.0.0.1", f"{number}.example")
    assert interception.decide(client(), "4999.example").action == "pass"
    assert interception.decide(client(), "0.example").action == "intercept"


def test_our_own_pages_are_always_ours() -> None:
    interception = Interception(("*.internal",), ("wireglass.internal",))
    assert interception.decide(client("wireglass.internal"), "wireglass.internal").action == "intercept"
