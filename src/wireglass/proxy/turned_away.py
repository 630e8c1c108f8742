"""Clients above the limit: each is answered 503 once it has asked, all of a second are one line in the record."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from wireglass.errors import LimitReached
from wireglass.model import Detail, Exchange, Summary
from wireglass.net import address_of
from wireglass.proxy.answers import error_answer

if TYPE_CHECKING:
    from wireglass.proxy.service import Service

_AT_ONCE = 32
"""Connections that are kept to be answered; each takes one of the reserved descriptors."""
_PATIENCE = 1.0  # seconds that one is given to ask and to take the answer
_TOLD = 1.0  # seconds between two records
_LARGEST = 16 * 1024  # bytes of a request that are waited for


class TurnedAway:
    """``add`` a connection; ``close`` at the end. ``count`` is of all that were refused."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._here: dict[_Refusal, None] = {}
        self._untold = 0
        self._client = ""
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.count = 0

    def add(self, transport: asyncio.Transport) -> None:
        self.count += 1
        self._untold += 1
        if self._timer is None:
            self._since = time.time()
            self._timer = self._service.loop.call_later(_TOLD, self._tell)
        self._client = address_of(transport.get_extra_info("peername"))
        if len(self._here) >= _AT_ONCE:
            next(iter(self._here)).answer(abort=True)
        refusal = _Refusal(self, transport)
        self._here[refusal] = None
        transport.set_protocol(refusal)

    def close(self) -> None:
        for refusal in list(self._here):
            refusal.answer(abort=True)
        if self._timer is not None:
            self._timer.cancel()
            self._tell()

    def left(self, refusal: _Refusal) -> None:
        self._here.pop(refusal, None)

    def response(self, asked: bytes) -> bytes:
        """``asked`` is the request as far as it has come."""
        error = self._error()
        error.received = asked
        return error_answer(error, keep_alive=False, head_only=asked.startswith(b"HEAD "))

    def _error(self) -> LimitReached:
        service = self._service
        return LimitReached(f"{service.max_clients} clients are connected, and no more are taken.", service.limit_hint)

    def _tell(self) -> None:
        self._timer = None
        error = self._error()
        count, self._untold = self._untold, 0
        exchange = Exchange(
            self._service.sink.new_key(),
            Summary("", "", "", self._since, client=self._client, status=error.http_status),
            Detail(notes=[f"{count} connections were answered by Wireglass with 503, the last from {self._client}"]),
        )
        self._service.sink.opened(exchange)
        summary = exchange.summary
        summary.duration_ms = (time.time() - self._since) * 1000
        summary.state, summary.error_kind, summary.error = "failed", error.code, error.line()
        self._service.sink.closed(exchange)


class _Refusal(asyncio.Protocol):
    """Answers when the client has asked: some take what comes before their request for noise and drop it (undici)."""

    __slots__ = ("_asked", "_done", "_house", "_timer", "_transport")

    def __init__(self, house: TurnedAway, transport: asyncio.Transport) -> None:
        self._house = house
        self._transport = transport
        self._asked = b""
        self._done = False
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self.answer)

    def data_received(self, data: bytes) -> None:
        if self._done:
            return
        self._asked += data
        if b"\r\n\r\n" in self._asked or len(self._asked) > _LARGEST:
            self.answer()

    def eof_received(self) -> bool:
        self.answer()
        return False

    def answer(self, *, abort: bool = False) -> None:
        """``abort``: the place is needed, or the time is over."""
        transport = self._transport
        if not self._done and not transport.is_closing():
            transport.write(self._house.response(self._asked))
            if transport.can_write_eof():
                transport.write_eof()  # and read on: closing with unread bytes would reset the connection
        if self._done:
            transport.abort()
        elif abort:
            self._house.left(self)
            transport.close()  # once the answer is on its way; whether it arrives is not waited for
        else:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self.answer)
        self._done = True
        self._asked = b""

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        self._house.left(self)
