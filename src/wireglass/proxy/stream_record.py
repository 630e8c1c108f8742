"""The record of a connection that has left HTTP: every byte of both directions, and when it came."""

from __future__ import annotations

import time

from wireglass.content import Arrivals
from wireglass.model import REQUEST, TIMELINE, Exchange, Headers, Sink


def is_websocket(response_headers: Headers) -> bool:
    """Whether a 101 response switches to WebSocket (RFC 6455 4.2.2)."""
    return any(
        name.lower() == b"upgrade" and value.strip(b" \t").lower() == b"websocket" for name, value in response_headers
    )


class StreamRecord:
    """What passes is told to the sink as it is: understanding it is the business of whoever reads the record."""

    __slots__ = ("_arrivals", "_exchange", "_sink")

    def __init__(self, sink: Sink, exchange: Exchange) -> None:
        self._sink = sink
        self._exchange = exchange
        self._arrivals = Arrivals(exchange.summary.started)

    def passed(self, side: int, data: bytes) -> None:
        """``data`` of ``REQUEST`` (from the client) or ``RESPONSE`` has come now."""
        summary = self._exchange.summary
        if side == REQUEST:
            summary.request_size += len(data)
        else:
            summary.response_size += len(data)
        self._sink.part(self._exchange, side, data)
        self._sink.part(self._exchange, TIMELINE, self._arrivals.mark(side, len(data), time.time()))
