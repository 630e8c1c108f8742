"""WebSocket through the running program; client and server are those of ``websockets``."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import pytest
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for
from tests.peers.websocket_echo import EchoServer, echo_server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

Compression = Literal["deflate"] | None


@pytest.fixture(scope="module")
def plain() -> Iterator[EchoServer]:
    with echo_server() as server:
        yield server


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[EchoServer]:
    with echo_server(authority.server_context("localhost")) as server:
        yield server


def through(
    wireglass: Wireglass, server: EchoServer, path: str, compression: Compression = "deflate"
) -> ClientConnection:
    """A client that goes through the proxy, by CONNECT."""
    context = ssl.create_default_context(cafile=str(wireglass.ca_path)) if server.uri.startswith("wss") else None
    return connect(
        server.uri + path,
        proxy=f"http://{wireglass.proxy}",
        ssl=context,
        compression=compression,
        max_size=None,
        ping_interval=None,
    )


def messages(wireglass: Wireglass, number: int) -> list[dict[str, Any]]:
    lines = wireglass.ask("show", str(number), "--messages", "--json").splitlines()
    return [msgspec.json.decode(line) for line in lines]


def told(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["side"], one["kind"], one["text"] if "text" in one else one["base64"]) for one in found]


@pytest.mark.parametrize("kind", ["plain", "secure"])
@pytest.mark.parametrize("compression", ["deflate", None])
def test_messages_are_recorded(
    wireglass: Wireglass, kind: str, compression: Compression, request: pytest.FixtureRequest
) -> None:
    server: EchoServer = request.getfixturevalue(kind)
    path = f"/{kind}/{compression}"
    with through(wireglass, server, path, compression) as client:
        for message in ("hello", b"\x00\xff", "", "größe " * 100):
            client.send(message)
            assert client.recv() == message
        client.close(4001, "enough")
    row = wireglass.row(server.url + path)
    assert (row.state, row.status, row.protocol) == ("done", 101, "websocket")
    found = messages(wireglass, row.id)
    expected = []
    for text in ("hello", "AP8=", "", "größe " * 100):
        name = "binary" if text == "AP8=" else "text"
        expected += [("request", name, text), ("response", name, text)]
    assert told(found[:-2]) == expected
    assert [(one["side"], one["fields"]["code"], one["fields"]["reason"]) for one in found[-2:]] == [
        ("request", "4001", "enough"),
        ("response", "4001", "enough"),
    ]
    assert all(one["note"] is None and one["time"] for one in found)
    assert [one["time"] for one in found] == sorted(one["time"] for one in found)
    assert ("compressed" in found[6]["fields"]) is (compression is not None)
    shown = wireglass.show(row.id)
    assert shown["request"]["body"]["kept"] == row.request_size > 0
    assert shown["response"]["body"]["kept"] == row.response_size > 0


def test_messages_are_visible_while_it_is_open(wireglass: Wireglass, plain: EchoServer) -> None:
    with through(wireglass, plain, "/open") as client:
        client.send("first")
        assert client.recv() == "first"
        row = wireglass.row(plain.url + "/open", "open")
        assert (row.status, row.protocol, row.duration_ms) == (101, "websocket", None)
        expected = [("request", "text", "first"), ("response", "text", "first")]
        wait_for(lambda: told(messages(wireglass, row.id)) == expected, "both messages of an open connection")
        client.send("second")
        assert client.recv() == "second"
        wait_for(lambda: len(messages(wireglass, row.id)) == 4, "the next two")
        people = wireglass.ask("show", str(row.id)).decode()
        assert "→ text" in people and "first" in people and "--follow" in people
    assert wireglass.row(plain.url + "/open").state == "done"


def test_follow_shows_each_message_and_ends_with_the_connection(wireglass: Wireglass, plain: EchoServer) -> None:
    with through(wireglass, plain, "/follow") as client:
        row = wireglass.row(plain.url + "/follow", "open")
        with _following(wireglass, row.id) as follower:
            for text in ("one", "two"):
                client.send(text)
                assert client.recv() == text
                found = [_next(follower), _next(follower)]
                assert told(found) == [("request", "text", text), ("response", "text", text)]
            client.close()
            assert [_next(follower)["kind"], _next(follower)["kind"]] == ["close", "close"]
            assert follower.wait(20) == 0


def test_ctrl_c_ends_follow(wireglass: Wireglass, plain: EchoServer) -> None:
    with through(wireglass, plain, "/interrupted") as client:
        row = wireglass.row(plain.url + "/interrupted", "open")
        with _following(wireglass, row.id) as follower:
            client.send("x")
            assert _next(follower)["text"] == "x"
            os.killpg(follower.pid, signal.SIGINT)
            assert follower.wait(20) == 0
            assert follower.stderr is not None and follower.stderr.read() == b""


def _following(wireglass: Wireglass, number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, "show", str(number), "--follow", "--json", "--home", wireglass.home],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


def _next(follower: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert follower.stdout is not None
    found: dict[str, Any] = msgspec.json.decode(follower.stdout.readline())
    return found


def test_fragments_and_pings(wireglass: Wireglass, plain: EchoServer) -> None:
    with through(wireglass, plain, "/chat") as client:
        client.send(["one ", "two ", "three"])
        assert client.recv() == "one two three"
        assert client.ping(b"still there?").wait(20)
    found = messages(wireglass, wireglass.row(plain.url + "/chat").id)
    whole = next(one for one in found if one["kind"] == "text" and one["side"] == "request")
    assert (whole["text"], whole["fields"]["frames"]) == ("one two three", "4")
    assert {(one["side"], one["kind"], one["text"]) for one in found if one["kind"] in ("ping", "pong")} == {
        ("response", "ping", "are you there?"),
        ("request", "pong", "are you there?"),
        ("request", "ping", "still there?"),
        ("response", "pong", "still there?"),
    }


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_close_codes_of_the_server(wireglass: Wireglass, plain: EchoServer, code: int) -> None:
    path = f"/close/{code}"
    with through(wireglass, plain, path) as client:
        client.send("bye")
        assert client.recv() == "bye"
        with pytest.raises(ConnectionClosed) as end:
            client.recv()
        assert end.value.rcvd is not None and (end.value.rcvd.code, end.value.rcvd.reason) == (code, "as you asked")
    found = messages(wireglass, wireglass.row(plain.url + path).id)
    closes = [(one["side"], one["fields"]["code"]) for one in found if one["kind"] == "close"]
    assert closes == [("response", str(code)), ("request", str(code))]


@pytest.mark.parametrize("compression", ["deflate", None])
def test_a_megabyte(wireglass: Wireglass, secure: EchoServer, compression: Compression) -> None:
    path, data = f"/megabyte/{compression}", os.urandom(500_000) + bytes(500_000)
    with through(wireglass, secure, path, compression) as client:
        client.send(data)
        assert client.recv() == data
    found = messages(wireglass, wireglass.row(secure.url + path).id)
    assert [(one["side"], one["kind"], one["size"]) for one in found[:2]] == [
        ("request", "binary", 1_000_000),
        ("response", "binary", 1_000_000),
    ]


def test_a_client_that_is_killed(wireglass: Wireglass, plain: EchoServer) -> None:
    """Its reset ends the exchange as failed, with all messages before it."""
    with _by_hand(wireglass, plain, "/killed") as client:
        client.send(b"\x81\x84\0\0\0\0last")
        assert client.wire.some() == b"\x81\x04last"
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    row = wireglass.row(plain.url + "/killed")
    assert (row.state, row.error_kind) == ("failed", "client_closed")
    assert told(messages(wireglass, row.id)) == [("request", "text", "last"), ("response", "text", "last")]


def test_what_is_no_websocket_passes_byte_for_byte(wireglass: Wireglass, plain: EchoServer) -> None:
    """The server ends the connection for it with 1002; the record shows the bytes and why they are no frame."""
    garbage = b"\xf3\x84\x00\x00\x00\x00abcd"
    with _by_hand(wireglass, plain, "/garbage") as client:
        client.send(garbage)
        assert client.wire.some()[2:4] == b"\x03\xea"
    row = wireglass.row(plain.url + "/garbage")
    lost = next(one for one in messages(wireglass, row.id) if one["side"] == "request")
    assert lost["kind"] == "binary" and "no WebSocket frame" in lost["note"]
    assert wireglass.body(row.id, "request") == garbage


def _by_hand(wireglass: Wireglass, server: EchoServer, path: str) -> Client:
    """A client of raw bytes that has switched."""
    client = Client(wireglass.proxy)
    client.send(
        f"GET {server.url}{path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert client.wire.head().status == 101
    return client


def test_ls_names_the_protocol_and_counts_both_directions(wireglass: Wireglass, plain: EchoServer) -> None:
    with through(wireglass, plain, "/listed", None) as client:
        client.send(bytes(5_000))
        assert client.recv() == bytes(5_000)
    wireglass.row(plain.url + "/listed")
    (line,) = [line for line in wireglass.ask("ls").decode().splitlines() if "/listed" in line]
    assert "101" in line and "websocket" in line and "10.0 kB" in line


def test_an_exchange_without_messages(wireglass: Wireglass) -> None:
    done = subprocess.run(
        [COMMAND, "show", "999999", "--messages", "--home", wireglass.home], capture_output=True, timeout=60
    )
    assert done.returncode == 1 and b"no exchange 999999" in done.stderr
