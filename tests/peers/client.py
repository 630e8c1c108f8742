"""A client that sends exactly the bytes a test gives it, through a proxy or directly."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path
from types import TracebackType

from tests.peers.http import Message, Wire


def split_address(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


class Client:
    """One connection to ``address`` (``host:port``)."""

    def __init__(
        self, address: str, timeout: float = 20.0, receive_buffer: int | None = None, source: str = ""
    ) -> None:
        """``source``: the address of this machine to come from."""
        host, port = split_address(address)
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer is not None:
            # Before connecting: later the window has been offered already (tcp(7)).
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = Wire(lambda: self.sock.recv(262_144))

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def connect(self, authority: str) -> Message:
        """``CONNECT authority``; the proxy's answer."""
        self.send(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (authority.encode(), authority.encode()))
        return self.wire.head()

    def secure(self, name: str | None, trust: Path | None) -> ssl.SSLSocket:
        """TLS on the connection as it is now; ``trust`` None takes any certificate."""
        sock = client_context(trust).wrap_socket(self.sock, server_hostname=name)
        self.sock = sock
        self.wire = Wire(lambda: self.sock.recv(262_144))
        return sock

    def answer(self, method: str = "GET") -> Message:
        """The next response, body included; 1xx are given like any other."""
        message = self.wire.head()
        self.wire.body(message, response_to=method)
        return message

    def get(self, url: str, *lines: str, method: str = "GET") -> Message:
        """One request in absolute-form (or origin-form, if ``url`` begins with a slash) without a body."""
        host = [] if url.startswith("/") else [f"Host: {url.split('/')[2]}"]
        self.send("\r\n".join([f"{method} {url} HTTP/1.1", *host, *lines, "", ""]).encode("latin-1"))
        return self.answer(method)

    def at_end(self) -> bool:
        """Whether the other side has closed; waits for it."""
        try:
            return self.wire.some() == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def client_context(trust: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(str(trust))
    return context


class HandTls:
    """TLS whose records the test moves by hand, so that it decides how they are cut and when they leave."""

    def __init__(self, name: str | None, trust: Path | None, alpn: list[str] | None = None) -> None:
        context = client_context(trust)
        if alpn:
            context.set_alpn_protocols(alpn)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        self.hello = self._outgoing.read()
        """The ClientHello record."""

    def feed(self, data: bytes) -> None:
        """Records that came before the test knew that they were TLS."""
        self._incoming.write(data)

    def handshake(self, client: Client) -> bytes:
        """Go on from the sent hello. The last flight is returned, not sent."""
        while True:
            try:
                self.tls.do_handshake()
                return self._outgoing.read()
            except ssl.SSLWantReadError:
                client.send(self._outgoing.read())
                data = client.sock.recv(65_536)
                assert data, "the proxy closed during the handshake"
                self._incoming.write(data)

    def seal(self, data: bytes) -> bytes:
        """The records that carry ``data``."""
        self.tls.write(data)
        return self._outgoing.read()

    def over(self, client: Client) -> Wire:
        """What comes back, in clear. Anything that is not TLS makes OpenSSL raise."""

        def receive() -> bytes:
            while True:
                try:
                    return self.tls.read(65_536)
                except ssl.SSLWantReadError:
                    data = client.sock.recv(65_536)
                    if not data:
                        return b""
                    self._incoming.write(data)

        return Wire(receive)


def big_alpn(size: int) -> list[str]:
    """Protocol names that make a ClientHello about ``size`` bytes longer, as post-quantum key shares do in browsers."""
    return ["http/1.1", *(f"padding-{number:055d}" for number in range(size // 64))]
