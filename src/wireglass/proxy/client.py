"""One client's connection: what it speaks, one request after another, and its end."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from wireglass.errors import ClientClosed, ClientTls, Interrupted, ProtocolError, WireglassError
from wireglass.model import Endpoint, Headers
from wireglass.net import PEER_BLOCKED, RECORD_FULL, WAITING, ReadGate, TlsPipe, address_of
from wireglass.proxy.answers import ESTABLISHED, answer, error_answer, own_page
from wireglass.proxy.forward import Forward
from wireglass.proxy.tunnel import Tunnel, failed_connect
from wireglass.wire.client_hello import looks_like_tls, read_client_hello
from wireglass.wire.head import RequestHead
from wireglass.wire.http1 import RequestParser, ResponseParser
from wireglass.wire.target import Origin, make_origin, read_authority

if TYPE_CHECKING:
    from wireglass.proxy.service import Service

_NEVER = float("inf")
_HELD_LIMIT = 256 * 1024  # bytes of pipelined requests that wait for their turn
_LINGER = 2.0  # seconds
_SERVER_FIRST = 0.5  # seconds of silence after CONNECT that make us ask whether the server speaks first (SSH, SMTP)
_OTHER_PROTOCOLS = {0x16: "TLS", 0x04: "SOCKS 4", 0x05: "SOCKS 5"}  # by their first byte
_REQUEST_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} (?:/|\*|[Hh][Tt][Tt][Pp])")
_MAYBE_REQUEST = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: (?:[Hh][Tt]{0,2})?)?")


class ClientConnection(asyncio.Protocol):
    """``take`` is where its bytes go now: the request parser, the look at a tunnel's first bytes, or a tunnel."""

    __slots__ = (
        "_allowed",
        "_eof",
        "_first",
        "_loop",
        "_proceeds",
        "_silence",
        "blocked",
        "closing",
        "connect",
        "current",
        "deadline",
        "endpoint",
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
        self._allowed: tuple[str, int, int] | None = None
        self._eof = False
        self._proceeds = False
        self._first = b""
        self._silence: asyncio.TimerHandle | None = None
        self._loop = service.loop

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self.transport = transport
        self.gate = ReadGate(transport)
        peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not peer:  # it was gone before it was accepted
            transport.abort()
            peer = local
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
        self._stop_silence()
        current, self.current = self.current, None
        tunnel, self.tunnel = self.tunnel, None
        if current is not None:
            current.client_lost(ClientClosed("The client closed the connection before the end."))
        elif tunnel is not None:
            tunnel.client_lost(error)
        elif self.tls is not None and not self.tls.established and not self.closing:
            self._record_failed(
                ClientTls(
                    "The client closed during the TLS handshake: it does not trust the CA, or pins its certificate."
                )
            )
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
        if not keep or self.closing or self.service.draining or (self._eof and self.parser.held == 0):
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
        if self._eof and self.current is None:
            self.close()

    # HTTP

    def _http(self, data: bytes) -> None:
        if not self.head_begun:
            self.head_begun = time.time()
            self.deadline = self._loop.time() + self.service.head_seconds
            if self.tunnel_origin is None and data[0] in _OTHER_PROTOCOLS:
                self._wrong_protocol(_OTHER_PROTOCOLS[data[0]], data)
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
        if head.target[:1] == b"/" and self.tunnel_origin is None:
            status = 200 if head.target == b"/" else 404
            text = own_page(self.endpoint.local)
            self.write([answer(status, text, keep_alive=False, head_only=head.method == b"HEAD")])
            self._linger()
            return
        try:
            self.current = Forward(self, head)
        except ProtocolError as error:
            error.received = head.received
            raise
        self.current.begin()

    def request_body(self, data: bytes) -> None:
        if self.current is not None:
            self.current.request_body(data)

    def request_end(self, trailers: Headers) -> None:
        if self.current is not None:
            self.current.request_end(trailers)
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

    def _wrong_protocol(self, name: str, data: bytes) -> None:
        """No answer in HTTP would be understood."""
        error = ProtocolError(
            f"The client speaks {name} to the proxy, which speaks HTTP.",
            "Give the proxy's address with http:// in front, for https targets too.",
        )
        error.received = data
        self._record_failed(error)
        self.abort()

    def _linger(self) -> None:
        """Closes our side and reads on for a moment: closing with unread bytes would reset the connection, and the
        answer could be lost on the way (RFC 9112 9.6)."""
        self.closing = True
        self.take = self._discard
        self.gate.release(PEER_BLOCKED | WAITING)
        if self._eof or self.transport.is_closing() or not self.transport.can_write_eof():
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
        self.take = self._look
        self.deadline = self._loop.time() + self.service.hello_seconds
        rest = self.parser.rest()
        if rest:
            self._look(rest)
        else:
            self._silence = self._loop.call_later(_SERVER_FIRST, self._client_is_silent)

    def _look(self, data: bytes) -> None:
        """The first bytes in a tunnel: TLS, plain HTTP, or neither."""
        self._stop_silence()
        self._first += data
        first = self._first
        tls = looks_like_tls(first)
        if tls:
            self._hello(first)
        elif tls is None:
            return
        elif _REQUEST_START.match(first):
            self._begin_http("http")
            self.take(first)
        elif not _MAYBE_REQUEST.fullmatch(first):
            self._pass_through(first)

    def _hello(self, first: bytes) -> None:
        assert self.tunnel_origin is not None
        try:
            hello = read_client_hello(first)
        except ProtocolError:
            self._pass_through(first)  # it began like TLS and is something else
            return
        if hello is None:
            return
        name = hello.sni or self.tunnel_origin.host
        try:
            context = self.service.contexts.for_host(name)
        except WireglassError as error:
            self._record_failed(error)
            self.abort()
            return
        self.server_name = name
        self.tls = TlsPipe(context, server_side=True, server_hostname=name)
        self._begin_http("https")
        self._tls_data(self.tls, first)

    def _begin_http(self, scheme: str) -> None:
        assert self.tunnel_origin is not None
        self.tunnel_origin = make_origin(scheme, self.tunnel_origin.host, self.tunnel_origin.port)
        self._first = b""
        self.parser = RequestParser(self)
        self.head_begun = 0.0
        self.take = self._http

    def _client_is_silent(self) -> None:
        self._silence = None
        self._begin_tunnel(b"")

    def _pass_through(self, first: bytes) -> None:
        self._first = b""
        if self.tunnel is None:
            self._begin_tunnel(first)
        else:
            self.tunnel.client_data(first)

    def _begin_tunnel(self, first: bytes) -> None:
        assert self.tunnel_origin is not None and self.connect is not None
        self.deadline = _NEVER
        self.tunnel = Tunnel(self, self.connect, self.tunnel_origin, self.head_begun)
        self.take = self.tunnel.client_data
        self.tunnel.begin(first)

    def look_after_all(self, data: bytes) -> None:
        """The client spoke before the server did: look at its bytes as if the tunnel had not been begun."""
        self.tunnel = None
        self.take = self._look
        self.deadline = self._loop.time() + self.service.hello_seconds
        self._look(data)

    def _stop_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    # Ends

    def _ended(self) -> None:
        """The client sends no more."""
        self._eof = True
        if self.tunnel is not None:
            self.tunnel.client_eof()
        elif not self.parser.ended or (self.current is None and (self.closing or not self.parser.held)):
            self.close()

    def _failed_handshake(self, error: ClientTls) -> None:
        current, self.current = self.current, None
        if current is not None:
            current.client_lost(error)
        elif self.tunnel is not None:
            self.tunnel.interrupt(error)
        elif self.tls is not None and not self.tls.established:
            self._record_failed(error)
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
        if self.take == self._discard:
            if self.transport.get_write_buffer_size():
                self.deadline = self._loop.time() + _LINGER  # it still reads, slowly
            else:
                self.abort()
        elif self.take == self._look and looks_like_tls(self._first) is False:
            self._pass_through(self._first)
        elif self.take == self._look:
            self._record_failed(ClientTls(f"No complete TLS hello within {self.service.hello_seconds:g} s."))
            self.abort()
        elif self.tls is not None and not self.tls.established:
            self._failed_handshake(
                ClientTls(f"The TLS handshake was not done within {self.service.hello_seconds:g} s.")
            )
        elif self.current is None and self.blocked:
            self.abort()
        elif self.current is None and not self.parser.idle:
            self._refuse(ProtocolError(f"The request head was not complete within {self.service.head_seconds:g} s."))
        elif self.current is None:
            self.close()

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
