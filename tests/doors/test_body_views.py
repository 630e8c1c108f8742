"""Bodies of real exchanges in `wireglass show`."""

from __future__ import annotations

import json
import os
import subprocess
import zlib
from typing import Any

import msgspec
import requests
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass


def shown(wireglass: Wireglass, number: int, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "show", str(number), *flags, "--home", wireglass.home],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NO_COLOR": "1"},
    )


def posted(wireglass: Wireglass, url: str, **more: Any) -> int:
    with requests.Session() as session:
        session.trust_env = False  # no_proxy may name the loopback
        session.post(url, proxies={"http": f"http://{wireglass.proxy}"}, timeout=30, **more)
    return wireglass.row(url).id


def test_a_form_with_a_file_and_a_packed_answer(wireglass: Wireglass, origin: Origin) -> None:
    """Made by requests, msgspec and zlib."""
    answer = zlib.compress(msgspec.msgpack.encode({"ok": True, "id": 7}))
    url = origin.on("/form", fixed(answer, b"Content-Type: application/msgpack", b"Content-Encoding: deflate"))
    number = posted(wireglass, url, data={"word": "Grüße"}, files={"f": ("a.bin", bytes(300), "image/x-none")})
    people = shown(wireglass, number)
    assert people.returncode == 0, people.stderr
    assert "[shown as multipart: parts 2]\n--- 1: name 'word', 7 bytes\nGrüße\n" in people.stdout
    assert "--- 2: name 'f', file 'a.bin', image/x-none, 300 bytes\n[binary]\n" in people.stdout
    assert '[shown as messagepack]\n{\n  "ok": true,\n  "id": 7\n}\n' in people.stdout
    hex = shown(wireglass, number, "--response-body", "--view", "hex")
    assert hex.stdout.startswith("00000000  82 a2 6f 6b c3 ")


def test_damaged_json(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/damaged", fixed(b'{"a": 1,\n "b" 2}', b"Content-Type: application/json"))
    number = posted(wireglass, url, json={"n": 1})
    out = shown(wireglass, number).stdout
    assert '{"a": 1,\n "b" 2}\n[not shown as json: it is not JSON: line 2, column 6: a colon is missing' in out


def test_graphql(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/graphql", fixed(b'{"errors":[{"message":"no"}]}', b"Content-Type: application/json"))
    query = {"query": "query GetUser($i: ID!) { user(id: $i) { name } }", "variables": {"i": 1}}
    number = posted(wireglass, url, json=query)
    out = shown(wireglass, number).stdout
    assert "[shown as graphql: operation query GetUser]\nquery GetUser($i: ID!) {\n  user(id: $i) {\n" in out
    assert "[error: no]" in out
    record = json.loads(shown(wireglass, number, "--json").stdout)
    assert "operation" in record
