"""One client at a time: how fast a large download passes, and how much later its first byte comes.

Blocking sockets, one connection, kept; the same requests directly and through a proxy.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.origin import BIG, Nginx

_PIECE = 262_144
_WARM_UP = 200
_TIMEOUT = 120.0


@dataclass
class Download:
    megabytes_per_second: float
    first_byte_ms: float


@dataclass
class FirstByte:
    p50_ms: float
    p99_ms: float


class Client:
    """A connection to the origin, through ``proxy`` if it is not 0."""

    def __init__(self, proxy: int, server: Nginx, *, tls: bool) -> None:
        port = server.tls if tls else server.plain
        self._host = b"127.0.0.1:%d" % port
        self._absolute = b"http://" + self._host if proxy and not tls else b""
        sock = socket.create_connection(("127.0.0.1", proxy or port), _TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            if proxy:
                sock.sendall(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (self._host, self._host))
                answer = sock.recv(_PIECE)
                assert b" 200 " in answer, answer
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            sock = context.wrap_socket(sock, server_hostname="localhost")
        self._sock = sock

    def get(self, path: bytes) -> Iterator[bytes]:
        """The pieces of the body; the first one as soon as the head has come, empty if no body came with it."""
        self._sock.sendall(b"GET %b%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (self._absolute, path, self._host))
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._more()
        head, _, first = head.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        left = int(head.lower().partition(b"content-length:")[2].split()[0]) - len(first)
        yield first
        while left > 0:
            piece = self._more()
            left -= len(piece)
            yield piece

    def _more(self) -> bytes:
        piece = self._sock.recv(_PIECE)
        assert piece, "closed inside an answer"
        return piece

    def close(self) -> None:
        self._sock.close()


def download(proxy: int, server: Nginx, *, tls: bool, times: int) -> Download:
    """The median over ``times`` downloads of the big file, each compared by size, the last one byte for byte."""
    client = Client(proxy, server, tls=tls)
    rates, firsts = [], []
    for number in range(times):
        digest = hashlib.sha256()
        size = 0
        begun = time.perf_counter()
        first = 0.0
        for piece in client.get(b"/-/big"):
            first = first or time.perf_counter() - begun
            size += len(piece)
            if number == times - 1:
                digest.update(piece)
        rates.append(size / 1e6 / (time.perf_counter() - begun))
        firsts.append(first * 1000)
        assert size == BIG, f"{size} of {BIG} bytes came"
    assert digest.digest() == server.big, "other bytes came"
    client.close()
    return Download(median(rates[:-1]), median(firsts))


def first_byte(proxy: int, server: Nginx, *, tls: bool, times: int) -> FirstByte:
    """Milliseconds from a request to the first byte of its response, on a kept connection that is used already."""
    client = Client(proxy, server, tls=tls)
    taken = []
    for number in range(_WARM_UP + times):
        begun = time.perf_counter()
        pieces = client.get(b"/first/%d" % number)
        next(pieces)
        taken.append(time.perf_counter() - begun)
        for _ in pieces:
            pass
    client.close()
    taken = sorted(taken[_WARM_UP:])
    return FirstByte(1000 * taken[len(taken) // 2], 1000 * taken[int(len(taken) * 0.99)])
