"""Addresses, modes and credentials as people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import BadSetting
from wireglass.listening import Address, Mode, Target, parse_credentials, parse_modes
from wireglass.settings import find, load

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("", []),
        ("reverse:h2c://a@127.0.0.1:1", [Mode(Address(HERE, 1), Target("h2c", "a", 80))]),
        ("regular@127.0.0.1:1", [Mode(Address(HERE, 1))]),
        ("reverse:https://api.example.com", [Mode(Address(HERE, 0), Target("https", "api.example.com", 443))]),
        ("REVERSE:HTTP://A.Example:81/@[::1]:0", [Mode(Address("::1", 0), Target("http", "a.example", 81))]),
        ("reverse:https://[0::1]:8443@0.0.0.0:9", [Mode(Address("0.0.0.0", 9), Target("https", "::1", 8443))]),
        (
            "regular@127.0.0.1:1; reverse:http://a@127.0.0.1:2\nreverse:http://b@127.0.0.1:0",
            [
                Mode(Address(HERE, 1)),
                Mode(Address(HERE, 2), Target("http", "a", 80)),
                Mode(Address(HERE, 0), Target("http", "b", 80)),
            ],
        ),
    ],
)
def test_modes(text: str, modes: list[Mode]) -> None:
    assert parse_modes(text) == tuple(modes)
    assert parse_modes(";".join(map(str, modes))) == tuple(modes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("transparent", "has 'transparent': a mode is regular@HOST:PORT or reverse:URL@HOST:PORT"),
        ("regular", "regular without a port"),
        ("regular@8080", "has '8080' for an address, which must be HOST:PORT"),
        ("regular@:8080", "names no address"),
        ("reverse:api.example.com@127.0.0.1:1", "not http://, https:// or h2c://"),
        ("reverse:@127.0.0.1:1", "not http://, https:// or h2c://"),
        ("reverse:h2://a@127.0.0.1:1", "not http://, https:// or h2c://"),
        ("reverse:https://me:secret@a@127.0.0.1:1", "belong into the requests"),
        ("reverse:https://a/v1@127.0.0.1:1", "the path stays as the client asks for it"),
        ("reverse:https://a:0@127.0.0.1:1", "whose port is not from 1 to 65535"),
        ("reverse:https://[1]@127.0.0.1:1", "no IPv6 address"),
        ("regular@127.0.0.1:1;reverse:http://a@127.0.0.1:1", "has 127.0.0.1:1 twice"),
    ],
)
def test_what_is_no_mode_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_modes(text)


@given(st.text() | st.text(alphabet="reguvs:@/htp[].01;ax"))
def test_any_text_is_modes_or_refused(text: str) -> None:
    try:
        modes = parse_modes(text)
    except ValueError:
        return
    assert parse_modes(";".join(map(str, modes))) == modes


def test_the_port_of_listen_cannot_have_a_mode(tmp_path: Path) -> None:
    flags = {"home": str(tmp_path), "listen": "127.0.0.1:8081", "mode": "reverse:http://a@127.0.0.1:8081"}
    with pytest.raises(BadSetting) as refusal:
        load(flags, {})
    assert refusal.value.line() == (
        "--mode reverse:http://a@127.0.0.1:8081: 127.0.0.1:8081 is the address of --listen already. "
        "Each mode needs a port of its own; --listen is there beside them."
    )
    assert len(load({**flags, "listen": "127.0.0.1:0", "mode": "regular@127.0.0.1:0"}, {}).mode) == 1


def test_modes_in_the_file_are_a_list(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mode = ['reverse:http://a@127.0.0.1:1', 'regular@127.0.0.1:2']\n")
    assert [str(mode) for mode in load({"home": str(tmp_path)}, {}).mode] == [
        "reverse:http://a@127.0.0.1:1",
        "regular@127.0.0.1:2",
    ]


def test_credentials() -> None:
    login = parse_credentials("me:a:b ü")
    assert login is not None
    assert (login.username, login.password) == ("me", "a:b ü")
    assert parse_credentials("none") is None
    assert "a:b" not in f"{login} {login!r}"


@pytest.mark.parametrize("text", ["secret", ":secret", "me:", "me:sec\nret", "me:" + "s" * 256, "me:\udcff"])
def test_what_is_refused_is_not_shown(text: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        find("proxy_auth").read(text, "--proxy-auth")
    assert text.rpartition(":")[2] not in refusal.value.line() or text == "me:"
