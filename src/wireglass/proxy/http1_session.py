"""HTTP/1 on a client's connection: one request after another, answered in their order."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

from wireglass.errors import ProtocolError, WireglassError
from wireglass.model import Exchange, Headers
from wireglass.net import PEER_BLOCKED, WAITING, Upstream, unsent, wait_longer
from wireglass.proxy.answers import error_answer
from wireglass.proxy.forward import Forward
from wireglass.proxy.own_pages import answer_ourselves, for_ourselves
from wireglass.proxy.tunnel import Tunnel
from wireglass.wire.forward import chunk, forward_response, informational_response, last_chunk, response_framing
from wireglass.wire.head import CHUNKED, NO_BODY, UNTIL_CLOSE, RequestHead, ResponseHead
from wireglass.wire.http1 import RequestParser

if TYPE_CHECKING:
    from wireglass.proxy.client import ClientConnection

_NEVER = float("inf")
_HELD_LIMIT = 256 * 1024  # bytes of pipelined requests that wait for their turn


class Http1Session:
    """A ``Session`` of the connection, and the ``ClientSide`` of the exchange that runs on it."""

    __slots__ = (
        "_connect",
        "_framing",
        "_head",
        "_keep",
        "_out",
        "_own_page",
        "_parser",
        "_proceeds",
        "connection",
        "current",
    )

    _head: RequestHead

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.current: Forward | None = None
        self._parser = RequestParser(self)
        self._connect: RequestHead | None = None
        self._framing = NO_BODY
        self._keep = False
        self._out: list[bytes] = []
        self._own_page = False
        """The request that is being read was answered with a page of ours."""
        self._proceeds = False

    # The connection's calls

    def feed(self, data: bytes) -> None:
        connection = self.connection
        if not connection.head_begun:
            connection.begin_head()
        try:
            self._parser.feed(data)
        except ProtocolError as error:
            self._refuse(error)
            return
        if self._parser.held > _HELD_LIMIT and self._parser.ended:
            connection.gate.hold(WAITING)

    @property
    def running(self) -> bool:
        return self.current is not None

    def lost(self, error: WireglassError) -> bool:
        """The connection is gone, or about to be closed: whether something ran."""
        current, self.current = self.current, None
        if current is None:
            return False
        current.client_lost(error)
        return True

    def interrupt(self, error: WireglassError) -> bool:
        current = self.current
        self.lost(error)
        if current is None or current.answered or self.connection.transport.is_closing():
            return False
        head = self._head
        self.connection.write([error_answer(error, keep_alive=False, head_only=head.method == b"HEAD", head=head)])
        return True

    def ended(self) -> None:
        """The client sends no more."""
        parser = self._parser
        if not parser.ended or (self.current is None and (self.connection.closing or not parser.held)):
            self.connection.close()

    def look(self) -> None:
        if self.current is not None:
            self.current.look()

    def expired(self) -> None:
        """Nothing runs, and the time for the next request is over."""
        if self._parser.idle:
            self.connection.close()
            return
        seconds = self.connection.service.head_seconds
        self._refuse(
            ProtocolError(
                f"The request head was not complete within {seconds:g} s.", wait_longer("--head-timeout", seconds)
            )
        )

    def client_blocked(self, blocked: bool) -> None:
        if self._proceeds and not blocked:
            self.connection.service.loop.call_soon(self._proceed)
        if self.current is not None:
            self.current.client_blocked(blocked)

    def drain(self) -> None:
        """Wireglass is being stopped: close now, or after the running exchange."""
        if self.current is None:
            self.connection.close()

    # Requests

    def request_head(self, head: RequestHead) -> None:
        connection = self.connection
        connection.deadline = _NEVER
        if head.method == b"CONNECT" and connection.tunnel_origin is None:
            self._connect = head
            return
        if for_ourselves(head, connection.tunnel_origin):
            self._answer_ourselves(head)
            return
        self._head = head
        try:
            self.current = Forward(self, head, connection.head_begun)
        except ProtocolError as error:
            error.received = head.received
            raise
        self.current.begin()

    def _answer_ourselves(self, head: RequestHead) -> None:
        try:
            response, self._own_page = answer_ourselves(self.connection, head)
        except ProtocolError as error:
            error.received = head.received
            raise
        self.connection.write([response])
        if not self._own_page:
            self.connection.linger()

    def request_body(self, data: bytes) -> None:
        if self.current is not None:
            self.current.request_body(data)

    def request_end(self, trailers: Headers) -> None:
        if self.current is not None:
            self.current.request_end(trailers)
        elif self._own_page:
            self._own_page = False
            self._next(keep=True)
        elif self._connect is not None and not self.connection.closing:
            self.connection.connected(self._connect, self._parser.rest())

    def _refuse(self, error: ProtocolError) -> None:
        """Malformed bytes from the client: say why, and close. Nothing after them can be believed."""
        current, self.current = self.current, None
        connection = self.connection
        if current is None:
            connection.record_failed(error)
        else:
            current.client_lost(error)
            if current.answered:  # an error page inside another response would be taken for a part of it
                connection.abort()
                return
        connection.write([error_answer(error, keep_alive=False, head_only=False)])
        connection.linger()

    def _next(self, *, keep: bool) -> None:
        """The current exchange is over; ``keep``: the connection may carry another."""
        connection, parser = self.connection, self._parser
        self.current = None
        connection.gate.release(PEER_BLOCKED | WAITING)
        if not parser.ended:
            connection.linger()
            return
        service = connection.service
        if not keep or connection.closing or service.draining or (connection.ended_at and parser.held == 0):
            connection.close()
            return
        connection.head_begun = 0.0
        connection.deadline = service.loop.time() + service.idle_seconds
        if connection.blocked:
            self._proceeds = True  # when the client has read: answers that nobody takes would pile up
        elif parser.held:
            # Not at once: a long row of pipelined requests that are answered at once would go down the stack.
            service.loop.call_soon(self._proceed)
        else:
            parser.proceed()

    def _proceed(self) -> None:
        self._proceeds = False
        connection = self.connection
        if connection.transport.is_closing():
            return
        try:
            if self._parser.held:
                connection.head_begun = time.time()
                connection.deadline = connection.service.loop.time() + connection.service.head_seconds
            self._parser.proceed()
        except ProtocolError as error:
            self._refuse(error)
        if connection.ended_at and self.current is None:
            connection.close()

    # The client's side of the current exchange

    @property
    def blocked(self) -> bool:
        return self.connection.blocked

    @property
    def ended_at(self) -> float:
        return self.connection.ended_at

    def response_informational(self, head: ResponseHead) -> None:
        if self._head.minor == 1:  # RFC 9110 15.2: never to an HTTP/1.0 client
            self._out.append(informational_response(head))

    def response_head(self, head: ResponseHead, *, request_done: bool, strip_h3: bool) -> None:
        connection, request = self.connection, self._head
        self._framing = framing = response_framing(head, request.minor)
        self._keep = (
            request.keep_alive
            and framing != UNTIL_CLOSE
            and (request_done or head.keep_alive)
            and not connection.closing
            and not connection.service.draining
        )
        self._out.append(forward_response(head, framing, request.minor, self._keep, strip_h3=strip_h3))

    def response_body(self, data: bytes) -> None:
        self._out.append(chunk(data) if self._framing == CHUNKED else data)

    def response_end(self, trailers: Headers) -> None:
        if self._framing == CHUNKED:
            self._out.append(last_chunk(trailers))

    def flush(self) -> None:
        out = self._out
        if out:
            self._out = []
            if not self.connection.transport.is_closing():
                self.connection.write(out)

    def unsent(self) -> int:
        return unsent(self.connection.transport)

    def hold(self, reason: int) -> None:
        self.connection.gate.hold(reason)

    def release(self, reason: int) -> None:
        self.connection.gate.release(reason)

    def wake(self, at: float) -> None:
        self.connection.deadline = at

    def finished(self, *, request_done: bool) -> None:
        self._next(keep=self._keep and request_done)

    def mirrors(self, error: WireglassError) -> bool:
        return False

    def answer(self, error: WireglassError, host: str, *, request_done: bool, leave: bool = False) -> None:
        head = self._head
        keep = head.keep_alive and request_done and not leave
        answer = error_answer(error, keep_alive=keep, head_only=head.method == b"HEAD", head=head, host=host)
        if not self.connection.transport.is_closing():
            self.connection.write([answer])
        if leave:
            self.current = None
            self.connection.close()
        else:
            self._next(keep=keep)

    def break_off(self, error: WireglassError) -> None:
        self.current = None
        self._out = []
        if self._framing == UNTIL_CLOSE:
            _reset(self.connection)
        self.connection.abort()  # a length or chunk that never comes tells the client that it has not got everything

    def switch(self, exchange: Exchange, upstream: Upstream, first: bytes) -> None:
        connection = self.connection
        connection.gate.release(WAITING)
        upstream.gate.release(WAITING)
        self.current = None
        connection.tunnel = tunnel = Tunnel.after_switch(connection, exchange, upstream)
        connection.take = tunnel.client_data
        tunnel.upstream_data(first)
        tunnel.client_data(self._parser.rest())


def _reset(connection: ClientConnection) -> None:
    """Makes the end of the connection a RST: where the close is the end of the body, an orderly one would say that it
    is whole (RFC 9112 8)."""
    transport = connection.transport
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
