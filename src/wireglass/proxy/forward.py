"""One exchange, from the request head to the last byte of the response.

The hot path is calls only, no tasks: an idle upstream connection is taken at once and both directions are handed on
from within the transports' callbacks. Only opening a connection waits.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from time import perf_counter
from typing import TYPE_CHECKING

from wireglass.errors import (
    BadResponse,
    ClientClosed,
    IdleTimeout,
    ResponseTimeout,
    UpstreamClosed,
    WireglassError,
)
from wireglass.model import REQUEST, RESPONSE, Detail, Exchange, Headers, Informational, Summary
from wireglass.net import (
    PEER_BLOCKED,
    RECORD_FULL,
    WAITING,
    Attempt,
    Route,
    Upstream,
    asked_in_clear,
    broken,
    spawn,
    wait_longer,
)
from wireglass.proxy.answers import error_answer
from wireglass.proxy.heads import authority, media_type, where_to
from wireglass.proxy.tunnel import Tunnel
from wireglass.proxy.watch import Watch, unsent
from wireglass.wire.forward import (
    chunk,
    forward_request,
    forward_response,
    informational_response,
    last_chunk,
    response_framing,
)
from wireglass.wire.head import CHUNKED, NO_BODY, UNTIL_CLOSE, RequestHead, ResponseHead
from wireglass.wire.target import url

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_VERSIONS = ("HTTP/1.0", "HTTP/1.1")
_PROTOCOLS = ("http/1.0", "http/1.1")
_EAGER = 64 * 1024  # bytes of a response body within which each piece is acknowledged at once
_WAITING_LIMIT = 256 * 1024  # bytes of a request body held while the server is being connected

# RFC 9110 9.2.2: only these may be sent again when a kept connection turns out to be closed.
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))


class Forward:
    """``begin`` once; then the client connection calls ``request_*`` and ``client_*``, the upstream connection
    ``upstream_*``, the response parser ``response_*``."""

    __slots__ = (
        "_begun",
        "_client",
        "_client_minor",
        "_connecting",
        "_framing",
        "_head",
        "_keep",
        "_origin",
        "_out",
        "_over",
        "_parser",
        "_path",
        "_request_done",
        "_response_done",
        "_retried",
        "_route",
        "_sent_at",
        "_upstream",
        "_waiting",
        "_waiting_bytes",
        "_watch",
        "exchange",
    )

    def __init__(self, client: ClientConnection, head: RequestHead) -> None:
        """Raises ProtocolError if the target cannot be read."""
        self._client = client
        self._head = head
        self._client_minor = head.minor
        self._begun = perf_counter()
        self._sent_at = 0.0
        self._framing = NO_BODY
        self._keep = False
        self._out: list[bytes] | None = None
        self._over = False
        self._request_done = False
        self._response_done = False
        self._retried = False
        self._upstream: Upstream | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._watch: Watch | None = None
        self._parser = client.response_parser
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        origin, seen, self._path = where_to(head, client.tunnel_origin)
        self._origin = origin
        secure = origin.scheme == "https"
        self._route = Route(secure, origin.host, origin.port, (client.server_name or origin.host) if secure else "")
        self._parser.begin(self, head.method)
        self.exchange = Exchange(
            client.service.sink.new_key(),
            Summary(
                head.method.decode("ascii"),
                url(seen, self._path),
                seen.host,
                client.head_begun or time.time(),
                _PROTOCOLS[head.minor],
                "proxy",
                client.endpoint.peer,
            ),
            Detail(head.target, _VERSIONS[head.minor], head.headers, client=client.endpoint),
        )

    def begin(self) -> None:
        client = self._client
        client.deadline = 0.0  # the next sweep looks at it
        client.service.sink.opened(self.exchange)
        try:
            upstream = client.service.pool.take(self._route, client.why_refused)
        except WireglassError as error:
            self._fail(error)
            return
        if upstream is not None and not self._repeatable and upstream.ended_unseen():
            upstream.abort()
            upstream = None
        if upstream is not None:
            self._attach(upstream)
        else:
            self._connecting = spawn(self._connect())

    @property
    def _repeatable(self) -> bool:
        """Whether it may be sent again if a kept connection turns out to be closed (RFC 9110 9.2.2), which takes the
        body as well: it has been passed on, and is not kept here."""
        return self._head.body == NO_BODY and self._head.method in _IDEMPOTENT

    # To the server

    async def _connect(self) -> None:
        client, attempt = self._client, Attempt()
        try:
            upstream = await client.service.pool.connect(
                self._route, client.why_refused, fresh=self._retried, attempt=attempt
            )
        except WireglassError as error:
            if not self._over:
                self._came_so_far(attempt)
                self._fail(error)
            return
        self._connecting = None
        if self._over:
            client.service.pool.give_back(upstream)
        else:
            self._attach(upstream)

    def _came_so_far(self, attempt: Attempt) -> None:
        """There is no connection, and what is known of the server says why."""
        detail = self.exchange.detail
        detail.server = attempt.endpoint
        detail.timings.dns, detail.timings.connect, detail.timings.tls = attempt.dns, attempt.connect, attempt.tls
        self._client.service.tell_certificates(attempt)

    def _attach(self, upstream: Upstream) -> None:
        client = self._client
        self._upstream = upstream
        detail = self.exchange.detail
        detail.server = upstream.endpoint
        if not upstream.used:
            dns, connect, tls = upstream.phases
            detail.timings.dns, detail.timings.connect, detail.timings.tls = dns, connect, tls
        if upstream.unverified:
            detail.notes.append(f"the server's certificate was not verified ({upstream.unverified})")
        if upstream.certificates:
            client.service.tell_certificates(upstream)
        upstream.attach(self)
        if client.blocked:
            upstream.gate.hold(PEER_BLOCKED)
        self._sent_at = perf_counter()
        head = forward_request(self._head, self._path, authority(self._head, self._origin, client.tunnel_origin))
        if self._waiting:
            self._waiting.insert(0, head)
            upstream.write(b"".join(self._waiting))
            self._waiting.clear()
            client.gate.release(WAITING)
        else:
            upstream.write(head)
        if self._request_done:
            detail.timings.send = (perf_counter() - self._sent_at) * 1000
        client.service.sink.changed(self.exchange)

    def request_body(self, data: bytes) -> None:
        if self._over:
            return
        self.exchange.summary.request_size += len(data)
        self._client.service.sink.part(self.exchange, REQUEST, data)
        self._send(chunk(data) if self._head.body == CHUNKED else data)

    def request_end(self, trailers: Headers) -> None:
        self._request_done = True
        if self._over:
            return
        if self._head.body == CHUNKED:
            self.exchange.detail.request_trailers = trailers
            self._send(last_chunk(trailers))
        if self._sent_at:
            self.exchange.detail.timings.send = (perf_counter() - self._sent_at) * 1000
        if self._response_done:
            self._release()

    def _send(self, data: bytes) -> None:
        if self._upstream is not None:
            self._upstream.write(data)
        elif not self._response_done:
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            if self._waiting_bytes > _WAITING_LIMIT:
                self._client.gate.hold(WAITING)

    # From the server

    def upstream_data(self, data: bytes) -> None:
        out: list[bytes] = []
        self._out = out
        try:
            self._parser.feed(data)
        except BadResponse as error:
            self._out = None
            self._write(out)
            self._fail(error)
            return
        self._out = None
        self._write(out)
        if self._response_done:
            # A server may answer before it has read the whole request; the rest of it is still its own, unless it says
            # what nobody asked for.
            if self._request_done or (self._parser.held and self.exchange.summary.status != 101):
                self._release()
            elif self._parser.held and self._upstream is not None:
                self._upstream.gate.hold(WAITING)  # another protocol, which waits for the end of the request
            return
        if self._upstream is not None and self.exchange.summary.response_size < _EAGER:
            self._upstream.ask_for_more()
        if self._client.service.sink.full and self._upstream is not None:
            self._upstream.gate.hold(RECORD_FULL)
            self._client.service.sink.when_room(self._record_has_room)

    def _write(self, out: list[bytes]) -> None:
        if out and not self._client.transport.is_closing():
            self._client.write(out)

    def _record_has_room(self) -> None:
        if self._upstream is not None:
            self._upstream.gate.release(RECORD_FULL)

    def response_informational(self, head: ResponseHead) -> None:
        self.exchange.detail.informational.append(Informational(head.status, head.headers))
        if self._watch is None:
            self._watch = Watch(self._begun)
        self._watch.told()
        if self._client_minor == 1:  # RFC 9110 15.2: never to an HTTP/1.0 client
            self._emit(informational_response(head))

    def response_head(self, head: ResponseHead) -> None:
        if head.status == 101 and not self._head.upgrade:
            raise BadResponse("The server switched protocols, which nobody had asked for (RFC 9110 15.2.2).")
        now = perf_counter()
        client, detail, summary = self._client, self.exchange.detail, self.exchange.summary
        detail.timings.wait = (now - self._sent_at) * 1000
        self._sent_at = now
        detail.response_version = _VERSIONS[head.minor]
        detail.reason = head.reason
        detail.response_headers = head.headers
        summary.status = head.status
        summary.type = media_type(head)
        self._framing = framing = response_framing(head, self._client_minor)
        self._keep = (
            self._head.keep_alive
            and framing != UNTIL_CLOSE
            and (self._request_done or head.keep_alive)
            and not client.closing
            and not client.service.draining
        )
        self._emit(forward_response(head, framing, self._client_minor, self._keep))
        client.service.sink.changed(self.exchange)

    def response_body(self, data: bytes) -> None:
        self.exchange.summary.response_size += len(data)
        self._client.service.sink.part(self.exchange, RESPONSE, data)
        self._emit(chunk(data) if self._framing == CHUNKED else data)

    def response_end(self, trailers: Headers) -> None:
        if self._framing == CHUNKED:
            self._emit(last_chunk(trailers))
        self.exchange.detail.response_trailers = trailers
        self.exchange.detail.timings.receive = (perf_counter() - self._sent_at) * 1000
        self._response_done = True

    def _emit(self, data: bytes) -> None:
        if self._out is not None:
            self._out.append(data)
        else:
            self._write([data])

    def _release(self, *, reusable: bool = True) -> None:
        """The response is over: let go of the server and of the client."""
        head = self._parser.head
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            if head is not None and head.status == 101:
                self._switch(upstream)
                return
            if reusable and self._request_done and head is not None and head.keep_alive and not self._parser.held:
                upstream.gate.release(PEER_BLOCKED | RECORD_FULL)
                self._client.service.pool.give_back(upstream)
            else:
                upstream.close()
        self._over = True
        self._close_record(None)
        self._client.finished(self._keep and self._request_done)

    def _switch(self, upstream: Upstream) -> None:
        """101: from here on both directions belong to another protocol (RFC 9110 15.2.2)."""
        client = self._client
        client.gate.release(WAITING)
        upstream.gate.release(WAITING)
        self._over = True
        client.current = None
        self.exchange.detail.notes += self._parser.notes()
        client.tunnel = tunnel = Tunnel.after_switch(client, self.exchange, upstream)
        client.take = tunnel.client_data
        tunnel.upstream_data(self._parser.rest())
        tunnel.client_data(client.parser.rest())

    def upstream_eof(self) -> None:
        upstream = self._upstream
        if self._parser.until_close and upstream is not None and upstream.tls is not None and not upstream.tls.closed:
            # RFC 9112 9.8 calls it incomplete; clients take it for whole, because many servers close like this.
            self.exchange.detail.notes.append(
                "the server ended TLS without close_notify: the body may have been cut off"
            )
        out: list[bytes] = []
        self._out = out
        try:
            self._parser.eof()
        except UpstreamClosed as error:
            self._out = None
            self._write(out)
            self._upstream_gone(error)
            return
        self._out = None
        self._write(out)
        self._release(reusable=False)

    def upstream_lost(self, error: Exception | None) -> None:
        if self._over:
            return
        if self._response_done or error is None:
            self.upstream_eof()
        elif isinstance(error, WireglassError):
            self._upstream_gone(error)
        else:
            where = "inside the response" if self._parser.head is not None else "before it answered"
            self._upstream_gone(broken(error, where))

    def _upstream_gone(self, error: WireglassError) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            silent = self._parser.head is None and not self._parser.held and not self.exchange.detail.informational
            stale = upstream.used > 1 and silent
            if silent and not stale and not self._route.tls and isinstance(error, UpstreamClosed):
                error.hint = f"{error.hint} {asked_in_clear(b'', silent)}".strip()
            upstream.abort()
            if stale and not self._retried and self._repeatable:
                # The kept connection had been closed by the server before it saw the request (RFC 9112 9.3.1).
                self._retried = True
                self.exchange.detail.notes.append("sent again: the server had closed the kept connection")
                self._connecting = spawn(self._connect())
                return
        self._fail(error)

    def upstream_blocked(self, blocked: bool) -> None:
        gate = self._client.gate
        if blocked:
            gate.hold(PEER_BLOCKED)
        else:
            gate.release(PEER_BLOCKED)

    # From the client

    @property
    def answered(self) -> bool:
        """Whether the client has been sent a response head."""
        return self.exchange.summary.status is not None

    def client_blocked(self, blocked: bool) -> None:
        if self._upstream is not None:
            if blocked:
                self._upstream.gate.hold(PEER_BLOCKED)
            else:
                self._upstream.gate.release(PEER_BLOCKED)

    def client_lost(self, error: WireglassError) -> None:
        """The client is gone, or is to be disconnected by the caller."""
        if self._over:
            return
        self._abandon()
        if self._response_done and isinstance(error, ClientClosed):
            # RFC 9110 10.1.1: an answer that comes before the body, to Expect or as a 413, may end it.
            self.exchange.detail.notes.append("the client left without sending the rest of its request")
            self._close_record(None)
        else:
            self._close_record(error)

    def _client_is_gone(self) -> None:
        """It has ended its side, and nothing moves that would tell whether it still reads; in case it does, it is
        answered."""
        client, host = self._client, self._origin.host_port
        error = ClientClosed(
            f"The client closed its side of the connection, and {host} sent nothing for "
            f"{client.service.limits.half_closed:g} s after that.",
            "A client that still waits for the answer must keep its side open.",
        )
        answered, head = self.answered, self._head
        self.client_lost(error)
        if answered:
            self._break_off()
            return
        client.current = None
        self._write([error_answer(error, keep_alive=False, head_only=head.method == b"HEAD", head=head, host=host)])
        client.close()

    # Deadlines

    def look(self) -> None:
        """Called now and then while it runs: has it stood still for too long?"""
        client, upstream, summary = self._client, self._upstream, self.exchange.summary
        limits = client.service.limits
        client.deadline = client.service.loop.time() + limits.look
        watch = self._watch
        if watch is None:
            self._watch = watch = Watch(self._begun)
        now = perf_counter()
        if client.service.sink.full:  # it is we who do not read
            watch.excuse(now)
            return
        if upstream is None:  # connecting has deadlines of its own
            watch.excuse(now)
            if client.ended_at and now - client.ended_at > limits.half_closed:
                self._client_is_gone()
            return
        sending, answering = unsent(upstream.transport), unsent(client.transport)
        told = len(self.exchange.detail.informational)
        idle = watch.idle(
            now, (summary.request_size, summary.response_size, told, self._parser.held, sending, answering)
        )
        # One that has bytes left to take and takes none is there: had it gone, the system would have said so.
        if client.ended_at and not answering and min(idle, now - client.ended_at) > limits.half_closed:
            self._client_is_gone()
            return
        if not self._request_done or sending:
            watch.waits_from = now
        elif not self.answered:
            asked = self._sent_at + (self.exchange.detail.timings.send or 0.0) / 1000
            if now - max(watch.waits_from, asked) > limits.response:
                self._fail(
                    ResponseTimeout(
                        f"{self._origin.host_port} had the whole request and sent no response head for "
                        f"{limits.response:g} s.",
                        wait_longer("--response-timeout", limits.response),
                    )
                )
                return
        if idle > limits.idle:
            if sending:
                who = f"{self._origin.host_port} took nothing of the request"
            elif answering:
                who = "The client took nothing of the response"
            elif not self._request_done:
                who = "The client sent nothing of the rest of its request"
            else:
                who = f"{self._origin.host_port} sent nothing"
            self._fail(IdleTimeout(f"{who} for {limits.idle:g} s.", wait_longer("--idle-timeout", limits.idle)))

    # Ends

    def _fail(self, error: WireglassError) -> None:
        """The server could not answer, or not to the end."""
        if self._over:
            return
        client = self._client
        started = self.answered
        if not started and not self._route.tls and (hint := asked_in_clear(self._parser.begins, False)):
            error.hint = hint
        self._abandon()
        if started:
            self._close_record(error)
            self._break_off()
            return
        summary = self.exchange.summary
        summary.status = error.http_status
        self.exchange.detail.notes.append("answered by Wireglass, not by the server")
        keep = self._head.keep_alive and self._request_done
        self._close_record(error)
        head, host = self._head, self._origin.host_port
        self._write([error_answer(error, keep_alive=keep, head_only=head.method == b"HEAD", head=head, host=host)])
        client.finished(keep)

    def _break_off(self) -> None:
        """Ends the client's connection inside a response, so that it can tell."""
        client = self._client
        client.current = None
        if self._framing == UNTIL_CLOSE:
            _reset(client.transport)
        client.abort()  # a length or chunk that never comes tells the client that it has not got everything

    def _abandon(self) -> None:
        self._over = True
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.abort()
        connecting, self._connecting = self._connecting, None
        if connecting is not None and connecting is not asyncio.current_task():
            connecting.cancel()  # nobody waits for this connection any more
        self._waiting.clear()

    def _close_record(self, error: WireglassError | None) -> None:
        summary = self.exchange.summary
        summary.duration_ms = (perf_counter() - self._begun) * 1000
        if error is None:
            summary.state = "done"
        else:
            summary.state = "failed"
            summary.error_kind = error.code
            summary.error = error.line()
        self.exchange.detail.notes += self._parser.notes()
        self._client.service.sink.closed(self.exchange)


def _reset(transport: asyncio.Transport) -> None:
    """Makes the end of the connection a RST: where the close is the end of the body, an orderly one would say that it
    is whole (RFC 9112 8)."""
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
