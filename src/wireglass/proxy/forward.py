"""One exchange, from the request head to the last byte of the response.

The hot path is calls only, no tasks: an idle upstream connection is taken at once and both directions are handed on
from within the transports' callbacks. Only opening a connection waits.
"""

from __future__ import annotations

import asyncio
import time
from time import perf_counter
from typing import TYPE_CHECKING

from wireglass.content import data_mode, may_be_graphql, operation_of, streamed
from wireglass.errors import BadResponse, ClientClosed, WireglassError
from wireglass.model import REQUEST, RESPONSE, Detail, Exchange, Headers, Informational, Summary
from wireglass.net import (
    PEER_BLOCKED,
    RECORD_FULL,
    WAITING,
    Attempt,
    Check,
    Route,
    Seen,
    ServerSide,
    spawn,
)
from wireglass.proxy.deadlines import Standing, client_gone_while_connecting, overdue
from wireglass.proxy.doors import forged, is_public, reverse_path
from wireglass.proxy.heads import authority, media_type, where_to
from wireglass.proxy.proxy_auth import recorded_headers
from wireglass.proxy.stream_record import StreamRecord
from wireglass.proxy.watch import Watch
from wireglass.wire.alt_svc import H3_TAKEN_OUT, offers_h3
from wireglass.wire.head import NO_BODY, RequestHead, ResponseHead
from wireglass.wire.http2_heads import Http2RequestHead
from wireglass.wire.postman_headers import LOCATION_RENAMED, location_renamed, unwrapped
from wireglass.wire.target import url

if TYPE_CHECKING:
    from wireglass.proxy.client_side import ClientSide
    from wireglass.proxy.service import Service

_EAGER = 64 * 1024  # bytes of a response body within which each piece is acknowledged at once
_WAITING_LIMIT = 256 * 1024  # bytes of a request body held while the server is being connected

_GRAPHQL_LIMIT = 256 * 1024  # bytes of a request body that are looked at

_CLOSED_BEFORE = "sent again: the server had closed the kept connection"
# RFC 9110 9.2.2: only these may be sent again when a kept connection turns out to be closed.
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))


class Forward:
    """Between a client's side and a server's side, neither of which knows what the other speaks. ``begin`` once; then
    the client's side calls ``request_*`` and ``client_*``, the server's side ``response_*`` and ``server_*``
    (``net.Asker``)."""

    __slots__ = (
        "_asked",
        "_begun",
        "_check",
        "_client",
        "_connecting",
        "_head",
        "_host",
        "_http2",
        "_origin",
        "_over",
        "_path",
        "_record",
        "_request_done",
        "_response_done",
        "_retried",
        "_route",
        "_sent_at",
        "_sent_head",
        "_server",
        "_service",
        "_trailers",
        "_tunnel",
        "_waiting",
        "_waiting_bytes",
        "_watch",
        "exchange",
    )

    def __init__(self, client: ClientSide, head: RequestHead, started: float) -> None:
        """``started``: Unix time of the first byte of the request. Raises ProtocolError if the target cannot be
        read."""
        connection = client.connection
        self._client = client
        self._service: Service = connection.service
        self._head = self._sent_head = head
        """As it came, and as the server is sent it."""
        self._host: bytes | None = None
        """What Postman-Host asks for, whatever the target says."""
        self._check: Check = connection.why_refused
        self._begun = perf_counter()
        self._sent_at = 0.0
        self._over = False
        self._request_done = False
        self._response_done = False
        self._retried = False
        self._server: ServerSide | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._watch: Watch | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._trailers: Headers = []
        self._record: StreamRecord | None = None
        self._asked: list[bytes] | None = None
        """The request's body so far, while it may be GraphQL."""
        self._tunnel = connection.tunnel_origin
        target = connection.door.target
        if target is None:
            origin, seen, self._path = where_to(head, self._tunnel)
        else:  # the Host field becomes the target's
            origin = seen = target
            self._path, self._tunnel = reverse_path(head, target, connection.endpoint.local), None
        self._origin = origin
        secure = origin.scheme == "https"
        version = head.version
        self._http2 = version == "HTTP/2" or connection.door.http2
        """The client speaks it, and the server may choose it."""
        name = ((target is None and connection.server_name) or origin.host) if secure else ""
        self._route = Route(secure, origin.host, origin.port, name)
        self.exchange = Exchange(
            self._service.sink.new_key(),
            Summary(
                head.method.decode("ascii"),
                url(seen, self._path),
                seen.host,
                started or time.time(),
                version.lower(),
                "proxy",
                connection.endpoint.peer,
            ),
            Detail(head.target, version, recorded_headers(head), client=connection.endpoint),
        )
        if connection.note:
            self.exchange.detail.notes.append(connection.note)
        if head.body != NO_BODY:
            type = media_type(head)
            self.exchange.summary.mode = data_mode(type)
            if streamed(type):
                self._record = StreamRecord(self._service.sink, self.exchange)
            elif head.method == b"POST" and may_be_graphql(type):
                self._asked = []
        elif b"uery" in self._path:  # query=, persistedQuery
            self.exchange.summary.operation = operation_of("GET", self._path, "", b"")
        if self._http2 and isinstance(head, Http2RequestHead) and head.protocol:
            self._record = StreamRecord(self._service.sink, self.exchange)
            self.exchange.summary.mode = ""
            if head.protocol == b"websocket":
                self.exchange.summary.protocol = "websocket"
        if self._service.postman_headers:
            self._unwrap()

    def _unwrap(self) -> None:
        found = unwrapped(self._head)
        if found is None:
            return
        self._sent_head, self._host, notes = found
        self.exchange.detail.notes += notes
        if self._sent_head is self._head:
            return
        if self._client.connection.door.target is None and is_public(self._origin.host):
            self._check = forged(self._check, self._origin.host)

    def begin(self) -> None:
        connection = self._client.connection
        self._client.wake(0.0)  # the next sweep looks at it
        self._service.sink.opened(self.exchange)
        try:
            if connection.door.guarded:
                connection.door.admit(connection, self._head)
            server = self._service.servers.take(
                self._route, self._check, http2=self._http2, repeatable=self._repeatable
            )
        except WireglassError as error:
            self._fail(error)
            return
        if server is not None:
            self._attach(server)
        else:
            self._connecting = spawn(self._connect())

    @property
    def _repeatable(self) -> bool:
        """Whether it may be sent again if a kept connection turns out to be closed (RFC 9110 9.2.2), which takes the
        body as well: it has been passed on, and is not kept here."""
        return self._head.body == NO_BODY and self._head.method in _IDEMPOTENT

    # To the server

    async def _connect(self) -> None:
        attempt = Attempt()
        try:
            server = await self._service.servers.connect(
                self._route,
                self._check,
                http2=self._http2,
                repeatable=self._repeatable,
                fresh=self._retried,
                attempt=attempt,
            )
        except WireglassError as error:
            if not self._over:
                self._came_so_far(attempt)
                self._fail(error)
            return
        self._connecting = None
        if self._over:
            server.spare()
        else:
            self._attach(server)

    async def _try_http2(self, error: WireglassError) -> None:
        """The server has closed without a word: perhaps it understands HTTP/2 alone."""
        only_http2 = await self._service.servers.only_http2(self._route, self._check)
        if self._over:
            return
        if only_http2 and self._repeatable:
            self.note("sent again: HTTP/2 is all that the server speaks")
            await self._connect()
            return
        if only_http2:
            error.hint = "HTTP/2 is all that the server speaks, which is known now: send it again."
        self._fail(error)

    def _came_so_far(self, attempt: Attempt) -> None:
        """There is no connection, and what is known of the server says why."""
        detail = self.exchange.detail
        detail.server = attempt.endpoint
        detail.timings.dns, detail.timings.connect, detail.timings.tls = attempt.dns, attempt.connect, attempt.tls
        detail.notes += attempt.notes
        self._service.tell_certificates(attempt)

    def _attach(self, server: ServerSide) -> None:
        client, connection = self._client, server.connection
        self._server = server
        detail = self.exchange.detail
        detail.server = connection.endpoint
        if not connection.used:
            dns, connect, tls = connection.phases
            detail.timings.dns, detail.timings.connect, detail.timings.tls = dns, connect, tls
        if connection.unverified:
            detail.notes.append(f"the server's certificate was not verified ({connection.unverified})")
        if connection.notes:
            detail.notes += connection.notes
        if connection.certificates:
            self._service.tell_certificates(connection)
        self._sent_at = perf_counter()
        host = authority(self._head, self._origin, self._tunnel) if self._host is None else self._host
        waiting, self._waiting = self._waiting, []
        server.ask(self, self._sent_head, self._path, host, waiting, self._trailers if self._request_done else None)
        if client.blocked:
            server.hold(PEER_BLOCKED)
        if waiting:
            client.release(WAITING)
        if self._request_done:
            detail.timings.send = (perf_counter() - self._sent_at) * 1000
        self._service.sink.changed(self.exchange)

    def request_body(self, data: bytes) -> None:
        if self._over:
            return
        if self._record is not None:
            self._record.passed(REQUEST, data)
        else:
            self.exchange.summary.request_size += len(data)
            self._service.sink.part(self.exchange, REQUEST, data)
            if self._asked is not None:
                self._asked.append(data)
                if self.exchange.summary.request_size > _GRAPHQL_LIMIT:
                    self._name_operation()  # of a multipart request it stands at the start
        if self._server is not None:
            self._server.body(data)
        elif not self._response_done:
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            if self._waiting_bytes > _WAITING_LIMIT:
                self._client.hold(WAITING)

    def request_end(self, trailers: Headers) -> None:
        self._request_done = True
        if self._over:
            return
        self._name_operation()
        if not self.exchange.summary.request_size:
            self.exchange.summary.mode = ""
        if trailers:
            self.exchange.detail.request_trailers = self._trailers = trailers
        if self._server is not None:
            self._server.end(trailers)
        if self._sent_at:
            self.exchange.detail.timings.send = (perf_counter() - self._sent_at) * 1000
        if self._response_done:
            self._release()

    def _name_operation(self) -> None:
        if self._asked:
            type, body = media_type(self._head), b"".join(self._asked)
            self.exchange.summary.operation = operation = operation_of("POST", self._path, type, body)
            if operation:
                self.exchange.summary.mode = "graphql"
        self._asked = None

    # From the server

    def server_told(self) -> None:
        client, server = self._client, self._server
        client.flush()
        if server is None:
            return
        if self._response_done:
            # A server may answer before it has read the whole request; the rest of it is still its own, unless it says
            # what nobody asked for.
            if self._request_done or (server.held and self.exchange.summary.status != 101):
                self._release()
            elif server.held:
                server.hold(WAITING)  # another protocol, which waits for the end of the request
            return
        if self.exchange.summary.response_size < _EAGER:
            server.ask_for_more()
        sink = self._service.sink
        if sink.full:
            server.hold(RECORD_FULL)
            # Also when this exchange is over by then: others may share the connection.
            sink.when_room(lambda: server.release(RECORD_FULL))

    def response_informational(self, head: ResponseHead) -> None:
        self.exchange.detail.informational.append(Informational(head.status, head.headers))
        if self._watch is None:
            self._watch = Watch(self._begun)
        self._watch.told()
        self._client.response_informational(head)

    def response_head(self, head: ResponseHead) -> None:
        if head.status == 101 and not self._head.upgrade:
            raise BadResponse("The server switched protocols, which nobody had asked for (RFC 9110 15.2.2).")
        now = perf_counter()
        detail, summary = self.exchange.detail, self.exchange.summary
        detail.timings.wait = (now - self._sent_at) * 1000
        self._sent_at = now
        detail.response_version = head.version
        detail.reason = head.reason
        detail.response_headers = head.headers
        summary.status = head.status
        summary.type = media_type(head)
        if self._record is None and streamed(summary.type):
            self._record = StreamRecord(self._service.sink, self.exchange)
        strip_h3 = b"alt-svc" in head.special and not self._service.keeps_alt_svc
        if strip_h3 and offers_h3(head.special[b"alt-svc"]):
            detail.notes.append(H3_TAKEN_OUT)
        if b"location" in head.special and self._service.postman_headers:
            detail.notes.append(LOCATION_RENAMED)
            head = location_renamed(head)
        self._client.response_head(head, request_done=self._request_done, strip_h3=strip_h3)
        self._service.sink.changed(self.exchange)

    def response_body(self, data: bytes) -> None:
        if self._record is not None:
            self._record.passed(RESPONSE, data)
        else:
            self.exchange.summary.response_size += len(data)
            self._service.sink.part(self.exchange, RESPONSE, data)
        self._client.response_body(data)

    def response_end(self, trailers: Headers) -> None:
        self._client.response_end(trailers)
        self.exchange.detail.response_trailers = trailers
        self.exchange.detail.timings.receive = (perf_counter() - self._sent_at) * 1000
        self._response_done = True

    def _release(self) -> None:
        """The response is over: let go of the server and of the client."""
        client, (server, self._server) = self._client, (self._server, None)
        self._over = True
        if server is not None:
            if notes := server.notes():
                self.exchange.detail.notes += notes
            if self.exchange.summary.status == 101 and (switched := server.switched()) is not None:
                client.switch(self.exchange, *switched)
                return
            server.leave(request_done=self._request_done)
        self._close_record(None)
        client.finished(request_done=self._request_done)

    def server_ended(self) -> None:
        self._client.flush()
        self._release()

    def server_failed(self, error: BadResponse) -> None:
        self._client.flush()
        self._fail(error)

    def server_gone(self, error: WireglassError, seen: Seen) -> None:
        self._client.flush()
        if seen is Seen.AS_NOTHING and not (self._retried or self._over):
            self._retried = True
            self._drop_server()
            self._connecting = spawn(self._try_http2(error))
            return
        unseen = seen is Seen.NO and not self.exchange.summary.request_size  # what was passed on is not kept
        if (unseen or (seen is Seen.HARDLY and self._repeatable)) and not (
            self._retried or self.answered or self._over
        ):
            self._retried = True
            self._drop_server()
            if unseen:
                self.note(f"sent again: the server had not looked at it ({error.message})")
            else:
                self.note(_CLOSED_BEFORE)
            self._connecting = spawn(self._connect())
            return
        self._fail(error)

    def server_blocked(self, blocked: bool) -> None:
        if blocked:
            self._client.hold(PEER_BLOCKED)
        else:
            self._client.release(PEER_BLOCKED)

    def note(self, text: str) -> None:
        self.exchange.detail.notes.append(text)

    # From the client

    @property
    def answered(self) -> bool:
        """Whether the client has been sent a response head."""
        return self.exchange.summary.status is not None

    def client_blocked(self, blocked: bool) -> None:
        if self._server is not None:
            if blocked:
                self._server.hold(PEER_BLOCKED)
            else:
                self._server.release(PEER_BLOCKED)

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

    # Deadlines

    def look(self) -> None:
        """Called now and then while it runs: has it stood still for too long?"""
        client, server, service, summary = self._client, self._server, self._service, self.exchange.summary
        limits = service.limits
        client.wake(service.loop.time() + limits.look)
        watch = self._watch
        if watch is None:
            self._watch = watch = Watch(self._begun)
        now = perf_counter()
        if service.sink.full:  # it is we who do not read
            watch.excuse(now)
            return
        host = self._origin.host_port
        if server is None:
            watch.excuse(now)
            error: WireglassError | None = client_gone_while_connecting(host, client.ended_at, limits, now)
        else:
            detail = self.exchange.detail
            standing = Standing(
                host,
                client.ended_at,
                self._sent_at + (detail.timings.send or 0.0) / 1000,
                self._request_done,
                self.answered,
                server.unsent(),
                client.unsent(),
                (summary.request_size, summary.response_size, len(detail.informational), server.held),
            )
            error = overdue(watch, limits, now, standing)
        if isinstance(error, ClientClosed):
            self._client_is_gone(error)
        elif error is not None:
            self._fail(error)

    def _client_is_gone(self, error: ClientClosed) -> None:
        """In case it still reads, it is answered."""
        answered = self.answered
        self.client_lost(error)
        if answered:
            self._client.break_off(error)
        else:
            self._client.answer(error, self._origin.host_port, request_done=self._request_done, leave=True)

    # Ends

    def _fail(self, error: WireglassError) -> None:
        """The server could not answer, or not to the end."""
        if self._over:
            return
        started = self.answered
        if not started and self._server is not None and (hint := self._server.hint()):
            error.hint = hint
        self._abandon()
        if started or self._client.mirrors(error):
            self._close_record(error)
            self._client.break_off(error)
            return
        self.exchange.summary.status = error.http_status
        self.exchange.detail.notes.append("answered by Wireglass, not by the server")
        self._close_record(error)
        self._client.answer(error, self._origin.host_port, request_done=self._request_done)

    def _drop_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            self.exchange.detail.notes += server.notes()
            server.cancel()

    def _abandon(self) -> None:
        self._over = True
        self._drop_server()
        connecting, self._connecting = self._connecting, None
        if connecting is not None and connecting is not asyncio.current_task():
            connecting.cancel()  # nobody waits for this connection any more
        self._waiting.clear()

    def _close_record(self, error: WireglassError | None) -> None:
        summary = self.exchange.summary
        now, detail = perf_counter(), self.exchange.detail
        detail.request_cut = not self._request_done
        summary.duration_ms = (now - self._begun) * 1000
        if detail.response_version and detail.timings.receive is None:  # it broke off inside the response
            detail.timings.receive = (now - self._sent_at) * 1000
        if error is None:
            summary.state = "done"
        else:
            summary.state = "failed"
            summary.error_kind = error.code
            summary.error = error.line()
        self._service.sink.closed(self.exchange)
