"""Server-sent events and JSON lines through the running program: passed on at once, shown one by one while they run."""

from __future__ import annotations

import threading
import zlib
from typing import Any

import msgspec
import pytest
from tests.peers.client import Client
from tests.peers.http import chunked
from tests.peers.origin import Call, Origin
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%bTransfer-Encoding: chunked\r\n\r\n"


def messages(wireglass: Wireglass, number: int) -> list[dict[str, Any]]:
    lines = wireglass.ask("show", str(number), "--messages", "--json").splitlines()
    return [msgspec.json.decode(line) for line in lines]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("type", "parts", "texts"),
    [
        ("text/event-stream", [b"event: add\ndata: one\n\n", b"data: two\n\n"], ["one", "two"]),
        ("application/x-ndjson", [b'{"a":1}\n', b'{"b":2}\n'], ['{"a":1}', '{"b":2}']),
        ("application/json-seq", [b"\x1e[1]\n\x1e", b"[2]\n"], ["[1]", "[2]"]),
    ],
    ids=["events", "lines", "sequence"],
)
def test_each_message_is_there_before_the_next_one(
    wireglass: Wireglass, origin: Origin, type: str, parts: list[bytes], texts: list[str], packed: bool
) -> None:
    packer = zlib.compressobj(wbits=31)
    sent = [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts] if packed else parts
    seen = threading.Event()

    def script(call: Call) -> None:
        call.send(HEAD % (type.encode(), b"Content-Encoding: gzip\r\n" if packed else b"") + chunk(sent[0]))
        assert seen.wait(20), "the first message never came to the record"
        call.send(chunked([sent[1] + (packer.flush() if packed else b"")]))

    url = origin.on("/stream", script)
    with Client(wireglass.proxy) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        client.wire.head()
        got = client.wire.some()
        row = wireglass.row(url, "open")
        (first,) = wait_for(lambda: messages(wireglass, row.id), "the first message of an open stream")
        assert (first["side"], first["text"]) == ("response", texts[0])
        people = wireglass.ask("show", str(row.id)).decode()
        assert "Messages" in people and "--follow" in people
        seen.set()
        while b"0\r\n\r\n" not in got:
            got += client.wire.some()
    wireglass.row(url)
    found = messages(wireglass, row.id)
    assert [one["text"] for one in found] == texts
    assert found[0]["time"] < found[1]["time"] and all(one["note"] is None for one in found)
    assert found[0] == first


def test_lines_that_a_client_sends(wireglass: Wireglass, origin: Origin) -> None:
    def script(call: Call) -> None:
        got = b""
        while b"0\r\n\r\n" not in got:
            got += call.read_some()
        call.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    url = origin.on("/up", script)
    with Client(wireglass.proxy) as client:
        client.send(
            f"POST {url} HTTP/1.1\r\nHost: {origin.authority}\r\nContent-Type: application/x-ndjson\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
            + chunk(b'{"a":1}\n{"b"')
        )
        row = wireglass.row(url, "open")
        wait_for(lambda: len(messages(wireglass, row.id)) == 1, "the first line of an open upload")
        client.send(chunked([b":2}\n"]))
        assert client.answer("POST").status == 204
    wireglass.row(url)
    found = messages(wireglass, row.id)
    assert [(one["side"], one["kind"], one["text"]) for one in found] == [
        ("request", "line", '{"a":1}'),
        ("request", "line", '{"b":2}'),
    ]
    assert found[0]["time"] < found[1]["time"]
