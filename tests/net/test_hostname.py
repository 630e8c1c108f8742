"""Names and addresses as certificates have them."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from wireglass.errors import ProtocolError
from wireglass.net.hostname import tls_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("localhost", "localhost"),
        ("my_service.internal", "my_service.internal"),
        ("-odd-.example", "-odd-.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("STRASSE.example", "strasse.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("日本語。example", "xn--wgv71a119e.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_names(host: str, name: str) -> None:
    assert tls_name(host) == name


@pytest.mark.parametrize(
    ("host", "address"),
    [("192.0.2.1", "192.0.2.1"), ("2001:DB8::1", "2001:db8::1"), ("[::1]", "::1"), ("fe80::1%eth0", "fe80::1")],
)
def test_addresses(host: str, address: str) -> None:
    assert tls_name(host) == ip_address(address)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        ".example.com",
        "a b.example",
        "a\0.example",
        "*.example.com",
        "a/b",
        "a" * 64 + ".example",
        ".".join(["abcdefgh"] * 29),
        "127.1",
        "999.1.1.1",
        "☃.example",
        "ü" * 70 + ".example",
        "\udcff.example",
    ],
)
def test_what_can_be_no_name_is_refused(host: str) -> None:
    with pytest.raises(ProtocolError, match=r"neither a host name|not an internationalised"):
        tls_name(host)
