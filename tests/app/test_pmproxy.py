"""What pmproxy takes, where its file goes, and how its sessions are called."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.formats.records import record

from wireglass.app.pmproxy import Filtering, Rules, sent_host, session_name, spare, target
from wireglass.errors import UsageError
from wireglass.model import Record
from wireglass.setting_values import parse_session
from wireglass.whole_file import replacing
from wireglass.wire.postman_headers import UNWRAPPED


def asked(method: str = "GET", target: bytes = b"http://Example.test:81/a", *, host: bytes = b"") -> Record:
    made = record(request_headers=[(b"Host", host)] if host else [], method=method)
    made.detail.target = target
    return made


@pytest.mark.parametrize(
    ("host", "methods", "method", "allowed"),
    [
        ("", "", "GET", True),
        ("Example.test", "", "GET", True),
        ("example.test", "", "GET", False),  # as it was sent, case and all
        ("Example.test:81", "", "GET", False),
        ("test", "", "GET", False),
        ("", "GET", "GET", True),
        ("", " get ,post", "GET", True),
        ("", "get,post", "PUT", False),
        ("", ",", "GET", False),
        ("Example.test", "POST", "GET", False),
        ("", "get", "get", False),
    ],
)
def test_rules(host: str, methods: str, method: str, allowed: bool) -> None:
    assert Rules(host, methods).allow(asked(method)) is allowed


@pytest.mark.parametrize(
    ("target", "host", "sent"),
    [
        (b"http://EXAMPLE.test/", b"other.test", "EXAMPLE.test"),
        (b"HTTPS://u@Example.test:8443/x", b"", "Example.test"),
        (b"/a", b"Example.Test:81", "Example.Test"),
        (b"/a", b"", "example.test"),
        (b"*", b"\xff\xfe", "example.test"),
    ],
)
def test_the_host_as_it_was_sent(target: bytes, host: bytes, sent: str) -> None:
    assert sent_host(asked(target=target, host=host)) == sent


def test_the_line_of_the_rules() -> None:
    assert Rules("a", "GET", True).line() == "{'host': 'a', 'methods': 'GET', 'restricted_headers': True}"


@pytest.mark.parametrize(
    ("path", "name", "file"),
    [
        ("", "default", "default.postman_collection"),
        ("out", "x", "outx.postman_collection"),
        ("out/", "x", "out/x.postman_collection"),
        ("folder", "x", "folder/x.postman_collection"),
        ("folder/", "x", "folder/x.postman_collection"),
        ("folder/out", "x", "folder/outx.postman_collection"),
        ("", "folder/x", "folder/x.postman_collection"),
        ("folder", "/sub/x", "folder/sub/x.postman_collection"),  # never outside of it
    ],
)
def test_where_the_file_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str, file: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder/sub").mkdir(parents=True)
    if path == "out/":
        with pytest.raises(UsageError, match="No such file or directory"):
            target(path, name)
        Path("out").mkdir()
    assert target(path, name) == Path(file)
    assert [*Path().rglob("*.part")] == [*Path().rglob("*collection")] == []


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        target(f"{tmp_path}/", name)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "x.postman_collection").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        target(str(tmp_path), "x")


def test_a_file_in_the_place_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Not a directory"):
        target(f"{tmp_path}/file/", "x")


@pytest.mark.parametrize("words", ["default", "", "ä" * 500, "a\nb\x1b[31m\u202e", "7"])
def test_a_session_can_have_the_name(words: str) -> None:
    name = session_name(words, 0.0)
    assert parse_session(name) == name and name.startswith("pmproxy ")


def test_the_spare_place(tmp_path: Path) -> None:
    file = spare(tmp_path, "../../a b", 0.0)
    assert file.parent == tmp_path / "pmproxy"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.name.startswith(".._.._a_b-1") and file.name.endswith(".postman_collection")


def test_the_spare_place_for_a_long_name(tmp_path: Path) -> None:
    """As long as a name of a file may be is told in bytes."""
    with replacing(spare(tmp_path, "漢" * 70, 0.0)) as stream:
        stream.write(b"x")
    [file] = (tmp_path / "pmproxy").iterdir()
    assert file.name.startswith("漢" * 60 + "-")


def test_a_file_of_another_in_a_sticky_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.postman_collection").touch()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    target(str(tmp_path), "x")
    tmp_path.chmod(0o1777)
    with pytest.raises(UsageError, match="belongs to another user"):
        target(str(tmp_path), "x")


def test_nothing_is_found_in_a_request_that_was_not_sent_on() -> None:
    said: list[str] = []
    asked = record(request_headers=[(b"Postman-Cookie", b"a"), (b"Postman-TE", b"a")])
    filtering = Filtering(said.append)
    filtering.request(asked, None)  # type: ignore[arg-type]
    assert said == []
    asked.detail.notes.append(f"{UNWRAPPED}: cookie")
    filtering.request(asked, None)  # type: ignore[arg-type]
    assert said == ["Found postman-cookie"]


def test_filter_prints_what_the_client_got() -> None:
    said: list[str] = []
    answered = record(
        response_headers=[(b"Postman-Location", b"x"), (b"A", b"1"), (b"location", b"/1"), (b"Location", b"/1")]
    )
    Filtering(said.append).response(answered)
    assert said == ["###Incoming headers###", "A: 1\nPostman-Location: /1\n"]
