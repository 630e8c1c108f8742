"""``wireglass protos``: adding, listing and removing names."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from tests.cli.recording import Run
from tests.peers import rpc

from wireglass.app.home import Home

METHODS = 4


@pytest.fixture
def api(tmp_path: Path) -> Path:
    """A descriptor set as ``protoc`` writes it."""
    file = tmp_path / "api.binpb"
    file.write_bytes(rpc.descriptor_set())
    return file


def test_a_descriptor_set(home: Home, wireglass: Run, api: Path) -> None:
    added = wireglass("protos", "add", str(api))
    assert added == (0, "Added api: 4 methods\n", "")
    kept = home.protos / "api.binpb"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.protos.stat().st_mode) == 0o700
    assert wireglass("protos", "add", str(api)).out == "Replaced api: 4 methods\n"
    listed = wireglass("protos", "ls").out
    assert listed.startswith("api  ")
    assert "  /wireglass.test.Showcase/Bidi  stream wireglass.test.Request → stream wireglass.test.Reply\n" in listed
    one = json.loads(wireglass("protos", "ls", "--json").out)
    assert (one["name"], one["files"], len(one["methods"]), one["notes"]) == ("api", 3, METHODS, [])
    assert wireglass("protos", "rm", "api") == (0, "", "")
    assert wireglass("protos", "ls", "--json") == (0, "", "")
    assert "No set was added" in wireglass("protos", "ls").err


def test_a_proto_file_and_a_folder(wireglass: Run, tmp_path: Path) -> None:
    folder = tmp_path / "api"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "showcase.proto").write_bytes(rpc.PROTO.read_bytes())
    (folder / "other.proto").write_text(
        'syntax = "proto3"; package other; import "deep/er/showcase.proto"; message M { wireglass.test.Nested n = 1; }'
    )
    assert wireglass("protos", "add", str(rpc.PROTO)).out == "Added showcase: 4 methods\n"
    assert wireglass("protos", "add", str(folder), "--name", "all").out == "Added all: 4 methods\n"
    refused = wireglass("protos", "add", str(folder / "deep" / "er" / "showcase.proto"), str(tmp_path))
    assert refused.code == 2, "the second folder has imports that begin elsewhere"
    alone = str(folder / "other.proto")
    assert wireglass("protos", "add", alone, "--include", str(folder / "deep")).code == 0


def test_an_import_that_begins_elsewhere(wireglass: Run, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "base.proto").write_text('syntax = "proto3"; message Base {}')
    (tmp_path / "api.proto").write_text('syntax = "proto3"; import "base.proto"; message M { Base base = 1; }')
    refused = wireglass("protos", "add", str(tmp_path / "api.proto"))
    assert refused.code == 2
    assert "base.proto: File not found." in refused.err
    assert "--include" in refused.err
    assert wireglass("protos", "add", str(tmp_path / "api.proto"), "-I", str(tmp_path / "lib")).code == 0


def test_a_mistake_in_the_file(wireglass: Run, tmp_path: Path) -> None:
    (tmp_path / "api.proto").write_text('syntax = "proto3"; message M { strin a = 1; }')
    refused = wireglass("protos", "add", str(tmp_path / "api.proto"))
    assert refused.code == 2
    assert '"strin" is not defined. Correct the file.' in refused.err


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("api.binpb", b"nonsense", "is no FileDescriptorSet"),
        ("api.binpb", b"", "is no FileDescriptorSet"),
        ("api.proto", b"nonsense", "protoc cannot compile"),
        ("no name.binpb", b"", "cannot be the name of a set"),
    ],
)
def test_what_cannot_be_used(home: Home, wireglass: Run, tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    refused = wireglass("protos", "add", str(tmp_path / name))
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err
    assert not home.protos.exists()


def test_nothing_there(wireglass: Run, tmp_path: Path) -> None:
    assert "No such file or directory" in wireglass("protos", "add", str(tmp_path / "none.binpb")).err
    assert "no such file" in wireglass("protos", "add", str(tmp_path / "none.proto")).err
    (tmp_path / "empty").mkdir()
    assert "there is no .proto file in" in wireglass("protos", "add", str(tmp_path / "empty")).err
    refused = wireglass("protos", "rm", "../ca/ca-key")
    assert (refused.code, "there is no set '../ca/ca-key'" in refused.err) == (1, True)


def test_without_protoc(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    refused = wireglass("protos", "add", str(rpc.PROTO))
    assert refused.code == 2
    assert "pip install 'wireglass[protos]'" in refused.err


def test_protoc_of_the_system(wireglass: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "protoc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m grpc_tools.protoc "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda _name: str(program))
    assert wireglass("protos", "add", str(rpc.PROTO)).out == "Added showcase: 4 methods\n"


def test_a_kept_set_that_was_damaged_is_named_and_the_others_are_used(home: Home, wireglass: Run, api: Path) -> None:
    wireglass("protos", "add", str(api))
    (home.protos / "bad.binpb").write_bytes(b"nonsense")
    listed = wireglass("protos", "ls")
    assert listed.code == 0
    assert "bad.binpb is damaged" in listed.err
    assert "/wireglass.test.Showcase/Unary" in listed.out
