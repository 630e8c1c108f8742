"""tshark reads on the wire what the record says: for each protocol the decoded messages are the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
from tests.doors.conftest import Authority
from tests.peers import rpc
from tests.peers.client import client_context
from tests.peers.http2_origin import Http2Call, Http2Origin
from tests.peers.installed import installed
from tests.peers.program import Wireglass
from tests.peers.tshark import Capture
from tests.peers.websocket_echo import echo_server
from websockets.sync.client import connect


def port_of(wireglass: Wireglass) -> int:
    return int(wireglass.proxy.rpartition(":")[2])


def decode(wireglass: Wireglass, inside: int, protocol: str) -> tuple[str, ...]:
    """The proxy speaks HTTP, and behind CONNECT tshark goes by the port it names."""
    return (f"tcp.port=={port_of(wireglass)},http", f"tcp.port=={inside},{protocol}")


def curl(wireglass: Wireglass, keys: Path, *arguments: str) -> bytes:
    command: list[str | Path] = [
        installed("curl"),
        "-sS",
        "--http2",
        "--max-time",
        "60",
        "--noproxy",
        "",
        "--cacert",
        wireglass.ca_path,
    ]
    environment = {**os.environ, "SSLKEYLOGFILE": str(keys)}
    done = subprocess.run(
        [*command, "-x", f"http://{wireglass.proxy}", *arguments], capture_output=True, timeout=90, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def messages(wireglass: Wireglass, id: int) -> list[Any]:
    lines = wireglass.ask("show", str(id), "--messages", "--json").splitlines()
    return [msgspec.json.decode(line) for line in lines]


def all_of(rows: list[dict[str, list[str]]], name: str) -> list[str]:
    return [value for row in rows for value in row.get(name, [])]


def _has_data(row: dict[str, list[str]]) -> bool:
    """Where a stream ends with an empty DATA frame of its own, tshark tells all of its body again."""
    return any(
        kind == "0" and length != "0" for kind, length in zip(row["http2.type"], row["http2.length"], strict=True)
    )


def test_http2(wireglass: Wireglass, authority: Authority, tmp_path: Path) -> None:
    keys, asked = tmp_path / "keys", b"what is asked" * 300
    (tmp_path / "asked").write_bytes(asked)
    with Http2Origin(authority.server_context()) as origin:
        url = f"https://localhost:{origin.port}/tshark?a=b"
        with Capture(tmp_path, port_of(wireglass)) as capture:
            answer = curl(wireglass, keys, "--data-binary", f"@{tmp_path / 'asked'}", url)
        rows = capture.fields(
            "http2.headers.method",
            "http2.headers.path",
            "http2.headers.status",
            "http2.data.data",
            "http2.type",
            "http2.length",
            keys=keys,
            decode=decode(wireglass, origin.port, "tls"),
        )
    row = wireglass.row(url)
    assert all_of(rows, "http2.headers.method") == [row.method] == ["POST"]
    assert all_of(rows, "http2.headers.path") == ["/tshark?a=b"]
    assert all_of(rows, "http2.headers.status") == [str(row.status)]
    passed = b"".join(map(bytes.fromhex, all_of([row for row in rows if _has_data(row)], "http2.data.data")))
    assert passed == wireglass.body(row.id, "request") + wireglass.body(row.id, "response") == asked + answer


def test_websocket(wireglass: Wireglass, authority: Authority, tmp_path: Path) -> None:
    keys, said = tmp_path / "keys", ["hello", "grüße 🦊", "x" * 70_000]
    context = client_context(wireglass.ca_path)
    context.keylog_filename = str(keys)
    with echo_server(authority.server_context(), compression=None) as server:
        with Capture(tmp_path, port_of(wireglass)) as capture:
            proxy = f"http://{wireglass.proxy}"
            with connect(server.uri, ssl=context, proxy=proxy, compression=None, ping_interval=None) as client:
                for text in said:
                    client.send(text)
                    assert client.recv() == text
                client.send(b"\x00\xff binary")
                assert client.recv() == b"\x00\xff binary"
        row = wireglass.row(f"{server.url}/")
        rows = capture.fields(
            "websocket.opcode",
            "websocket.mask",
            "websocket.payload",
            keys=keys,
            decode=decode(wireglass, server.port, "tls"),
        )
    kinds = {"1": "text", "2": "binary", "8": "close"}
    theirs = [
        (kinds[code], "request" if mask in ("1", "True") else "response")
        for code, mask in zip(all_of(rows, "websocket.opcode"), all_of(rows, "websocket.mask"), strict=True)
    ]
    ours = messages(wireglass, row.id)
    assert [(one["kind"], one["side"]) for one in ours] == theirs
    assert len(theirs) == 2 * (len(said) + 2)
    assert [one["text"] for one in ours if one["kind"] == "text"] == [text for text in said for _ in range(2)]


def test_server_sent_events(wireglass: Wireglass, authority: Authority, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    events = [f"event: tick\nid: {number}\ndata: number {number}\n\n" for number in range(20)]

    def script(call: Http2Call) -> None:
        call.head((b"content-type", b"text/event-stream"))
        for event in events:
            call.send(event.encode())
        call.send(b"", end=True)

    with Http2Origin(authority.server_context()) as origin:
        url = f"https://localhost:{origin.port}/events"
        origin.on_stream("/events", script)
        with Capture(tmp_path, port_of(wireglass)) as capture:
            curl(wireglass, keys, "-N", url)
        rows = capture.fields("http2.data.data", keys=keys, decode=decode(wireglass, origin.port, "tls"))
    # In place of the last frame's data tshark gives the body put together.
    *pieces, whole = map(bytes.fromhex, all_of(rows, "http2.data.data"))
    assert pieces and whole.startswith(b"".join(pieces))
    passed = whole.decode()
    assert passed == "".join(events)
    ours = messages(wireglass, wireglass.row(url).id)
    theirs = [dict(line.split(": ", 1) for line in event.splitlines()) for event in passed.split("\n\n")[:-1]]
    assert [(one["kind"], one["fields"]["event"], one["fields"]["id"], one["text"]) for one in ours] == [
        ("event", event["event"], event["id"], event["data"]) for event in theirs
    ]


def test_grpc(wireglass: Wireglass, tmp_path: Path) -> None:
    server = rpc.Server(None)
    try:
        with Capture(tmp_path, port_of(wireglass)) as capture, rpc.Client(server.port, wireglass.proxy, None) as client:
            asked = rpc.request(text="many", count=7)
            answers = list(client.server_stream(asked, timeout=20))
        rows = capture.fields("grpc.message_length", decode=decode(wireglass, server.port, "http2"))
    finally:
        server.stop()
    row = wireglass.row(f"http://127.0.0.1:{server.port}/{rpc.SERVICE}/ServerStream")
    sizes = [one.ByteSize() for one in [asked, *answers]]
    assert [one["size"] for one in messages(wireglass, row.id)] == sizes
    assert list(map(int, all_of(rows, "grpc.message_length"))) == sizes
