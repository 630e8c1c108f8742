"""What becomes of a client's TLS."""

from __future__ import annotations

from functools import partial

from wireglass.policy import Decision, decide, find_host

ruled = partial(
    decide,
    passthrough=("bank.example", "*.bank.example", "10.0.0.5:8443", "[::1]"),
    refuse=("ads.bank.example", "x.example:444"),
)


def test_patterns() -> None:
    patterns = frozenset(("a.example", "*.b.example", "10.0.0.5:8443", "[::1]:1", "[::2]"))
    assert find_host(patterns, 443, "a.example") == "a.example"
    assert find_host(patterns, 443, "x.a.example") == ""
    assert find_host(patterns, 443, "x.y.b.example") == "*.b.example"
    assert find_host(patterns, 443, "b.example") == ""
    assert find_host(patterns, 8443, "none.example", "10.0.0.5") == "10.0.0.5:8443"
    assert find_host(patterns, 443, "10.0.0.5") == ""
    assert (find_host(patterns, 1, "::1"), find_host(patterns, 2, "::1"), find_host(patterns, 2, "::2")) == (
        "[::1]:1",
        "",
        "[::2]",
    )
    assert find_host(("*",), 1, "whoever") == "*"
    assert find_host((), 443, "a.example") == ""


def test_the_name_in_the_hello_and_that_of_the_connect_count() -> None:
    assert ruled(443, "api.bank.example", "10.9.9.9") == Decision("pass", "*.bank.example")
    assert ruled(8443, "api.example", "10.0.0.5") == Decision("pass", "10.0.0.5:8443")
    assert ruled(443, "api.example", "10.0.0.5") == Decision("intercept")


def test_refusing_is_stronger() -> None:
    assert ruled(443, "ads.bank.example") == Decision("refuse", "ads.bank.example")
    assert ruled(444, "x.example", rejected=True).action == "refuse"


def test_a_client_that_has_rejected_us() -> None:
    assert decide(443, "a.example") == Decision("intercept")
    decision = decide(443, "a.example", rejected=True)
    assert decision.action == "pass" and "--auto-passthrough" in decision.note
    assert "--passthrough bank.example" in ruled(443, "bank.example", rejected=True).note
