"""Every kind of value: what is read, and what is refused in which words."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.listening import Address, parse_address
from wireglass.setting_values import (
    ClientCertificate,
    parse_alt_svc,
    parse_client_certificates,
    parse_count,
    parse_duration,
    parse_home,
    parse_hosts,
    parse_session,
    parse_size,
    parse_truth,
    parse_workers,
)
from wireglass.settings import load


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("localhost:0", Address("localhost", 0)),
        (" 0.0.0.0:65535 ", Address("0.0.0.0", 65535)),
        ("[::1]:8080", Address("::1", 8080)),
        ("[0:0:0:0:0:0:0:1]:1", Address("::1", 1)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("8080", "must be HOST:PORT"),
        ("localhost", "must be HOST:PORT"),
        ("localhost:", "must be HOST:PORT"),
        ("localhost:65536", "must be HOST:PORT"),
        ("localhost:٣", "must be HOST:PORT"),
        (":8080", "0.0.0.0:8080 for the whole network"),
        ("::1:8080", "in brackets"),
        ("[localhost]:8080", "no IPv6 address"),
        ("http://localhost:8080", "in brackets"),
        ("a b:80", "must begin with"),
    ],
)
def test_an_address_that_is_none_says_what_to_write(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "bytes"),
    [
        ("0", 0),
        ("512", 512),
        ("512k", 512_000),
        ("512 kB", 512_000),
        ("10M", 10_000_000),
        ("1GiB", 2**30),
        ("2Ti", 2 * 2**40),
        ("none", None),
        ("None", None),
    ],
)
def test_a_size(text: str, bytes: int | None) -> None:
    assert parse_size(text) == bytes


@pytest.mark.parametrize("text", ["", "-1", "1.5M", "10X", "M", "1e3", "9999999T", "1 2", "٣"])
def test_a_size_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be|means no limit"):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1k", "1.0", "1e3", "9999999999999", "٣"])
def test_a_count_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 1, or none"):
        parse_count(text)


@given(st.integers(0, 2**33), st.sampled_from(["", "k", "M", "Gi"]))
def test_sizes_are_exact(count: int, unit: str) -> None:
    factor = {"": 1, "k": 1000, "M": 1000**2, "Gi": 1024**3}[unit]
    if count * factor < 2**63:
        assert parse_size(f"{count}{unit}") == count * factor


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("30", 30.0),
        ("5m", 300.0),
        ("1h", 3600.0),
        ("1 d", 86400.0),
        ("500ms", 0.5),
        (" 2.5S ", 2.5),
        ("365d", 365 * 86400.0),
        ("None", None),
    ],
)
def test_a_duration(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "-1s", "s", "1w", "1e3", "366d", "1m30s", "٣s", "inf", "1..5s"])
def test_a_duration_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a time such as 30s|more than 0 and at most 365d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", ()),
        (" , ", ()),
        ("Dev.Local,*.TEST , 10.0.0.5:8443", ("dev.local", "*.test", "10.0.0.5:8443")),
        ("::1,[::1]:8443,[0:0::1]", ("[::1]", "[::1]:8443")),
        ("a,a,b", ("a", "b")),
    ],
)
def test_hosts(text: str, hosts: tuple[str, ...]) -> None:
    assert parse_hosts(text) == hosts
    assert parse_hosts(",".join(hosts)) == hosts


@pytest.mark.parametrize(
    "text", ["https://a", "a/b", "a:0", "a:65536", "a:x", "*", "*.", "a*.test", "[a]", "[a]:1", "a b", "a@b", "[::1"]
)
def test_hosts_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no host|whose port is not"):
        parse_hosts(f"good.example,{text}")


@given(st.integers(-100, 1000))
def test_workers_are_1_to_64(count: int) -> None:
    if 1 <= count <= 64:
        assert parse_workers(str(count)) == count
    else:
        with pytest.raises(ValueError, match="1 to 64"):
            parse_workers(str(count))


@given(st.text())
def test_every_parser_gives_a_value_or_a_value_error(text: str) -> None:
    for parse in (
        parse_address,
        parse_duration,
        parse_hosts,
        parse_size,
        parse_workers,
        parse_truth,
        parse_session,
        parse_home,
        parse_alt_svc,
        parse_client_certificates,
    ):
        with contextlib.suppress(ValueError):
            parse(text)


def test_session_names_have_no_control_characters() -> None:
    assert parse_session(" login bug ") == "login bug"
    for name in ("", " ", "a\x1b[2J", "a\nb", "x" * 101):
        with pytest.raises(ValueError, match="printable"):
            parse_session(name)


def test_client_certificates(tmp_path: Path) -> None:
    both = (ClientCertificate("a.example", "/x/me.pem", "/x/me.pem"), ClientCertificate("*.b:1", "/c.pem", "/k.pem"))
    text = "A.example=/x/y/../me.pem;*.b:1 = /c.pem , /k.pem"
    assert load({"home": str(tmp_path), "client_cert": text}, {}).client_cert == both
    assert load({"home": str(tmp_path), "client_cert": text.replace(";", "\n")}, {}).client_cert == both
    file = tmp_path / "config.toml"
    file.write_text('[client_cert]\n"a.example" = "/x/me.pem"\n"*.b:1" = "/c.pem,/k.pem"\n')
    assert load({"home": str(tmp_path)}, {}).client_cert == both
    file.write_text('client_cert = ["a.example=/x/me.pem", "*.b:1=/c.pem,/k.pem"]\n')
    assert load({"home": str(tmp_path)}, {}).client_cert == both
    assert parse_client_certificates("a=/1;a=/2") == (ClientCertificate("a", "/2", "/2"),)


@pytest.mark.parametrize("text", ["a", "a.example:/x", "=x", "a=", "a,b=/x", "a/b=/x", "a=,/k", "a=/x\0"])
def test_client_certificates_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be HOST=FILE|names no file|is no host"):
        parse_client_certificates(text)


def test_alt_svc() -> None:
    assert (parse_alt_svc("Strip"), parse_alt_svc(" keep ")) == ("strip", "keep")
    with pytest.raises(ValueError, match="strip or keep"):
        parse_alt_svc("none")
