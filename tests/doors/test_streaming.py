"""Bytes stream both ways as they come, are visible while they run, and memory stays bounded."""

from __future__ import annotations

import socket
import threading

from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.http import chunked
from tests.peers.origin import Call, Origin
from tests.peers.program import Wireglass, peak_memory
from tests.peers.waiting import wait_for

GIGABYTES_2 = 2 * 1024**3
PIECE = bytes(range(256)) * 4096
"""1 MiB."""
MEMORY = 250_000_000
"""Bytes of resident memory that each process may reach at most."""


def test_part_one_before_part_two(wireglass: Wireglass, origin: Origin) -> None:
    """The origin sends part two only when the client has received part one. Meanwhile the exchange is in the record as
    open, and its part one can be read there."""
    received = threading.Event()

    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        call.send(b"8\r\npart one\r\n")
        assert received.wait(20), "the client never received part one"
        call.send(chunked([b"part two"]))

    url = origin.on("/stream", script)
    with Client(wireglass.proxy) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        client.wire.head()
        got = b""
        while b"part one" not in got:
            got += client.wire.some()
        row = wireglass.row(url, "open")
        assert (row.status, row.type, row.duration_ms) == (200, "text/event-stream", None)
        wait_for(lambda: b"part one" in _so_far(wireglass, row.id), "part one in the record")
        received.set()
        while b"0\r\n\r\n" not in got:
            got += client.wire.some()
    row = wireglass.row(url)
    assert (row.state, row.response_size) == ("done", 16)
    assert wireglass.body(row.id, "response") == b"part onepart two"


def test_upload_streams(wireglass: Wireglass, origin: Origin) -> None:
    """The client sends part two only when the origin has received part one."""
    arrived = threading.Event()

    def script(call: Call) -> None:
        got = call.read_some()
        while b"part one" not in got:
            got += call.read_some()
        arrived.set()
        while b"0\r\n\r\n" not in got:
            got += call.read_some()
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    url = origin.on("/up", script)
    with Client(wireglass.proxy) as client:
        client.send(
            f"POST {url} HTTP/1.1\r\nHost: {origin.authority}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + b"8\r\npart one\r\n"
        )
        assert arrived.wait(20), "the origin never received part one"
        client.send(b"8\r\npart two\r\n0\r\n\r\n")
        assert client.answer("POST").status == 200
    assert wireglass.body(wireglass.row(url).id, "request") == b"part onepart two"


def test_back_pressure(wireglass: Wireglass, origin: Origin) -> None:
    """A client that does not read stops the origin within a few buffers; nothing piles up in between."""
    progress = 0
    done = threading.Event()

    def script(call: Call) -> None:
        nonlocal progress
        call.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 262_144)
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 * len(PIECE)))
        for _ in range(200):
            call.send_many(PIECE, 1)
            progress += len(PIECE)
        done.set()

    url = origin.on("/flood", script)
    with Client(wireglass.proxy, receive_buffer=65_536) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        client.wire.head()
        # The kernel's own buffers on loopback grow to some 6 MB for each of the two connections (tcp_rmem, tcp_wmem).
        stuck = _still(lambda: progress)
        assert stuck < 32 * len(PIECE), f"{stuck:,} bytes had left the origin while the client read nothing"
        assert not done.is_set()
        left = 200 * len(PIECE)
        while left > 0:
            left -= len(client.wire.some())
    assert done.wait(20)
    assert wireglass.row(url).response_size == 200 * len(PIECE)


def test_two_gigabytes_down(wireglass: Wireglass, origin: Origin) -> None:
    """A 2 GB download through both processes, kept whole, with the resident memory of each below 250 MB."""
    times = GIGABYTES_2 // len(PIECE)

    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTES_2)
        call.send_many(PIECE, times)

    url = origin.on("/two-gigabytes", script)
    buffer = bytearray(4 * len(PIECE))
    with Client(wireglass.proxy, timeout=120) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        client.wire.head()
        left = GIGABYTES_2 - len(client.wire.some())
        while left > 0:
            count = client.sock.recv_into(buffer)
            assert count, f"the end came {left:,} bytes early"
            left -= count
    row = wireglass.row(url)
    assert (row.state, row.response_size) == ("done", GIGABYTES_2)
    _assert_kept_whole(wireglass, row.id, "response")
    _assert_memory(wireglass, "download")


def test_two_gigabytes_up(wireglass: Wireglass, tls_origin: Origin, authority: Authority) -> None:
    """A 2 GB upload, over TLS on both sides, likewise."""
    total = 0

    def script(call: Call) -> None:
        nonlocal total
        while total < GIGABYTES_2:
            data = call.read_some()
            assert data, f"the end came {GIGABYTES_2 - total:,} bytes early"
            total += len(data)
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    url = tls_origin.on("/two-gigabytes-up", script)
    with Client(wireglass.proxy, timeout=240) as client:
        assert client.connect(tls_origin.authority).status == 200
        client.secure("localhost", wireglass.ca_path)
        client.send(
            b"PUT /two-gigabytes-up HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
            % (tls_origin.authority.encode(), GIGABYTES_2)
        )
        for _ in range(GIGABYTES_2 // len(PIECE)):
            client.send(PIECE)
        assert client.answer("PUT").status == 200
    assert total == GIGABYTES_2
    row = wireglass.row(url)
    assert (row.state, row.request_size) == ("done", GIGABYTES_2)
    _assert_kept_whole(wireglass, row.id, "request")
    _assert_memory(wireglass, "upload")


def _so_far(wireglass: Wireglass, number: int) -> bytes:
    data = wireglass.show(number)["response"]["body"]["data"]
    return data.encode() if data else b""


def _still(value: object) -> int:
    """The value when it has not changed over many looks."""
    assert callable(value)
    seen: list[int] = []

    def settled() -> bool:
        seen.append(value())
        return len(seen) > 12 and len(set(seen[-12:])) == 1

    wait_for(settled, "the origin to be held back", 30)
    return seen[-1]


def _assert_kept_whole(wireglass: Wireglass, number: int, side: str) -> None:
    """By its size and note: comparing two gigabytes again would take as long as the transfer."""
    body = wireglass.show(number)[side]["body"]
    assert (body["size"], body["kept"]) == (GIGABYTES_2, GIGABYTES_2), body


def _assert_memory(wireglass: Wireglass, what: str) -> None:
    for role, pids in wireglass.pids.items():
        for pid in pids:
            peak = peak_memory(pid)
            print(f"{what}: peak resident memory of the {role} process {peak / 1e6:.0f} MB")
            assert peak < MEMORY, f"{role} process reached {peak:,} bytes"
