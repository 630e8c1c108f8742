"""One client's connection: what it speaks, and its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, cast

from wireglass.errors import (
    ClientClosed,
    ClientDistrust,
    ClientTls,
    ClientTlsTimeout,
    Interrupted,
    ProtocolError,
    ProxyAuthWanted,
    WireglassError,
)
from wireglass.model import Endpoint
from wireglass.net import (
    HTTP2,
    PEER_BLOCKED,
    RECORD_FULL,
    WAITING,
    ReadGate,
    TlsPipe,
    address_of,
    client_left_handshake,
    client_left_unspoken,
)
from wireglass.proxy.answers import ESTABLISHED
from wireglass.proxy.doors import Door, refuse_connect
from wireglass.proxy.first_bytes import FirstBytes, tls_to_proxy
from wireglass.proxy.http1_session import Http1Session
from wireglass.proxy.http2_session import Http2Session
from wireglass.proxy.site import HOST
from wireglass.proxy.socks import NOTE, SocksSession, refuse_socks4
from wireglass.proxy.tunnel import Tunnel, failed_connect
from wireglass.wire.head import RequestHead
from wireglass.wire.http2_frames import PREFACE
from wireglass.wire.target import Origin, make_origin, read_authority

if TYPE_CHECKING:
    from wireglass.proxy.service import Service

_NEVER = float("inf")
_LINGER = 2.0  # seconds
_NOT_SENT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
_MOST_NOT_SENT = 128 * 1024
"""Bytes that the system may hold for a client beyond what its window takes. Without this it holds up to 4 MB (tcp_wmem)
and all is recorded: with 200 slow readers others waited 1.5 to 2.1 s for what takes 0.1 s with it, and 240 MB were
resident in place of 118. A fast client's download is not slower."""


class Session(Protocol):
    """What the client speaks once that is known."""

    @property
    def running(self) -> bool:
        """Whether an exchange is under way."""

    def feed(self, data: bytes) -> None: ...
    def lost(self, error: WireglassError) -> bool: ...
    def ended(self) -> None: ...
    def look(self) -> None: ...
    def expired(self) -> None: ...
    def client_blocked(self, blocked: bool) -> None: ...
    def drain(self) -> None: ...
    def interrupt(self, error: WireglassError) -> bool:
        """Wireglass is being stopped now: whether the client has been told, and is to be closed after that."""


class ClientConnection(asyncio.Protocol):
    """``take`` is where its bytes go now: the session, the look at a tunnel's first bytes, or a tunnel."""

    __slots__ = (
        "_allowed",
        "_early",
        "_loop",
        "_silent_since",
        "_taken_at",
        "_unsent",
        "blocked",
        "closing",
        "connect",
        "deadline",
        "door",
        "ended_at",
        "endpoint",
        "extended_connect",
        "first_bytes",
        "gate",
        "head_begun",
        "ip",
        "local_ip",
        "note",
        "server_name",
        "service",
        "session",
        "take",
        "tls",
        "transport",
        "tunnel",
        "tunnel_origin",
    )

    transport: asyncio.Transport
    gate: ReadGate
    endpoint: Endpoint

    def __init__(self, service: Service, door: Door) -> None:
        self.service = service
        self.door = door
        self.note = ""
        """For the record of all that comes over it."""
        self.tunnel: Tunnel | None = None
        self.tls: TlsPipe | None = None
        self.server_name = ""
        """The name the client asked for in its ClientHello, or the host of the CONNECT; empty without TLS."""
        self.tunnel_origin: Origin | None = door.target
        """Where the requests inside a tunnel go, or those to a port in reverse mode."""
        self.connect: RequestHead | None = None
        self.first_bytes: FirstBytes | None = None
        """While it is not known yet what a tunnel carries."""
        self.extended_connect = False
        """The server takes WebSockets over HTTP/2 (RFC 8441), and the client may be told."""
        self._early = b""
        """The first bytes, while they may become HTTP/2."""
        self.session: Session = Http1Session(self)
        self.take: Callable[[bytes], None] = self._begin
        self.closing = False
        self.blocked = False
        """The client does not read: what is written to it piles up."""
        self.deadline = _NEVER
        self.head_begun = 0.0
        """Unix time of the first byte of the request that is being read; 0 between requests."""
        self.ended_at = 0.0
        """``perf_counter`` when it ended its side, which is not to say that it reads no more; 0 before."""
        self._allowed: tuple[str, int, int] | None = None
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
            if tls.alpn == HTTP2:
                self._speak(Http2Session(self, extended_connect=self.extended_connect))
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
        tunnel, self.tunnel = self.tunnel, None
        if tunnel is not None:
            tunnel.client_lost(error)
        elif self.session.lost(ClientClosed("The client closed the connection before the end.")):
            pass
        elif self.tls is not None and not self.tls.established and not self.closing:
            self.record_failed(client_left_handshake(self.server_name))
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
        if self.tunnel is not None:
            self.tunnel.client_blocked(blocked)
        else:
            self.session.client_blocked(blocked)

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

    # What it speaks

    def _begin(self, data: bytes) -> None:
        """The first bytes to a port of ours."""
        if self.door.target is not None:
            self.note = f"in reverse mode, asked on {self.endpoint.local}"
            self._begin_look().look(data)
            return
        if self._early:
            data, self._early = self._early + data, b""
        if data[:1] == b"P" and len(data) < len(PREFACE) and PREFACE.startswith(data):
            self._early = data
            return
        if data.startswith(PREFACE):
            self.begin_http2(data)
            return
        other = _OTHER_PROTOCOLS.get(data[0])
        if other is not None:
            self.head_begun = time.time()
            other(self, data)
            return
        self.take = self.session.feed
        self.take(data)

    def begin_socks(self, data: bytes) -> None:
        self.note = NOTE
        self._speak(SocksSession(self))
        self.take(data)

    def begin_head(self) -> None:
        """The first byte of a request has come."""
        self.deadline = self._loop.time() + self.service.head_seconds
        self.spoke()

    def spoke(self) -> None:
        """It has something to say, and hence trusts us."""
        self.head_begun = time.time()
        if self._silent_since:
            self._silent_since = 0.0
            self.service.wordless.spoke(self)

    def linger(self) -> None:
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

    def connected(self, head: RequestHead, rest: bytes) -> None:
        """The client has asked for a tunnel, and sent ``rest`` behind it. Raises ProtocolError for a target that is
        none."""
        try:
            host, port = read_authority(head.target, None)
        except ProtocolError as error:
            error.received = head.received
            raise
        if self.door.auth is not None and host != HOST:  # what is public there is for those who cannot log in yet
            try:
                self.door.auth.check(head)
            except ProxyAuthWanted as error:
                self.connect, self.tunnel_origin = head, make_origin("http", host, port)
                refuse_connect(self, head, error)
                return
        self.write([ESTABLISHED])
        self.tunnel_begun(head, host, port, rest)

    def tunnel_begun(self, head: RequestHead, host: str, port: int, rest: bytes) -> None:
        """The client has been told so; ``rest`` is what it sent behind its request."""
        self.connect = head
        self.tunnel_origin = make_origin("http", host, port)
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

    def begin_http2(self, first: bytes) -> None:
        """The client speaks HTTP/2 in clear, with prior knowledge (RFC 9113 3.3)."""
        if self.tunnel_origin is not None:
            self._expect_http("http")
        self._speak(Http2Session(self, extended_connect=False))
        self.take(first)

    def _speak(self, session: Session) -> None:
        self.session = session
        self.take = session.feed

    def _expect_http(self, scheme: str) -> None:
        assert self.tunnel_origin is not None
        if self.door.target is None:
            self.tunnel_origin = make_origin(scheme, self.tunnel_origin.host, self.tunnel_origin.port)
        self.first_bytes = None
        self.head_begun = 0.0
        self._speak(Http1Session(self))

    # Ends

    def _ended(self) -> None:
        """The client sends no more."""
        self.ended_at = perf_counter()
        if self.tunnel is not None:
            self.tunnel.client_eof()
        elif self.tls is not None and not self.tls.established:
            self.transport.close()  # what it did not like is recorded when the connection is lost
        else:
            self.session.ended()

    def _failed_handshake(self, error: ClientTls) -> None:
        if self.session.lost(error):
            pass
        elif self.tunnel is not None:
            self.tunnel.interrupt(error)
        elif self.tls is not None and (
            not self.tls.established or self._silent_since or isinstance(error, ClientDistrust)
        ):
            self.record_failed(error)
        self._silent_since = 0.0
        self.tls = None
        self.take = self._discard
        self.transport.close()

    def _send_tls(self) -> None:
        out = self.tls.out() if self.tls is not None else b""
        if out:
            self.transport.write(out)

    def record_failed(self, error: WireglassError) -> None:
        """Of something that never became an exchange."""
        failed_connect(self, error)

    def expired(self) -> None:
        """Its deadline has passed: a head or hello that never ends, or nothing for long."""
        self.deadline = _NEVER
        if self.tunnel is not None:
            self.tunnel.look()
        elif self.session.running:
            self.session.look()
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
        else:
            self.session.expired()

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
        if self.tunnel is None:
            self.session.drain()

    def interrupt(self) -> None:
        error = Interrupted("Wireglass was stopped before the end.")
        if self.tunnel is not None:
            self.tunnel.interrupt(error)
        elif self.session.interrupt(error):
            self.close()
            return
        self.abort()


_OTHER_PROTOCOLS: dict[int, Callable[[ClientConnection, bytes], None]] = {
    0x04: refuse_socks4,
    0x05: ClientConnection.begin_socks,
    0x16: tls_to_proxy,
}
"""What a client may speak to the proxy's port in place of HTTP, by its first byte."""
