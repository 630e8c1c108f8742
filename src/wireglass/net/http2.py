"""The server's side of exchanges over HTTP/2: many at a time on one connection (RFC 9113)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wireglass.errors import BadResponse, UpstreamClosed, WireglassError
from wireglass.model import Headers
from wireglass.net.http2_stream import Http2Stream
from wireglass.net.server_side import Seen
from wireglass.net.upstream import Upstream, broken
from wireglass.wire.http2 import (
    Data,
    Event,
    GoAway,
    Http2Connection,
    Request,
    Settings,
    Window,
)

_QUEUED_LIMIT = 1024 * 1024  # bytes for a server that does not read, above which it is asked nothing more


class Http2Server:
    """A connection to a server that speaks HTTP/2; ``open`` gives one of its streams to an exchange.

    ``ready`` is done when the server's SETTINGS have come, or with the error that came instead."""

    def __init__(self, connection: Upstream, on_gone: Callable[[Http2Server], None]) -> None:
        self.connection = connection
        self.going = False
        """It takes no more requests, but answers those it has."""
        self.extended_connect = False
        """It takes WebSockets (RFC 8441)."""
        self.wants_http1 = False
        """It has refused a request because it is to come over HTTP/1.1."""
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self._on_gone = on_gone
        self._http2 = Http2Connection(client_side=True)
        self._streams: dict[int, Http2Stream] = {}
        self._told: set[Http2Stream] = set()
        self._blocked = False
        self._flushes = False
        self._due = 0  # bytes of DATA to give back to the connection's window
        self._http2.begin()
        connection.attach(self)
        connection.used = 0  # the preface is no exchange
        self._flush()

    @property
    def running(self) -> int:
        return len(self._streams)

    def has_room(self) -> bool:
        """Whether another exchange can be given a stream."""
        return (
            not self.going
            and not self.connection.closed
            and self._http2.queued < _QUEUED_LIMIT
            and self._http2.next_stream() is not None
        )

    def open(self) -> Http2Stream:
        return Http2Stream(self)

    def close(self) -> None:
        """Nobody needs it any more."""
        if not self.connection.closed:
            self._http2.goaway()
            self._flush()
            self.connection.close()
        self._leave()

    def _leave(self) -> None:
        if not self.going:
            self.going = True
            self._on_gone(self)

    # For the streams

    def begin(self, stream: Http2Stream, fields: Headers, ended: bool) -> int | None:
        id = self._http2.next_stream()
        if id is None or self.connection.closed:
            return None
        self.connection.used += 1
        self._streams[id] = stream
        self._http2.send_headers(id, fields, ended)
        self.flush_soon()
        return id

    def send(self, stream: Http2Stream) -> None:
        """As much of what the stream has to send as the windows and the connection take."""
        if not self._blocked and stream.pump(self._http2):
            self.flush_soon()

    def give(self, id: int, size: int) -> None:
        self._http2.give_stream(id, size)
        self.flush_soon()

    def end(self, id: int, code: int | None) -> None:
        """The exchange is over; ``code``: and the stream is to be, before its end."""
        if self._streams.pop(id, None) is None:
            return
        if code is not None and self._http2.is_open(id):
            self._http2.reset(id, code)
            self.flush_soon()
        if not self._streams:
            self.idle_since = self._loop.time()
            if self.going:
                self.connection.close()

    def require_http1(self) -> None:
        """RFC 9113 7: what is asked from now on goes over another connection, without HTTP/2."""
        self.wants_http1 = True
        self._leave()

    def flush_soon(self) -> None:
        if not self._flushes:
            self._flushes = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushes = False
        if self._blocked and not self._http2.failure:  # how much may wait is for the codec to say
            return
        data = self._http2.take()
        if data and not self.connection.transport.is_closing():
            self.connection.write(data)

    # From the connection

    def upstream_data(self, data: bytes) -> None:
        http2 = self._http2
        for event in http2.receive(data):
            self._event(event)
        told, self._told = self._told, set()
        for stream in told:
            stream.told()
        if self._due:
            http2.give_connection(self._due)
            self._due = 0
        self._flush()
        if http2.failure and not self.connection.closed:
            self._gone(BadResponse(f"The server's HTTP/2 is not valid: {http2.failure}"))
            self.connection.close()

    def _event(self, event: Event) -> None:
        if isinstance(event, Data):
            self._due += event.size
        if isinstance(event, Settings):
            self.extended_connect = event.extended_connect
            if not self.ready.done():
                self.ready.set_result(None)
        elif isinstance(event, GoAway):
            self._go_away(event)
        elif isinstance(event, Window):
            self._window(event.stream)
        elif not isinstance(event, Request):  # a client is sent none
            stream = self._streams.get(event.stream)
            if stream is not None:
                self._told.add(stream)
                stream.event(event)

    def _window(self, id: int) -> None:
        streams = list(self._streams.values()) if id == 0 else [self._streams[id]] if id in self._streams else []
        for stream in streams:
            self.send(stream)

    def _go_away(self, event: GoAway) -> None:
        self._leave()
        if not self._streams:
            self.connection.close()

    def upstream_eof(self) -> None:
        self._gone(UpstreamClosed("The server closed the connection."))
        self.connection.close()

    def upstream_lost(self, error: Exception | None) -> None:
        if isinstance(error, WireglassError):
            self._gone(error)
        elif error is None:
            self._gone(UpstreamClosed("The server closed the connection."))
        else:
            self._gone(broken(error, "inside HTTP/2"))

    def upstream_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        if not blocked:
            self._window(0)
            self._flush()

    def _gone(self, error: WireglassError) -> None:
        self._leave()
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()  # whoever waits has it; if nobody does, nobody is to be told
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.gone(error, Seen.HARDLY if stream.silent and self.connection.used > 1 else Seen.PERHAPS)
