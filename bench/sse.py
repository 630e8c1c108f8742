"""Server-sent events: how much later each comes through a proxy, with ``STREAMS`` streams at the same time.

Each event says when it was sent, by the clock that all processes of a machine share; so a delay is a difference of two
readings of it. What a proxy adds is its percentile less that of no proxy.
"""

from __future__ import annotations

import multiprocessing
import select
import socket
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

STREAMS = 100
EVERY = 0.1
"""Seconds between two events of a stream; the streams take turns, so that one event is sent each millisecond."""
_PIECE = 65_536
_SILENCE = 20.0
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


class Events(msgspec.Struct):
    """One tool. Milliseconds from sending an event to having it."""

    tool: str
    p50: float
    p99: float
    count: int

    def line(self) -> str:
        return f"{STREAMS} event streams: delay p50 {self.p50:.3f} ms, p99 {self.p99:.3f} ms ({self.count:,} events)"


def measure(tool: str, proxy: int, origin: int, seconds: float, warm_up: float) -> Events:
    """Through ``proxy`` (0: directly) to the origin on port ``origin``."""
    epoll = select.epoll()
    streams = {}
    for number in range(STREAMS):
        sock = socket.create_connection(("127.0.0.1", proxy or origin), _SILENCE)
        target = f"http://127.0.0.1:{origin}/events/{number}" if proxy else f"/events/{number}"
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{origin}\r\n\r\n".encode())
        streams[sock.fileno()] = sock, bytearray()
        epoll.register(sock.fileno(), select.EPOLLIN)
    delays: array[float] = array("d")
    begun = time.monotonic() + warm_up
    while (now := time.monotonic()) < begun + seconds:
        events = epoll.poll(_SILENCE)
        if not events:
            raise RuntimeError(f"no event came in {_SILENCE:g} s")
        for descriptor, _ in events:
            sock, held = streams[descriptor]
            data = sock.recv(_PIECE)
            came = time.monotonic_ns()
            if not data:
                raise RuntimeError("a stream was closed")
            held += data
            while (end := held.find(b"\n\n")) >= 0:
                event = bytes(held[:end])
                del held[: end + 2]
                if now >= begun:
                    delays.append((came - int(event[event.rindex(b"data: ") + 6 :])) / 1e6)
    for sock, _ in streams.values():
        sock.close()
    epoll.close()
    ordered = sorted(delays)
    if not ordered:
        raise RuntimeError("no event came after the warm-up")
    return Events(tool, ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], len(ordered))


@contextmanager
def event_origin() -> Iterator[int]:
    """A process that sends events to whoever asks; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2 * STREAMS)
    process = multiprocessing.get_context("fork").Process(target=_send_events, args=(listener,), daemon=True)
    process.start()
    port = listener.getsockname()[1]
    listener.close()
    try:
        yield port
    finally:
        process.kill()
        process.join()


def _send_events(listener: socket.socket) -> None:
    """One loop: accept and answer what has come, then the next stream's event when its time is there."""
    epoll = select.epoll()
    epoll.register(listener.fileno(), select.EPOLLIN)
    asking: dict[int, socket.socket] = {}
    streams: list[socket.socket] = []
    turn, due = 0, time.monotonic()
    while True:
        now = time.monotonic()
        if now >= due:
            due = max(due + EVERY / STREAMS, now - EVERY)
            if streams:
                turn = (turn + 1) % len(streams)
                event = b"data: %d\n\n" % time.monotonic_ns()
                try:
                    streams[turn].sendall(b"%x\r\n%b\r\n" % (len(event), event))
                except ConnectionError:
                    streams.pop(turn).close()
            continue
        for descriptor, _ in epoll.poll(due - now):
            if descriptor == listener.fileno():
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                asking[sock.fileno()] = sock
                epoll.register(sock.fileno(), select.EPOLLIN)
                continue
            epoll.unregister(descriptor)
            sock = asking.pop(descriptor)
            try:
                if sock.recv(_PIECE):
                    sock.sendall(_HEAD)
                    streams.append(sock)
            except ConnectionError:
                sock.close()
