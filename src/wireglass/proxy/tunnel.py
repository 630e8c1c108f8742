"""Bytes that are not HTTP, passed on untouched. Those of a CONNECT are not ours to read, and are counted; those behind
a 101 response are recorded with the times they came at."""

from __future__ import annotations

import asyncio
import time
from time import perf_counter
from typing import TYPE_CHECKING

from wireglass.errors import ClientClosed, ClientDistrust, ClientTls, IdleTimeout, ProtocolError, WireglassError
from wireglass.model import REQUEST, RESPONSE, Detail, Exchange, Sink, Summary
from wireglass.net import PEER_BLOCKED, RECORD_FULL, WAITING, Route, Upstream, broken, spawn, unsent, wait_longer
from wireglass.proxy.proxy_auth import recorded_bytes, recorded_headers
from wireglass.proxy.stream_record import StreamRecord, is_websocket
from wireglass.proxy.watch import Watch
from wireglass.wire.head import RequestHead
from wireglass.wire.target import Origin

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_LONGEST_METHOD = 32
_WAITING_LIMIT = 64 * 1024  # bytes from the client that are held while the server is being connected
_SHOWN = 2000  # bytes of a refused request that are kept


class Tunnel:
    """``begin`` connects; ``client_*`` and ``upstream_*`` are called by the two connections."""

    __slots__ = (
        "_begun",
        "_client",
        "_client_ended",
        "_connecting",
        "_exchange",
        "_over",
        "_record",
        "_server_ended",
        "_since",
        "_switched",
        "_told",
        "_upstream",
        "_waiting",
        "_waiting_bytes",
        "_watch",
    )

    def __init__(
        self, client: ClientConnection, connect: RequestHead | None, origin: Origin | None, started: float
    ) -> None:
        self._client = client
        self._begun = self._since = perf_counter()
        self._upstream: Upstream | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._over = False
        self._client_ended = False
        self._server_ended = False
        self._switched = connect is None
        self._connecting: asyncio.Task[None] | None = None
        self._watch = Watch(self._begun)
        self._told = 0  # bytes that passed when the sink last heard of it
        client.deadline = 0.0  # the next sweep looks at it
        self._exchange: Exchange | None = None
        self._record: StreamRecord | None = None
        if connect is not None and origin is not None:
            self._exchange = _connect_exchange(client, connect, origin, started)

    @classmethod
    def after_switch(cls, client: ClientConnection, exchange: Exchange, upstream: Upstream) -> Tunnel:
        """The continuation of an exchange that was answered with 101."""
        tunnel = cls(client, None, None, 0.0)
        tunnel._exchange = exchange
        tunnel._begun -= max(0.0, time.time() - exchange.summary.started)  # its duration counts from the request
        tunnel._record = StreamRecord(client.service.sink, exchange)
        if exchange.summary.request_size:
            exchange.detail.notes.append(
                "the request that asked for the upgrade had a body: the record has its bytes before those of the new "
                "protocol, and does not take them apart"
            )
        elif is_websocket(exchange.detail.response_headers):
            exchange.summary.protocol = "websocket"
        client.service.sink.changed(exchange)
        tunnel._upstream = upstream
        upstream.attach(tunnel)
        return tunnel

    def passed_through(self, name: str, note: str) -> None:
        """Before ``begin``: it is TLS for ``name`` (empty where the hello names nobody); ``note`` says why it is not
        read."""
        assert self._exchange is not None
        if name:
            self._exchange.summary.host = name
            self._exchange.detail.notes.append(f"the client asked for {name} in its TLS hello")
        self._exchange.detail.notes.append(note)

    def begin(self, first: bytes) -> None:
        """``first`` is what the client has sent; empty while it is silent and the server may speak first."""
        if first:
            self._open(first)
        self._connecting = spawn(self._connect())

    def _open(self, first: bytes) -> None:
        """It is a tunnel for sure: from here on it is recorded."""
        assert self._exchange is not None
        self._client.service.sink.opened(self._exchange)
        self._switched = True
        if first:
            self.client_data(first)

    async def _connect(self) -> None:
        client, exchange = self._client, self._exchange
        assert exchange is not None and client.tunnel_origin is not None
        route = Route(False, client.tunnel_origin.host, client.tunnel_origin.port, "")
        try:
            upstream = await client.service.pool.connect(route, client.why_refused, fresh=True)
        except WireglassError as error:
            if not self._over and client.tunnel is self:
                if not self._switched:
                    self._open(b"")
                self._end(error)
                client.abort()
            return
        self._connecting = None
        if self._over or client.tunnel is not self:
            upstream.abort()
            return
        self._upstream = upstream
        exchange.detail.server = upstream.endpoint
        exchange.detail.notes += upstream.notes
        exchange.detail.timings.dns, exchange.detail.timings.connect, _ = upstream.phases
        if self._switched:
            client.service.sink.changed(exchange)
        for data in self._waiting:
            upstream.write(data)
        self._waiting.clear()
        client.gate.release(WAITING)
        if self._client_ended:
            upstream.write_eof()
        if client.blocked:
            upstream.gate.hold(PEER_BLOCKED)
        upstream.attach(self)

    # From the client

    def client_data(self, data: bytes) -> None:
        if not data or self._over:
            return
        if not self._switched:
            if self._upstream is not None:
                self._upstream.abort()
            self._over = True
            self._stop_connecting()
            self._client.look_after_all(data)
            return
        assert self._exchange is not None
        if self._record is not None:
            self._record.passed(REQUEST, data)
        else:
            self._exchange.summary.request_size += len(data)
        if self._upstream is not None:
            self._upstream.write(data)
        else:
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            if self._waiting_bytes > _WAITING_LIMIT:  # not before: who does not read does not see it leave
                self._client.gate.hold(WAITING)

    def client_eof(self) -> None:
        self._client_ended = True
        if self._upstream is not None:
            self._upstream.write_eof()
        self._both_ended()

    def client_blocked(self, blocked: bool) -> None:
        if self._upstream is not None:
            if blocked:
                self._upstream.gate.hold(PEER_BLOCKED)
            else:
                self._upstream.gate.release(PEER_BLOCKED)

    def client_lost(self, error: Exception | None) -> None:
        if self._over:
            return
        self._end(None if error is None else _broken_by_client(error))

    # From the server

    def upstream_data(self, data: bytes) -> None:
        if not data or self._over:
            return
        if not self._switched:
            self._open(b"")
        assert self._exchange is not None
        if self._record is not None:
            self._record.passed(RESPONSE, data)
            sink = self._client.service.sink
            if sink.full and self._upstream is not None:  # the client's side sees to this for all that it reads
                self._upstream.gate.hold(RECORD_FULL)
                sink.when_room(self._record_has_room)
        else:
            self._exchange.summary.response_size += len(data)
        if not self._client.transport.is_closing():
            self._client.write([data])

    def _record_has_room(self) -> None:
        if self._upstream is not None:
            self._upstream.gate.release(RECORD_FULL)

    def upstream_eof(self) -> None:
        self._server_ended = True
        transport = self._client.transport
        if self._client.tls is None and transport.can_write_eof() and not transport.is_closing():
            transport.write_eof()
        else:
            self._client_ended = True
        self._both_ended()

    def upstream_lost(self, error: Exception | None) -> None:
        self._upstream = None
        if self._over:
            return
        self._end(None if error is None else broken(error, "inside the tunnel"))
        self._client.tunnel = None
        self._client.close()

    def upstream_blocked(self, blocked: bool) -> None:
        if blocked:
            self._client.gate.hold(PEER_BLOCKED)
        else:
            self._client.gate.release(PEER_BLOCKED)

    # Deadlines

    def look(self) -> None:
        """Called now and then while it runs: has it stood still for too long? And its sizes go to the record."""
        client, upstream, exchange = self._client, self._upstream, self._exchange
        limits = client.service.limits
        client.deadline = client.service.loop.time() + limits.look
        now = perf_counter()
        if upstream is None or exchange is None or client.service.sink.full:
            self._watch.excuse(now)
            return
        summary = exchange.summary
        passed = summary.request_size + summary.response_size
        if self._switched and passed != self._told:
            self._told = passed
            client.service.sink.changed(exchange)
        if self._watch.idle(now, (passed, unsent(upstream.transport), unsent(client.transport))) > limits.idle:
            self._end(
                IdleTimeout(
                    f"No byte passed in either direction for {limits.idle:g} s.",
                    wait_longer("--idle-timeout", limits.idle),
                )
            )
            client.abort()

    # Ends

    def interrupt(self, error: WireglassError) -> None:
        if not self._over:
            self._end(error)

    def _both_ended(self) -> None:
        if self._client_ended and self._server_ended and not self._over:
            self._end(None)
            self._client.tunnel = None
            self._client.close()

    def _stop_connecting(self) -> None:
        connecting, self._connecting = self._connecting, None
        if connecting is not None and connecting is not asyncio.current_task():
            connecting.cancel()

    def _end(self, error: WireglassError | None) -> None:
        self._over = True
        self._stop_connecting()
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.close()
        exchange = self._exchange
        if exchange is None or not self._switched:
            return
        if self._record is not None:  # what passed after the switch is what was received
            exchange.detail.timings.receive = (perf_counter() - self._since) * 1000
        _close(exchange, self._begun, error)
        self._client.service.sink.closed(exchange)


def _broken_by_client(error: Exception) -> ClientClosed:
    how = "reset the connection" if isinstance(error, ConnectionResetError) else f"broke the connection ({error})"
    return ClientClosed(f"The client {how} inside the tunnel.")


def failed_connect(client: ClientConnection, error: WireglassError) -> None:
    """Records a connection that never became an exchange: a malformed head, a handshake that failed."""
    if isinstance(error, ClientDistrust):
        client.service.interception.rejected(client.ip, client.server_name)
    tell_failed(client.service.sink, failed_exchange(client, error), error)


def tell_failed(sink: Sink, exchange: Exchange, error: WireglassError) -> None:
    begun = perf_counter()
    sink.opened(exchange)
    _close(exchange, begun, error)
    sink.closed(exchange)


def failed_exchange(client: ClientConnection, error: WireglassError) -> Exchange:
    """What ``failed_connect`` records, of the client as it is now."""
    head, origin = client.connect, client.tunnel_origin
    if isinstance(error, ProtocolError) and not isinstance(error, ClientTls):
        exchange = _unread_exchange(client, error)
    elif head is not None and origin is not None:
        exchange = _connect_exchange(client, head, origin, client.head_begun)
        # The 200 was ours and is not what the client wanted to know: it is not the status of what failed.
        exchange.summary.status = None
        name = client.server_name
        if name and name != origin.host:  # what it takes our certificate for, and what a person looks for
            exchange.summary.host = name
            exchange.detail.notes.append(f"the client asked for {name} in its TLS hello")
    else:
        exchange = _unread_exchange(client, ProtocolError(error.message))
        if origin is not None:  # of a port in reverse mode
            exchange.summary.host = origin.host
    return exchange


def _unread_exchange(client: ClientConnection, error: ProtocolError) -> Exchange:
    """What can be told of a request that was refused: its first line, if it has words, and the bytes themselves."""
    words = error.received.partition(b"\n")[0].strip().split(b" ")
    readable = len(words) > 1 and words[0].isalnum() and len(words[0]) <= _LONGEST_METHOD
    summary = Summary(
        words[0].decode("ascii") if readable else "",
        words[1][:_SHOWN].decode("latin-1") if readable else "",
        "",
        client.head_begun or time.time(),
        "http/1.1",
        "proxy",
        client.endpoint.peer,
        status=error.http_status,
    )
    detail = Detail(words[1] if readable else b"", client=client.endpoint)
    if client.note:
        detail.notes.append(client.note)
    if error.received:
        detail.notes.append(f"received: {recorded_bytes(error.received)[:_SHOWN]!r}")
    return Exchange(client.service.sink.new_key(), summary, detail)


def _connect_exchange(client: ClientConnection, connect: RequestHead, origin: Origin, started: float) -> Exchange:
    summary = Summary(
        "CONNECT",
        origin.host_port,
        origin.host,
        started or time.time(),
        "tunnel",
        "proxy",
        client.endpoint.peer,
        status=200,
    )
    detail = Detail(connect.target, connect.version, recorded_headers(connect), client=client.endpoint)
    if client.note:
        detail.notes.append(client.note)
    return Exchange(client.service.sink.new_key(), summary, detail)


def _close(exchange: Exchange, begun: float, error: WireglassError | None) -> None:
    summary = exchange.summary
    summary.duration_ms = (perf_counter() - begun) * 1000
    summary.state = "done" if error is None else "failed"
    if error is not None:
        summary.error_kind = error.code
        summary.error = error.line()
