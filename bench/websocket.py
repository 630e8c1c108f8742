"""WebSocket messages a second: small ones, echoed, over several connections.

The client and the echo are raw sockets with frames made beforehand, all of one size: a message costs them about as much
as its system calls. Each connection has ``_UNDER_WAY`` messages under way, sent as their echoes come.
"""

from __future__ import annotations

import multiprocessing
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

WANTED = 5.0
"""Times mitmdump."""
CONNECTIONS = 16
_UNDER_WAY = 8
_PAYLOAD = b'{"type":"update","id":12345,"value":"0123456789abcdef","on":1}'
_KEY = b"\x37\xfa\x21\x3d"
_FROM_SERVER = bytes([0x81, len(_PAYLOAD)]) + _PAYLOAD
_FROM_CLIENT = (
    bytes([0x81, 0x80 | len(_PAYLOAD)]) + _KEY + bytes(byte ^ _KEY[at % 4] for at, byte in enumerate(_PAYLOAD))
)
_PIECE = 262_144
_SILENCE = 20.0

# The accept value is the one of RFC 6455 1.3 for this key.
_ASK = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


class Messages(msgspec.Struct):
    """One tool."""

    tool: str
    rate: float
    """Messages a second, both directions together."""

    def line(self) -> str:
        return f"{self.rate:,.0f} WebSocket messages/s"


def measure(tool: str, proxy: int, echo: int, seconds: float, warm_up: float) -> Messages:
    """Through ``proxy`` (0: directly) to the echo on port ``echo``."""
    epoll = select.epoll()
    connections = {sock.fileno(): sock for sock in (_switched(proxy, echo) for _ in range(CONNECTIONS))}
    held = dict.fromkeys(connections, 0)
    """Bytes of the frame that has not come as a whole."""
    for descriptor, sock in connections.items():
        sock.sendall(_FROM_CLIENT * _UNDER_WAY)
        epoll.register(descriptor, select.EPOLLIN)
    frame = len(_FROM_SERVER)
    begun = time.perf_counter() + warm_up
    count, counting, now = 0, False, 0.0
    while True:
        events = epoll.poll(_SILENCE)
        now = time.perf_counter()
        if not events:
            raise RuntimeError(f"no echo came in {_SILENCE:g} s")
        if now >= begun and not counting:
            begun, count, counting = now, 0, True
        if counting and now - begun >= seconds:
            break
        for descriptor, _ in events:
            data = connections[descriptor].recv(_PIECE)
            if not data:
                raise RuntimeError("a connection was closed")
            whole, held[descriptor] = divmod(held[descriptor] + len(data), frame)
            if whole:
                count += whole
                connections[descriptor].sendall(_FROM_CLIENT * whole)
    for sock in connections.values():
        sock.close()
    epoll.close()
    return Messages(tool, 2 * count / (now - begun))


def _switched(proxy: int, echo: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", proxy or echo), _SILENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(_ASK % (b"http://127.0.0.1:%d/echo" % echo if proxy else b"/echo", echo))
    head = b""
    while b"\r\n\r\n" not in head:
        piece = sock.recv(_PIECE)
        assert piece, f"closed inside {head!r}"
        head += piece
    assert head.startswith(b"HTTP/1.1 101") and head.endswith(b"\r\n\r\n"), head
    return sock


@contextmanager
def echo_origin() -> Iterator[int]:
    """A process that echoes; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    process = multiprocessing.get_context("fork").Process(target=_echo, args=(listener,), daemon=True)
    process.start()
    port = listener.getsockname()[1]
    listener.close()
    try:
        yield port
    finally:
        process.kill()
        process.join()


def _echo(listener: socket.socket) -> None:
    epoll = select.epoll()
    epoll.register(listener.fileno(), select.EPOLLIN)
    clients: dict[int, tuple[socket.socket, list[int]]] = {}
    frame = len(_FROM_CLIENT)
    while True:
        for descriptor, _ in epoll.poll():
            if descriptor == listener.fileno():
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[sock.fileno()] = sock, [-1]
                epoll.register(sock.fileno(), select.EPOLLIN)
                continue
            sock, state = clients[descriptor]
            try:
                data = sock.recv(_PIECE)
                if not data:
                    raise ConnectionResetError
                if state[0] < 0:  # the head, which comes at once
                    assert data.endswith(b"\r\n\r\n"), data
                    state[0] = 0
                    sock.sendall(_ANSWER)
                    continue
                whole, state[0] = divmod(state[0] + len(data), frame)
                if whole:
                    sock.sendall(_FROM_SERVER * whole)
            except ConnectionError:
                epoll.unregister(descriptor)
                clients.pop(descriptor)[0].close()
