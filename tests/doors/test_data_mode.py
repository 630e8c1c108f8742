"""The data mode of requests, as the record has it."""

from __future__ import annotations

import msgspec
from tests.peers.client import Client
from tests.peers.origin import Origin
from tests.peers.program import Wireglass


def test_it_says_what_kind_of_body_a_request_has(wireglass: Wireglass, origin: Origin) -> None:
    query = b'{"query": "query GetUser { user { id } }"}'
    asked = {
        "none": ("", b""),
        "empty": ("text/plain", b""),
        "raw": ("application/json; charset=utf-8", b'{"a": 1}'),
        "form": ("application/x-www-form-urlencoded", b"a=1"),
        "graphql": ("application/json", query),
        "binary": ("application/octet-stream", b"\x00\x01"),
    }
    with Client(wireglass.proxy) as client:
        for name, (type, body) in asked.items():
            lines = [f"POST {origin.url}/{name} HTTP/1.1", f"Host: {origin.url.partition('//')[2]}"]
            lines += [f"Content-Type: {type}"] * bool(type) + [f"Content-Length: {len(body)}"]
            client.send("\r\n".join([*lines, "", ""]).encode() + body)
            assert client.answer().status == 200
    for name, mode in {
        "none": None, "empty": None, "raw": "raw", "form": "urlencoded", "graphql": "graphql", "binary": "binary",
    }.items():  # fmt: skip
        row = wireglass.row(f"{origin.url}/{name}")
        assert wireglass.show(row.id)["mode"] == mode
    assert msgspec.json.decode(wireglass.ask("ls", "mode:graphql", "--json").splitlines()[-1])["url"].endswith(
        "graphql"
    )
