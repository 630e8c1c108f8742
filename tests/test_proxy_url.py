"""What people write about an upstream proxy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.proxy_url import ProxyUrl, goes_direct, parse_no_proxy, parse_proxy, without_credentials


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://proxy.example:3128", ProxyUrl("http", "proxy.example", 3128)),
        ("Proxy.Example", ProxyUrl("http", "proxy.example", 80)),
        ("HTTPS://proxy.example/", ProxyUrl("https", "proxy.example", 443)),
        ("socks5h://127.0.0.1", ProxyUrl("socks5", "127.0.0.1", 1080)),
        ("socks5://a:b@[::1]:9", ProxyUrl("socks5", "::1", 9, "a", "b")),
        ("http://me@h:1", ProxyUrl("http", "h", 1, "me")),
        ("http://me:p%40ss%3A@h:1", ProxyUrl("http", "h", 1, "me", "p@ss:")),
        ("http://me:p@s/s:w@h:1", ProxyUrl("http", "h", 1, "me", "p@s/s:w")),
        ("none", None),
        ("", None),
    ],
)
def test_a_proxy(text: str, url: ProxyUrl | None) -> None:
    assert parse_proxy(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://h", "begins with ftp://"),
        ("http://", "must be a URL"),
        ("http://a b:1", "must be a URL"),
        ("http://h:0", "port"),
        ("http://h:65536", "port"),
        ("http://[1::2::3]:1", "no IPv6 address"),
        ("http://:secret@h", "no user name"),
        ("http://a%3Ab:secret@h", "colon"),
        ("http://me:a%0d%0aX:%20y@h", "control character"),
        ("socks5://me@h", "1 to 255 ASCII"),
        ("socks5://me:gehe%C3%AFm@h", "1 to 255 ASCII"),
        (f"socks5://me:{'x' * 256}@h", "1 to 255 ASCII"),
    ],
)
def test_a_proxy_that_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as raised:
        parse_proxy(text)
    assert "secret" not in str(raised.value)


@given(st.text(max_size=60))
def test_anything_is_a_proxy_or_refused(text: str) -> None:
    try:
        url = parse_proxy(text)
    except ValueError:
        return
    assert url is None or parse_proxy(str(url)) == ProxyUrl(url.scheme, url.host, url.port)


def test_a_password_is_not_shown() -> None:
    url = ProxyUrl("http", "h", 1, "me", "secret")
    assert str(url) == "http://h:1"
    assert "secret" not in repr(url) + f"{url}"
    for text in ("http://me:sec@ret@h:1", "me:secret@h", "x://me:secret@"):
        assert "ret" not in without_credentials(text)
    assert without_credentials("http://h:1") == "http://h:1"


@pytest.mark.parametrize(
    ("exceptions", "direct", "through"),
    [
        ("example.com", ["example.com", "a.example.com", "example.com."], ["badexample.com", "com"]),
        (".example.com", ["a.example.com", "a.b.example.com"], ["example.com"]),
        ("*.example.com", ["a.example.com"], ["example.com"]),
        ("*", ["a", "::1"], []),
        ("a:81, b", ["b"], ["a"]),
        ("a:80", ["a"], ["b"]),
        ("10.0.0.0/8 fe80::/10", ["10.1.2.3", "fe80::1", "fe80::1%eth0"], ["11.0.0.1", "a.10.0.0.1", "::1"]),
        ("127.0.0.1,::1", ["127.0.0.1", "::1", "0:0::1"], ["127.0.0.2", "localhost"]),
        ("[::1]:80", ["::1"], ["::2"]),
        ("", [], ["a", "127.0.0.1"]),
    ],
)
def test_exceptions(exceptions: str, direct: list[str], through: list[str]) -> None:
    parsed = parse_no_proxy(exceptions)
    assert parse_no_proxy(",".join(parsed)) == parsed
    assert [host for host in direct if not goes_direct(parsed, host, 80)] == []
    assert [host for host in through if goes_direct(parsed, host, 80)] == []


@pytest.mark.parametrize("text", ["a/b", "10.0.0.0/33", "a:0", "a:x", "http://a", "[a]", "a@b", "**.a"])
def test_exceptions_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"which is no|whose port"):
        parse_no_proxy(f"good.example,{text}")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_exceptions_are_hosts_or_refused(text: str, host: str) -> None:
    try:
        parsed = parse_no_proxy(text)
    except ValueError:
        return
    goes_direct(parsed, host.lower(), 80)
