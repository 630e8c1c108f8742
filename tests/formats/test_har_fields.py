"""Times, URLs, queries, header fields and cookies."""

from __future__ import annotations

from datetime import UTC, datetime

import hypothesis.strategies as st
import pytest
from hypothesis import given

from wireglass.formats.har_fields import (
    absolute,
    from_wire,
    headers,
    ip_address,
    iso_time,
    query,
    request_cookies,
    response_cookies,
)


@given(st.integers(0, 253_402_300_798), st.integers(0, 999))
def test_times_are_those_of_the_calendar(second: int, millisecond: int) -> None:
    shown = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert iso_time(second).removesuffix(".000Z").lstrip("0") == shown.lstrip("0")
    back = datetime.fromisoformat(iso_time(second + millisecond / 1000)).timestamp()
    # 1 + 0.247 is less than the 1.247 that is written: floats of the largest times are 30 µs apart.
    assert second + millisecond / 1000 - 0.0011 < back <= second + millisecond / 1000 + 0.0001


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1.0, "1970-01-01T00:00:00.000Z"),
        (float("nan"), "1970-01-01T00:00:00.000Z"),
        (float("inf"), "1970-01-01T00:00:00.000Z"),
        (1e30, "9999-12-31T23:59:59.000Z"),
        (951_782_400.9999, "2000-02-29T00:00:00.999Z"),
    ],
)
def test_times_beyond_the_calendar(seconds: float, shown: str) -> None:
    assert iso_time(seconds) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://example.test/a?b#c", "http://example.test/a?b#c"),
        ("https://[::1]:8443/", "https://[::1]:8443/"),
        ("http://example.test", "http://example.test"),
        ("http://example.test/gr\u00fc\u00dfe?\U0001f600", "http://example.test/gr%C3%BC%C3%9Fe?%F0%9F%98%80"),
        ('http://example.test/%41"<>', "http://example.test/%41%22%3C%3E"),
        ("/path", "http://unknown.invalid/path"),
        ("", "http://unknown.invalid/"),
        ("http:///path", "http://unknown.invalid/http:///path"),
        ("http://a b/", "http://unknown.invalid/http://a%20b/"),
        ("http://a'b/", "http://unknown.invalid/http://a'b/"),
        (f"http://{'a' * 64}.test/", f"http://unknown.invalid/http://{'a' * 64}.test/"),
        (f"http://{'a.' * 127}test/", f"http://unknown.invalid/http://{'a.' * 127}test/"),
        ("http://a.test:65536/", "http://unknown.invalid/http://a.test:65536/"),
        ("http://[1::2::3]/", "http://unknown.invalid/http://[1::2::3]/"),
        ("http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/"),
        ("http://a_b.test.:80?x", "http://a_b.test.:80?x"),
        ("\ud800", "http://unknown.invalid/%3F"),
    ],
)
def test_urls_are_absolute_and_ascii(url: str, shown: str) -> None:
    assert absolute(url, tunnel=False) == shown


def test_a_tunnel_has_a_url() -> None:
    assert absolute("example.test:443", tunnel=True) == "https://example.test:443/"
    assert absolute("[::1]:443", tunnel=True) == "https://[::1]:443/"


def test_the_query_in_its_order() -> None:
    pairs = [(pair["name"], pair["value"]) for pair in query("http://a/?b=1&a=%C3%A4+%2B&b=&c&=d&x=%ff#e=f")]
    assert pairs == [("b", "1"), ("a", "\u00e4 +"), ("b", ""), ("c", ""), ("", "d"), ("x", "\ufffd")]
    assert query("http://a/") == []


def test_header_fields_keep_order_case_and_bytes() -> None:
    assert headers([(b"X-a", b"\xc3\xa4"), (b"x-A", b""), (b"X-B", b"\xe4")]) == [
        {"name": "X-a", "value": "\u00e4"},
        {"name": "x-A", "value": ""},
        {"name": "X-B", "value": "\u00e4", "comment": "not UTF-8: read as ISO 8859-1, each character is one byte"},
    ]
    assert from_wire(b"\xff") == "\u00ff"


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("fe80::1%eth0", "fe80::1"), ("example.test", ""), ("", "")],
)
def test_addresses(text: str, address: str) -> None:
    assert ip_address(text) == address


def test_cookies_of_a_request() -> None:
    fields = [(b"Cookie", b"a=1; b=x=y;c; "), (b"X", b"d=4"), (b"COOKIE", b'e="q"')]
    pairs = [(cookie["name"], cookie["value"]) for cookie in request_cookies(fields)]
    assert pairs == [("a", "1"), ("b", "x=y"), ("", "c"), ("e", '"q"')]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"a=1", {}),
        (b"a=1; PATH=/x; Domain=.e.test", {"path": "/x", "domain": ".e.test"}),
        (b"a=1; path; domain=", {}),
        (b"a=1;httponly;SECURE", {"httpOnly": True, "secure": True}),
        (b"a=1; SameSite=none", {"sameSite": "None"}),
        (b"a=1; SameSite=other", {}),
        (b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", {"expires": "2026-10-21T07:28:00.000Z"}),
        (b"a=1; Expires=Wednesday, 21-Oct-26 07:28:00 GMT", {"expires": "2026-10-21T07:28:00.000Z"}),
        (b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 +0200", {"expires": "2026-10-21T05:28:00.000Z"}),
        (b"a=1; Expires=tomorrow", {}),
        (b"a=1; Expires=Wed, 21 Oct 2026 25:28:00 GMT", {}),
        (b"a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", {"expires": "2023-11-14T22:14:20.000Z"}),
        (b"a=1; Max-Age=-1", {"expires": "2023-11-14T22:13:19.000Z"}),
        (b"a=1; Max-Age=1e9", {}),
    ],
)
def test_cookies_of_a_response(line: bytes, expected: dict[str, object]) -> None:
    [cookie] = response_cookies([(b"set-cookie", line)], 1_700_000_000.0)
    assert cookie == {"name": "a", "value": "1", "httpOnly": False, "secure": False} | expected
