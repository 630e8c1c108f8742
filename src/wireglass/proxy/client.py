"""One client's connection: what it speaks, one request after another, and its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, cast

from wireglass.errors import (
    ClientClosed,
    ClientDistrust,
    ClientTls,
    ClientTlsTimeout,
    Interrupted,
    ProtocolError,
    WireglassError,
)
from wireglass.model import Endpoint, Headers
from wireglass.net import (
    PEER_BLOCKED,
    RECORD_FULL,
    WAITING,
    ReadGate,
    TlsPipe,
    address_of,
    client_left_handshake,
    client_left_unspoken,
    wait_longer,
)
from wireglass.proxy.answers import ESTABLISHED, error_answer
from wireglass.proxy.first_bytes import OTHER_PROTOCOLS, FirstBytes, wrong_protocol
from wireglass.proxy.forward import Forward
from wireglass.proxy.own_pages import answer_ourselves, for_ourselves
from wireglass.proxy.tunnel import Tunnel, failed_connect
from wireglass.wire.head import RequestHead
from wireglass.wire.http1 import RequestParser, ResponseParser
from wireglass.wire.target import Origin, make_origin, read_authority

if TYPE_CHECKING:
    from wireglass.proxy.service import Service

_NEVER = float("inf")
_HELD_LIMIT = 256 * 1024  # bytes of pipelined requests that wait for their turn
_LINGER = 2.0  # seconds
_NOT_SENT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
_MOST_NOT_SENT = 128 * 1024
"""Bytes that the system may hold for a client beyond what its window takes. Without this it holds up to 4 MB (tcp_wmem)
and all is recorded: with 200 slow readers others waited 1.5 to 2.1 s for what takes 0.1 s with it, and 240 MB were
resident in place of 118. A fast client's download is not slower."""


class ClientConnection(asyncio.Protocol):
    """``take`` is where its bytes go now: the request parser, the look at a tunnel's first bytes, or a tunnel."""

    __slots__ = (
        "_allowed",
        "_loop",
        "_own_page",
        "_proceeds",
        "_silent_since",
        "_taken_at",
        "_unsent",
        "blocked",
        "closing",
        "connect",
        "current",
        "deadline",
        "ended_at",
        "endpoint",
        "first_bytes",
        "gate",
        "head_begun",
        "ip",
        "local_ip",
        "parser",
        "response_parser",
        "server_name",
        "service",
        "take",
        "tls",
        "transport",
        "tunnel",
        "tunnel_origin",
    )

    transport: asyncio.Transport
    gate: ReadGate
    endpoint: Endpoint

    def __init__(self, service: Service) -> None:
        self.service = service
        self.current: Forward | None = None
        self.tunnel: Tunnel | None = None
        self.tls: TlsPipe | None = None
        self.server_name = ""
        """The name the client asked for in its ClientHello, or the host of the CONNECT; empty without TLS."""
        self.tunnel_origin: Origin | None = None
        """Where the requests inside a tunnel go."""
        self.connect: RequestHead | None = None
        self.first_bytes: FirstBytes | None = None
        """While it is not known yet what a tunnel carries."""
        self.parser = RequestParser(self)
        self.response_parser = ResponseParser()
        """For one exchange after the other: a parser of its own would tie each into a reference cycle."""
        self.take: Callable[[bytes], None] = self._http
        self.closing = False
        self.blocked = False
        """The client does not read: what is written to it piles up."""
        self.deadline = _NEVER
        self.head_begun = 0.0
        """Unix time of the first byte of the request that is being read; 0 between requests."""
        self.ended_at = 0.0
        """``perf_counter`` when it ended its side, which is not to say that it reads no more; 0 before."""
        self._allowed: tuple[str, int, int] | None = None
        self._own_page = False
        """The request that is being read was answered with a page of ours."""
        self._proceeds = False
        self._silent_since = 0.0
        """``perf_counter`` at the end of the TLS handshake, until the first byte inside it; else 0."""
        self._unsent = 0
        """What it had left to take at the last look, if nothing ran then."""
        self._taken_at = 0.0
        """Loop time of the look that saw it take some."""
        self._loop = service.loop

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self.transport = transport
        if not self.service.has_room():
            self.service.turned_away.add(transport)
            return
        self.gate = ReadGate(transport)
        peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not peer:  # it was gone before it was accepted
            transport.abort()
            peer = local
        elif _NOT_SENT is not None:
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _NOT_SENT, _MOST_NOT_SENT)
        self.ip, self.local_ip = peer[0], local[0]
        self.endpoint = Endpoint(peer=address_of(peer), local=address_of(local), number=next(self.service.numbers))
        self.deadline = self._loop.time() + self.service.idle_seconds
        self.service.connections.add(self)

    def data_received(self, data: bytes) -> None:
        tls = self.tls
        if tls is None:
            self.take(data)
        else:
            self._tls_data(tls, data)
        if self.service.sink.full:
            self.hold_for_record()

    def _tls_data(self, tls: TlsPipe, data: bytes) -> None:
        before = tls.established
        try:
            plain = tls.feed(data)
        except ClientTls as error:
            self._send_tls()
            self._failed_handshake(error)
            return
        self._send_tls()
        if not before and tls.established:
            self.deadline = self._loop.time() + self.service.idle_seconds
            described = tls.describe()
            self._silent_since = perf_counter()
            self.endpoint = Endpoint(self.endpoint.peer, self.endpoint.local, described, self.endpoint.number)
        if plain:
            self.take(plain)
        if tls.closed:
            self._ended()

    def eof_received(self) -> bool:
        self._ended()
        # Half-closed: the answer to a complete request is still on its way (RFC 9112 9.6 leaves the order to peers).
        return not self.transport.is_closing()

    def connection_lost(self, error: Exception | None) -> None:
        if self.first_bytes is not None:
            self.first_bytes.stop()
        current, self.current = self.current, None
        tunnel, self.tunnel = self.tunnel, None
        if current is not None:
            current.client_lost(ClientClosed("The client closed the connection before the end."))
        elif tunnel is not None:
            tunnel.client_lost(error)
        elif self.tls is not None and not self.tls.established and not self.closing:
            self._record_failed(client_left_handshake(self.server_name))
        elif self._silent_since and (self.ended_at or not self.closing):
            stayed = (self.ended_at or perf_counter()) - self._silent_since
            self.service.wordless.left(self, client_left_unspoken(self.server_name, stayed), stayed)
        self.service.left(self)

    def pause_writing(self) -> None:
        self._blocked(True)

    def resume_writing(self) -> None:
        self._blocked(False)

    def _blocked(self, blocked: bool) -> None:
        self.blocked = blocked
        if self._proceeds and not blocked:
            self._loop.call_soon(self._proceed)
        if self.current is not None:
            self.current.client_blocked(blocked)
        elif self.tunnel is not None:
            self.tunnel.client_blocked(blocked)

    # For whoever answers

    def write(self, pieces: list[bytes]) -> None:
        """Encrypts where the client speaks TLS."""
        if self.tls is not None:
            self.transport.write(self.tls.write(pieces[0] if len(pieces) == 1 else b"".join(pieces)))
        elif len(pieces) == 1:
            self.transport.write(pieces[0])
        else:
            self.transport.writelines(pieces)

    def close(self) -> None:
        """Sends what is buffered, then closes."""
        self.closing = True
        if self.tls is not None and self.tls.established and not self.transport.is_closing():
            self.transport.write(self.tls.close())
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self.deadline = self._loop.time() + _LINGER

    def abort(self) -> None:
        self.closing = True
        self.transport.abort()

    def why_refused(self, address: str, port: int) -> str | None:
        """A ``net.Check``: may this client reach that address."""
        # Asked for every request of a kept connection; a newly found address of ours makes it a new question.
        question = (address, port, len(self.service.pool.own_addresses))
        if question == self._allowed:
            return None
        refused = self.service.why_refused(self.ip, self.local_ip, address, port)
        if refused is None:
            self._allowed = question
        return refused

    def hold_for_record(self) -> None:
        """Reads no more until the record has room."""
        self.gate.hold(RECORD_FULL)
        self.service.sink.when_room(self._record_has_room)

    def _record_has_room(self) -> None:
        self.gate.release(RECORD_FULL)

    def finished(self, keep: bool) -> None:
        """The current exchange is over; ``keep``: the connection may carry another."""
        self.current = None
        self.gate.release(PEER_BLOCKED | WAITING)
        if not self.parser.ended:
            self._linger()
            return
        if not keep or self.closing or self.service.draining or (self.ended_at and self.parser.held == 0):
            self.close()
            return
        self.head_begun = 0.0
        self.deadline = self._loop.time() + self.service.idle_seconds
        if self.blocked:
            self._proceeds = True  # when the client has read: answers that nobody takes would pile up
        elif self.parser.held:
            # Not at once: a long row of pipelined requests that are answered at once would go down the stack.
            self._loop.call_soon(self._proceed)
        else:
            self.parser.proceed()

    def _proceed(self) -> None:
        self._proceeds = False
        if self.transport.is_closing():
            return
        try:
            if self.parser.held:
                self.head_begun = time.time()
                self.deadline = self._loop.time() + self.service.head_seconds
            self.parser.proceed()
        except ProtocolError as error:
            self._refuse(error)
        if self.ended_at and self.current is None:
            self.close()

    # HTTP

    def _http(self, data: bytes) -> None:
        if not self.head_begun:
            self.head_begun = time.time()
            self.deadline = self._loop.time() + self.service.head_seconds
            if self._silent_since:
                self._silent_since = 0.0
                self.service.wordless.spoke(self)
            if self.tunnel_origin is None and data[0] in OTHER_PROTOCOLS:
                wrong_protocol(self, data)
                return
        try:
            self.parser.feed(data)
        except ProtocolError as error:
            self._refuse(error)
            return
        if self.parser.held > _HELD_LIMIT and self.parser.ended:
            self.gate.hold(WAITING)

    def request_head(self, head: RequestHead) -> None:
        self.deadline = _NEVER
        if head.method == b"CONNECT" and self.tunnel_origin is None:
            self.connect = head
            return
        if for_ourselves(head, self.tunnel_origin):
            self._answer_ourselves(head)
            return
        try:
            self.current = Forward(self, head)
        except ProtocolError as error:
            error.received = head.received
            raise
        self.current.begin()

    def _answer_ourselves(self, head: RequestHead) -> None:
        try:
            response, self._own_page = answer_ourselves(self, head)
        except ProtocolError as error:
            error.received = head.received
            raise
        self.write([response])
        if not self._own_page:
            self._linger()

    def request_body(self, data: bytes) -> None:
        if self.current is not None:
            self.current.request_body(data)

    def request_end(self, trailers: Headers) -> None:
        if self.current is not None:
            self.current.request_end(trailers)
        elif self._own_page:
            self._own_page = False
            self.finished(True)
        elif self.connect is not None and self.tunnel_origin is None and not self.closing:
            self._connected(self.connect)

    def _refuse(self, error: ProtocolError) -> None:
        """Malformed bytes from the client: say why, and close. Nothing after them can be believed."""
        current, self.current = self.current, None
        if current is None:
            self._record_failed(error)
        else:
            current.client_lost(error)
            if current.answered:  # an error page inside another response would be taken for a part of it
                self.abort()
                return
        self.write([error_answer(error, keep_alive=False, head_only=False)])
        self._linger()

    def _linger(self) -> None:
        """Closes our side and reads on for a moment: closing with unread bytes would reset the connection, and the
        answer could be lost on the way (RFC 9112 9.6)."""
        self.closing = True
        self.take = self._discard
        self.gate.release(PEER_BLOCKED | WAITING)
        if self.ended_at or self.transport.is_closing() or not self.transport.can_write_eof():
            self.close()
            return
        if self.tls is not None:
            self.transport.write(self.tls.close())
            self.tls = None  # what comes is discarded, and nothing can be written behind the end
        self.transport.write_eof()
        self.deadline = self._loop.time() + _LINGER

    def _discard(self, data: bytes) -> None:
        """The connection is being closed."""

    # CONNECT

    def _connected(self, head: RequestHead) -> None:
        try:
            host, port = read_authority(head.target, None)
        except ProtocolError as error:
            error.received = head.received
            raise
        self.write([ESTABLISHED])
        self.tunnel_origin = make_origin("http", host, port)
        rest = self.parser.rest()
        first_bytes = self._begin_look()
        if rest:
            first_bytes.look(rest)
        else:
            first_bytes.wait()

    def _begin_look(self) -> FirstBytes:
        self.first_bytes = first_bytes = FirstBytes(self)
        self.take = first_bytes.look
        self.deadline = self._loop.time() + self.service.hello_seconds
        return first_bytes

    def look_after_all(self, data: bytes) -> None:
        """The client spoke before the server did: look at its bytes as if the tunnel had not been begun."""
        self.tunnel = None
        self._begin_look().look(data)

    def begin_tls(self, context: ssl.SSLContext, name: str, first: bytes) -> None:
        """Inside the tunnel is TLS for ``name``, with HTTP in it; ``first`` begins with the whole ClientHello."""
        self.server_name = name
        self.tls = tls = TlsPipe(context, server_side=True, server_hostname=name)
        self._expect_http("https")
        self._tls_data(tls, first)

    def begin_http(self, first: bytes) -> None:
        """Inside the tunnel is HTTP in clear."""
        self._expect_http("http")
        self.take(first)

    def _expect_http(self, scheme: str) -> None:
        assert self.tunnel_origin is not None
        self.tunnel_origin = make_origin(scheme, self.tunnel_origin.host, self.tunnel_origin.port)
        self.first_bytes = None
        self.parser = RequestParser(self)
        self.head_begun = 0.0
        self.take = self._http

    # Ends

    def _ended(self) -> None:
        """The client sends no more."""
        self.ended_at = perf_counter()
        if self.tunnel is not None:
            self.tunnel.client_eof()
        elif self.tls is not None and not self.tls.established:
            self.transport.close()  # what it did not like is recorded when the connection is lost
        elif not self.parser.ended or (self.current is None and (self.closing or not self.parser.held)):
            self.close()

    def _failed_handshake(self, error: ClientTls) -> None:
        current, self.current = self.current, None
        if current is not None:
            current.client_lost(error)
        elif self.tunnel is not None:
            self.tunnel.interrupt(error)
        elif self.tls is not None and (
            not self.tls.established or self._silent_since or isinstance(error, ClientDistrust)
        ):
            self._record_failed(error)
        self._silent_since = 0.0
        self.tls = None
        self.take = self._discard
        self.transport.close()

    def _send_tls(self) -> None:
        out = self.tls.out() if self.tls is not None else b""
        if out:
            self.transport.write(out)

    def _record_failed(self, error: WireglassError) -> None:
        failed_connect(self, error)

    def expired(self) -> None:
        """Its deadline has passed: a head or hello that never ends, or nothing for long."""
        self.deadline = _NEVER
        running = self.current or self.tunnel
        if running is not None:
            running.look()
        elif unsent := self.transport.get_write_buffer_size():
            self._wait_for(unsent)
        elif self.take == self._discard:
            self.abort()
        elif self.first_bytes is not None:
            self.first_bytes.expired()
        elif self.tls is not None and not self.tls.established:
            self._failed_handshake(
                ClientTlsTimeout(f"The TLS handshake was not done within {self.service.hello_seconds:g} s.")
            )
        elif not self.parser.idle:
            self._refuse(
                ProtocolError(
                    f"The request head was not complete within {self.service.head_seconds:g} s.",
                    wait_longer("--head-timeout", self.service.head_seconds),
                )
            )
        else:
            self.close()

    def _wait_for(self, unsent: int) -> None:
        """Nothing runs any more, and the client has not taken the end yet: it may, as slowly as it likes, but has to
        move."""
        now = self._loop.time()
        patience = self.service.idle_seconds
        if unsent != self._unsent:
            self._unsent, self._taken_at = unsent, now
        elif now - self._taken_at > patience:
            self.abort()
            return
        self.deadline = now + min(_LINGER, patience)

    def drain(self) -> None:
        """Wireglass is being stopped: close now, or after the running exchange."""
        self.closing = True
        if self.current is None and self.tunnel is None:
            self.close()

    def interrupt(self) -> None:
        error = Interrupted("Wireglass was stopped before the end.")
        if self.current is not None:
            current, self.current = self.current, None
            current.client_lost(error)
        elif self.tunnel is not None:
            self.tunnel.interrupt(error)
        self.abort()
