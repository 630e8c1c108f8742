"""Back-pressure: who may read from a socket."""

from __future__ import annotations

import asyncio

PEER_BLOCKED = 1
"""The connection that the bytes go to takes no more."""
RECORD_FULL = 2
"""The recording budget is used up."""
WAITING = 4
"""There is nobody yet to give the bytes to."""


class ReadGate:
    """Reading stops while any reason holds. One gate per transport, and nobody else pauses or resumes it."""

    __slots__ = ("_reasons", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reasons = 0

    def hold(self, reason: int) -> None:
        if not self._reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons |= reason

    def release(self, reason: int) -> None:
        if self._reasons & reason:
            self._reasons &= ~reason
            if not self._reasons and not self._transport.is_closing():
                self._transport.resume_reading()


def unsent(transport: asyncio.Transport) -> int:
    """Bytes that the other side has not taken yet."""
    return 0 if transport.is_closing() else transport.get_write_buffer_size()
