"""A server that says exactly what a test tells it to, and keeps every byte it received and sent: the witness.

    with Origin() as origin:
        origin.on("/hello", lambda call: call.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi"))

A script gets the ``Call`` when the request's head has been read; it reads the body when it wants to, sends what it
wants in as many pieces as it wants, waits for events of the test, closes or resets.
"""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Callable

from tests.peers.http import Ended, Message, Wire, chunked
from tests.peers.threads import ThreadedServer


class Call:
    """One request at the origin, and the way to answer it."""

    def __init__(self, sock: socket.socket, wire: Wire, request: Message, connection: int) -> None:
        self.sock = sock
        self.request = request
        self.connection = connection
        """Counts the origin's connections from 1."""
        self.sent = bytearray()
        self.sent_bytes = 0
        self.answered = 0.0
        """Unix time when the script had ended."""
        self.body_read = False
        self.open = True
        self._wire = wire

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.request.target.split("?")[0]

    def read_body(self) -> bytes:
        if not self.body_read:
            self._wire.body(self.request)
            self.body_read = True
        return self.request.body

    def read_some(self) -> bytes:
        """What is there of the body, framing included, for scripts that take their time."""
        self.body_read = True
        return self._wire.some()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)
        self.sent += data
        self.sent_bytes += len(data)

    def send_many(self, piece: bytes, times: int) -> None:
        """Send without keeping a copy."""
        for _ in range(times):
            self.sock.sendall(piece)
            self.sent_bytes += len(piece)

    def close(self) -> None:
        """The end of this connection, in order."""
        self.open = False

    def reset(self) -> None:
        """The end of this connection as a crash looks like: RST."""
        self.open = False
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Script = Callable[[Call], None]


class Origin(ThreadedServer):
    """Each connection has a thread."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.host = host
        self.calls: list[Call] = []
        """In the order the heads came."""
        self.connections = 0
        self.default: Script = echo
        """Answers every path that has no script of its own."""
        self._scripts: dict[str, Script] = {}
        self._tls = tls
        super().__init__(host)
        shown = f"[{host}]" if ":" in host else host
        self.authority = f"{shown}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.authority}"
        self._spawn(self._accept)

    def on(self, path: str, script: Script) -> str:
        """Answer ``path`` by ``script``; the whole URL."""
        self._scripts[path] = script
        return self.url + path

    def call(self, path: str) -> Call:
        """The only call of ``path`` so far."""
        [call] = self.calls_of(path)
        return call

    def calls_of(self, path: str) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.path == path]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._sockets.add(sock)
                number = self.connections
            self._spawn(self._serve, sock, number)

    def _serve(self, raw: socket.socket, number: int) -> None:
        sock = raw
        try:
            # Without it the second of two small sends waits for an acknowledgement (Nagle).
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(raw, server_side=True)
                with self._lock:
                    self._sockets.discard(raw)
                    self._sockets.add(sock)
            wire = Wire(lambda: sock.recv(65_536))
            while True:
                if not self._answer(sock, wire, number):
                    break
        except (Ended, OSError):
            pass  # the proxy went away, which is its right; what it did before is in the log
        except BaseException as error:
            self.faults.append(error)
        finally:
            with self._lock:
                self._sockets.discard(sock)
            sock.close()

    def _answer(self, sock: socket.socket, wire: Wire, number: int) -> bool:
        """Whether the connection goes on."""
        call = Call(sock, wire, wire.head(), number)
        with self._lock:
            self.calls.append(call)
        self._scripts.get(call.path, self.default)(call)
        call.answered = time.time()
        if call.open and not call.body_read:
            call.read_body()
        return call.open


def echo(call: Call) -> None:
    """The request's target and body come back: unique where the target is."""
    body = call.request.target.encode("latin-1") + b"\n" + call.read_body()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    call.send(head if call.request.start.startswith(b"HEAD ") else head + body)


def say(*pieces: bytes, close: bool = False) -> Script:
    """Read the request whole, then send the pieces as they are."""

    def script(call: Call) -> None:
        call.read_body()
        for piece in pieces:
            call.send(piece)
        if close:
            call.close()

    return script


def fixed(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> Script:
    """A body with Content-Length; ``lines`` are more header lines."""
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *lines]
    return say(b"\r\n".join(head) + b"\r\n\r\n" + body)


def in_chunks(pieces: list[bytes], trailers: list[tuple[bytes, bytes]] | None = None, *lines: bytes) -> Script:
    head = [b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *lines]
    return say(b"\r\n".join(head) + b"\r\n\r\n", chunked(pieces, trailers))
