"""A client that sends without end, and what becomes of it."""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.peers.http2 import Code
from tests.peers.http2_client import Http2Client

_STALLED = 3.0
"""Seconds without a byte taken after which the other side has stopped reading."""
_PIECE = 65_536


@dataclass
class End:
    """How a flood ended."""

    frames: int
    """How many were sent."""
    goaway: Code | None
    closed: bool
    stalled: bool
    """The other side takes no more: what there is stays with the sender."""

    @property
    def stopped(self) -> bool:
        return self.closed or self.goaway is not None


def flood(client: Http2Client, frames: Iterator[bytes], *, reads: bool = True) -> End:
    """Sends until the other side ends it or ``frames`` does. ``reads`` False: answers are left where they are, until
    nothing more can be sent."""
    sock = client.sock
    sock.setblocking(False)
    count, pending, stalled, closed = 0, b"", False, False
    moved = time.monotonic()
    try:
        while not closed and client.goaway is None:
            while len(pending) < _PIECE and (more := next(frames, None)) is not None:
                pending += more
                count += 1
            if not pending:
                break
            select.select([sock] if reads else [], [sock], [], 0.1)
            sent = _send(sock, pending)
            if sent is None:
                closed = True
            elif sent:
                pending = pending[sent:]
                moved = time.monotonic()
            elif time.monotonic() - moved > _STALLED:
                stalled = True
                break
            if reads and not closed:
                closed = not _take(client)
    finally:
        sock.settimeout(20)
    if stalled or closed or client.goaway is not None or not reads:
        # The last words are still there to read.
        sock.settimeout(_STALLED)
        try:
            while client.goaway is None and client.step():
                pass
        except TimeoutError:
            pass
        closed = closed or client.closed
        sock.settimeout(20)
    return End(count, Code(client.goaway.error_code) if client.goaway is not None else None, closed, stalled)


def _send(sock: object, data: bytes) -> int | None:
    """None when the connection has ended."""
    assert isinstance(sock, ssl.SSLSocket)
    try:
        return sock.send(data)
    except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
        return 0
    except OSError:
        return None


def _take(client: Http2Client) -> bool:
    """Everything that is there; False at the end."""
    while True:
        try:
            if not client.step():
                return False
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
