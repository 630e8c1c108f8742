"""Where a request goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import ProtocolError
from wireglass.wire.target import Origin, make_origin, names_server, read_absolute, read_authority, url


@pytest.mark.parametrize(
    ("authority", "default", "expected"),
    [
        (b"a.example:8080", None, ("a.example", 8080)),
        (b"A.Example", 80, ("a.example", 80)),
        (b"a.example:", 443, ("a.example", 443)),
        (b"127.0.0.1:1", None, ("127.0.0.1", 1)),
        (b"[::1]:65535", None, ("::1", 65535)),
        (b"[FE80::1%eth0]", 80, ("fe80::1%eth0", 80)),
        ("bücher.example".encode(), 80, ("xn--bcher-kva.example", 80)),
        # As browsers do it (UTS 46), and as the certificate for it is made: IDNA 2003 would go to strasse.example.
        ("straße.example".encode(), 80, ("xn--strae-oqa.example", 80)),
        (b"under_score.example", 80, ("under_score.example", 80)),
    ],
)
def test_authority(authority: bytes, default: int | None, expected: tuple[str, int]) -> None:
    assert read_authority(authority, default) == expected


@pytest.mark.parametrize(
    "authority",
    [
        b"",
        b":80",
        b"a.example",
        b"a.example:0",
        b"a.example:65536",
        b"a.example:123456",
        b"a.example:+80",
        b"a.example:80:80",
        b"user@a.example:80",
        b"::1:80",
        b"[::1:80",
        b"[a.example]:80",
        b"a b:80",
        b"a/b:80",
        b"a\\b:80",
        b"a?b:80",
        b"a#b:80",
        b"\xff:80",
        "a‥b:80".encode(),
    ],
)
def test_authorities_that_are_refused(authority: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_authority(authority, None)


@pytest.mark.parametrize(
    ("target", "method", "origin", "path"),
    [
        (b"http://a.example/x?y=http://b/", b"GET", make_origin("http", "a.example", 80), b"/x?y=http://b/"),
        (b"HTTPS://A.example", b"GET", make_origin("https", "a.example", 443), b"/"),
        (b"http://a.example:8080?q", b"GET", make_origin("http", "a.example", 8080), b"/?q"),
        (b"http://[::1]:1/", b"GET", make_origin("http", "::1", 1), b"/"),
        (b"http://a.example", b"OPTIONS", make_origin("http", "a.example", 80), b"*"),
        (b"http://a.example/", b"OPTIONS", make_origin("http", "a.example", 80), b"/"),
    ],
)
def test_absolute_form(target: bytes, method: bytes, origin: Origin, path: bytes) -> None:
    assert read_absolute(target, method) == (origin, path)


@pytest.mark.parametrize(
    "target", [b"ftp://a/", b"http:/a/", b"//a/", b"a.example:80", b"*", b"http://", b"http://u:p@a/"]
)
def test_absolute_forms_that_are_refused(target: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_absolute(target, b"GET")


@given(st.binary(max_size=60))
def test_any_target_is_read_or_refused(target: bytes) -> None:
    try:
        origin, path = read_absolute(b"http://" + target, b"GET")
    except ProtocolError:
        return
    assert path.startswith(b"/")
    assert origin.host and origin.host == origin.host.lower() and origin.host.isascii()
    assert url(origin, path).startswith("http://")


@pytest.mark.parametrize(
    ("origin", "path", "expected"),
    [
        (make_origin("http", "a.example", 80), b"/", "http://a.example/"),
        (make_origin("https", "a.example", 80), b"/", "https://a.example:80/"),
        (make_origin("https", "::1", 443), "/ü".encode(), "https://[::1]/ü"),
        (make_origin("http", "a.example", 80), b"/\xe9a", "http://a.example/%E9a"),
        (make_origin("http", "a.example", 80), b"*", "http://a.example"),
    ],
)
def test_url(origin: Origin, path: bytes, expected: str) -> None:
    assert url(origin, path) == expected


@pytest.mark.parametrize(
    ("host", "same"),
    [(b"A.example", True), (b"a.example:80", True), (b"a.example:81", False), (b"b.example", False), (b"", False)],
)
def test_a_host_may_name_the_server_in_other_words(host: bytes, same: bool) -> None:
    assert names_server(host, make_origin("http", "a.example", 80)) is same
