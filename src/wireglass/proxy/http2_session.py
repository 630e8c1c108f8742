"""HTTP/2 on a client's connection: many exchanges at a time (RFC 9113)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wireglass.errors import ClientClosed, ProtocolError, WireglassError
from wireglass.proxy.http2_exchange import Http2Exchange
from wireglass.wire.http2 import (
    Data,
    Event,
    GoAway,
    Http2Connection,
    Request,
    Reset,
    Settings,
    Trailers,
    Window,
)
from wireglass.wire.http2_frames import PROTOCOL_ERROR
from wireglass.wire.http2_heads import (
    error_name,
    read_request,
)

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection


class Http2Session:
    """A ``Session`` of the connection. ``extended_connect``: the server takes WebSockets over HTTP/2 (RFC 8441), and
    so do we."""

    def __init__(self, connection: ClientConnection, *, extended_connect: bool) -> None:
        self.connection = connection
        self._loop = connection.service.loop
        self._http2 = Http2Connection(client_side=False, extended_connect=extended_connect)
        self._streams: dict[int, Http2Exchange] = {}
        self._due = 0  # bytes of DATA to give back to the connection's window
        self._flushes = False
        self._leaving = False
        connection.deadline = self._loop.time() + connection.service.idle_seconds
        self._http2.begin()
        self._flush()

    # The connection's calls

    @property
    def running(self) -> bool:
        return bool(self._streams)

    def feed(self, data: bytes) -> None:
        connection, http2 = self.connection, self._http2
        connection.spoke()
        for event in http2.receive(data):
            self._event(event)
        if self._due:
            http2.give_connection(self._due)
            self._due = 0
        self._flush()
        if http2.failure and not connection.closing:
            error = ProtocolError(f"The client's HTTP/2 is not valid: {http2.failure}")
            if not self.lost(error):
                connection.record_failed(error)
            connection.linger()
        elif self._leaving and not self._streams:
            self._idle()

    def _event(self, event: Event) -> None:
        if isinstance(event, Request):
            self._request(event)
        elif isinstance(event, Data):
            self._due += event.size
            stream = self._streams.get(event.stream)
            if stream is not None:
                stream.take(event)
        elif isinstance(event, Trailers):
            stream = self._streams.get(event.stream)
            if stream is not None:
                stream.forward.request_end(event.fields)
        elif isinstance(event, Window):
            self._window(event.stream)
        elif isinstance(event, Reset):
            self._reset(event)
        elif isinstance(event, GoAway):
            self._leaving = True
        else:
            assert isinstance(event, Settings)

    def _request(self, event: Request) -> None:
        connection = self.connection
        try:
            head = read_request(event.fields, event.ended)
            if head.method == b"CONNECT" and not head.protocol:
                raise ProtocolError("CONNECT inside HTTP/2 is not supported: ask for a tunnel over HTTP/1.1.")
            stream = Http2Exchange(self, event.stream, head)
        except ProtocolError as error:
            error.received = b"\r\n".join(b"%b: %b" % field for field in event.fields)
            connection.record_failed(error)
            self._http2.reset(event.stream, PROTOCOL_ERROR)
            return
        connection.deadline = 0.0
        self._streams[event.stream] = stream
        stream.forward.begin()
        if event.ended:
            stream.forward.request_end([])

    def _reset(self, event: Reset) -> None:
        stream = self._streams.pop(event.stream, None)
        if event.ours:
            error: WireglassError = ProtocolError(f"The client's HTTP/2 is not valid: {event.reason}")
            if stream is None:
                self.connection.record_failed(error)
        else:
            error = ClientClosed(f"The client cancelled the request ({error_name(event.code)}).")
        if stream is not None:
            stream.forward.client_lost(error)
            if not self._streams:
                self._idle()

    def _window(self, id: int) -> None:
        if id:
            stream = self._streams.get(id)
            if stream is not None:
                stream.pump()
        else:
            for stream in list(self._streams.values()):
                stream.pump()

    def lost(self, error: WireglassError) -> bool:
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.forward.client_lost(error)
        return bool(streams)

    def interrupt(self, error: WireglassError) -> bool:
        self.lost(error)
        return False

    def ended(self) -> None:
        """The client sends no more. HTTP/2 knows no half-closed connection (RFC 9113 5.4.1): it has gone."""
        self.lost(ClientClosed("The client closed the connection before the end."))
        self.connection.close()

    def look(self) -> None:
        now = self._loop.time()
        for stream in list(self._streams.values()):
            if stream.look_at <= now:
                stream.look(now)
        if self._streams:
            self.connection.deadline = min(stream.look_at for stream in self._streams.values())

    def expired(self) -> None:
        """Nothing ran for long."""
        self.drain()

    def client_blocked(self, blocked: bool) -> None:
        if not blocked:
            self._window(0)
            self._flush()
            if self._leaving and not self._streams:
                self._idle()

    def drain(self) -> None:
        self._http2.goaway()
        self._flush()
        self._leaving = True
        if not self._streams:
            self._idle()

    # For the exchanges

    @property
    def http2(self) -> Http2Connection:
        return self._http2

    def now(self) -> float:
        return self._loop.time()

    def gone(self, id: int) -> None:
        """The client has all of it."""
        if self._streams.pop(id, None) is not None and not self._streams:
            self._idle()

    def _idle(self) -> None:
        """The last stream is gone. The time for the next one begins now: frames that open none do not prolong it, nor
        does a header section that never ends."""
        connection = self.connection
        connection.deadline = self._loop.time() + connection.service.idle_seconds
        if (self._leaving or connection.service.draining) and not connection.transport.is_closing():
            self._flush()
            if not connection.blocked:  # else when it has taken what it was told
                connection.close()

    def flush_soon(self) -> None:
        if not self._flushes:
            self._flushes = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushes = False
        connection = self.connection
        # A client that does not read is answered no more: how much may wait is for the codec to say.
        if connection.blocked and not self._http2.failure:
            return
        data = self._http2.take()
        if data and not connection.transport.is_closing():
            connection.write([data])
