"""TLS on memory BIOs: bytes in, bytes out, for both sides and any event loop.

A transport's own TLS would answer application data that arrives inside the handshake in clear for a moment, and cannot
be given a ClientHello that has been read already. Here the handshake is part of ``feed``, and what is written before
its end waits.
"""

from __future__ import annotations

import contextlib
import hashlib
import ssl

from wireglass.errors import ProtocolError, UpstreamTls, WireglassError
from wireglass.model import Tls
from wireglass.net.hostname import tls_name
from wireglass.net.tls_faults import client_fault, upstream_fault

# OpenSSL returns one record at a time, 16 KiB of plain text at most (RFC 8446 5.1).
_RECORD = 16384
_DER = 2  # _ssl.ENCODING_DER, X509_FILETYPE_ASN1 of OpenSSL


class TlsPipe:
    """One end of a TLS connection. After ``start``, ``feed`` and an error, send what ``out`` returns.

    Raises ``ClientTls`` on the server side and ``UpstreamTls`` on the client side, with the reason by name; the alert
    for the peer is then in ``out``. A peer that ends the connection without ``closed`` being true has cut it off.
    """

    __slots__ = (
        "_failure",
        "_host",
        "_incoming",
        "_outgoing",
        "_port",
        "_server_side",
        "_ssl",
        "_waiting",
        "closed",
        "established",
    )

    def __init__(
        self, context: ssl.SSLContext, *, server_side: bool, server_hostname: str | None, port: int = 443
    ) -> None:
        """``server_hostname``: on the client side what to ask for and verify (``UpstreamTls`` if it can be no name);
        on the server side the name the client asked for, for ``describe`` and messages. ``port``: the server's, for
        messages."""
        self._server_side = server_side
        self._host = server_hostname or ""
        self._port = port
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._waiting: list[bytes] = []
        self._failure: WireglassError | None = None
        self.established = False
        """The handshake is done: what is written now is encrypted at once."""
        self.closed = False
        """The peer has said that nothing follows (close_notify, RFC 8446 6.1)."""
        name = None
        if not server_side and server_hostname is not None:
            try:
                name = str(tls_name(server_hostname))
            except ProtocolError as error:
                raise UpstreamTls(f"TLS is not possible: {error.message}.") from error
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side=server_side, server_hostname=name)

    def start(self) -> None:
        """Begins the handshake on the client side; a server waits for the client."""
        if not self._server_side:
            self._handshake()

    def feed(self, data: bytes) -> bytes:
        """Takes what came from the peer; returns the plain text in it, as far as its records are complete."""
        if self.closed:
            return b""  # RFC 8446 6.1: whatever follows a close_notify is ignored
        incoming = self._incoming
        incoming.write(data)
        if not self.established and not self._handshake():
            return b""
        try:
            plain = self._ssl.read(_RECORD)
            # OpenSSL takes what there is of the next record, so that an empty BIO means there is no more to read:
            # asking would cost an exception for every message.
            if incoming.pending and plain:
                return self._read_on(plain)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLZeroReturnError:  # what an empty read becomes once our own close_notify has been sent
            plain = b""
        except ssl.SSLError as error:
            raise self._failure or self._fault(error) from error
        if not plain:
            self.closed = True
        return plain

    def write(self, plain: bytes) -> bytes:
        """Returns what to send for it: nothing while the handshake lasts, which keeps it for later."""
        if not self.established:
            self._waiting.append(plain)
            return b""
        self._encrypt(plain)
        return self._outgoing.read()

    def out(self) -> bytes:
        """What to send to the peer now; empty if nothing."""
        return self._outgoing.read() if self._outgoing.pending else b""

    def close(self) -> bytes:
        """Says that nothing follows; returns what to send. Reading goes on until ``closed``."""
        # It complains that the peer's close_notify is not here yet, or that there is no session to close.
        with contextlib.suppress(ssl.SSLError):
            self._ssl.unwrap()
        return self.out()

    @property
    def alpn(self) -> str:
        """What both agreed on (RFC 7301); empty if nothing."""
        return self._ssl.selected_alpn_protocol() or ""

    @property
    def resumed(self) -> bool:
        """The handshake took up an earlier session: no certificate was sent in it (RFC 8446 2.2)."""
        return bool(self._ssl.session_reused)

    def offered(self) -> tuple[str, ...]:
        """On the server side the ciphers that both have, in the client's order, in which TLS libraries and programs
        differ. OpenSSL does not tell it (empty) where the client takes up a session of TLS 1.2."""
        return tuple(name for name, _, _ in self._ssl.shared_ciphers() or ())

    def describe(self) -> Tls:
        """After a handshake that failed: as far as is known. The version of TLS 1.2 is not: OpenSSL tells version and
        cipher when it is done; of TLS 1.3 it tells the cipher, which no other version has (RFC 8446 B.4)."""
        cipher = self._ssl.cipher()
        return Tls(
            version=self._ssl.version() or ("TLSv1.3" if cipher and cipher[1] == "TLSv1.3" else ""),
            cipher=cipher[0] if cipher else "",
            alpn=self.alpn,
            sni=self._sni(),
            certificates=tuple(hashlib.sha256(der).digest() for der in self.peer_certificates()),
        )

    def peer_certificates(self) -> list[bytes]:
        """DER of the certificates the peer sent, its own first; empty on the server side (we ask for none)."""
        # Python 3.13 made this public; in 3.11 and 3.12 it stands one object deeper, and gives what prints as DER.
        chain = getattr(self._ssl, "get_unverified_chain", None) or getattr(
            getattr(self._ssl, "_sslobj", None), "get_unverified_chain", None
        )
        if chain is not None:
            return [item if isinstance(item, bytes) else item.public_bytes(_DER) for item in chain() or ()]
        leaf = self._ssl.getpeercert(True)
        return [leaf] if leaf else []

    def _handshake(self) -> bool:
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise self._fault(error) from error
        self.established = True
        for plain in self._waiting:
            self._encrypt(plain)
        self._waiting.clear()
        return True

    def _read_on(self, first: bytes) -> bytes:
        """All further complete records. A fault among them is raised by the next ``feed``: these bytes came before."""
        pieces = [first]
        try:
            while self._incoming.pending:
                plain = self._ssl.read(_RECORD)
                if not plain:
                    self.closed = True
                    break
                pieces.append(plain)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.closed = True
        except ssl.SSLError as error:
            self._failure = self._fault(error)
        return b"".join(pieces)

    def _encrypt(self, plain: bytes) -> None:
        try:
            done = self._ssl.write(plain) if plain else 0
            if done < len(plain):  # one record is taken at a time
                view = memoryview(plain)
                while done < len(plain):
                    done += self._ssl.write(view[done:])
        except ssl.SSLError as error:
            raise self._fault(error) from error

    def _sni(self) -> str:
        if not self._server_side and self._host and not isinstance(tls_name(self._host), str):
            return ""  # an address is verified, and not sent (RFC 6066 3)
        return self._host

    def _fault(self, error: ssl.SSLError) -> WireglassError:
        return client_fault(error, self._host) if self._server_side else upstream_fault(error, self._host, self._port)
