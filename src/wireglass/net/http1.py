"""The server's side of an exchange over HTTP/1: one exchange at a time on a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wireglass.errors import BadResponse, UpstreamClosed, WireglassError
from wireglass.model import Headers
from wireglass.net.flow import PEER_BLOCKED, RECORD_FULL
from wireglass.net.server_side import Asker, Seen
from wireglass.net.tls_faults import asked_in_clear
from wireglass.net.upstream import Upstream, broken
from wireglass.wire.forward import chunk, forward_request, last_chunk
from wireglass.wire.head import CHUNKED, RequestHead, ResponseHead
from wireglass.wire.http1 import ResponseParser
from wireglass.wire.http2_heads import Http2RequestHead


class Http1Server:
    """A ``ServerSide``, kept with its connection for the next exchange."""

    __slots__ = ("_asker", "_chunked", "_ended", "_give_back", "_parser", "connection")

    def __init__(self, connection: Upstream, give_back: Callable[[Upstream], None]) -> None:
        self.connection = connection
        self._give_back = give_back
        self._parser = ResponseParser()
        self._asker: Asker | None = None
        self._chunked = False
        self._ended = False

    # For the exchange

    def ask(
        self,
        asker: Asker,
        head: RequestHead,
        target: bytes,
        authority: bytes,
        body: list[bytes],
        trailers: Headers | None,
    ) -> None:
        self._asker = asker
        self._ended = False
        if isinstance(head, Http2RequestHead) and head.protocol:
            # The client was told that the server takes WebSockets over HTTP/2; since then it has changed its mind.
            error = BadResponse("The server speaks HTTP/1.1 now, and the client asked over HTTP/2 (RFC 8441).")
            asyncio.get_running_loop().call_soon(asker.server_failed, error)
            return
        self._parser.begin(asker, head.method)
        self._chunked = head.body == CHUNKED
        connection = self.connection
        connection.attach(self)
        data = forward_request(head, target, authority)
        if body or trailers is not None:
            pieces = [data, *(map(chunk, body) if self._chunked else body)]
            if trailers is not None and self._chunked:
                pieces.append(last_chunk(trailers))
            data = b"".join(pieces)
        connection.write(data)

    def body(self, data: bytes) -> None:
        self.connection.write(chunk(data) if self._chunked else data)

    def end(self, trailers: Headers) -> None:
        if self._chunked:
            self.connection.write(last_chunk(trailers))

    def hold(self, reason: int) -> None:
        self.connection.gate.hold(reason)

    def release(self, reason: int) -> None:
        self.connection.gate.release(reason)

    def ask_for_more(self) -> None:
        self.connection.ask_for_more()

    @property
    def held(self) -> int:
        return self._parser.held

    def unsent(self) -> int:
        return self.connection.unsent()

    def hint(self) -> str:
        if self.connection.route.tls or self._parser.head is not None:
            return ""
        return asked_in_clear(self._parser.begins, False)

    def notes(self) -> list[str]:
        return self._parser.notes()

    def leave(self, *, request_done: bool) -> None:
        self._asker = None
        head, connection = self._parser.head, self.connection
        if request_done and not self._ended and head is not None and head.keep_alive and not self._parser.held:
            connection.gate.release(PEER_BLOCKED | RECORD_FULL)
            self._give_back(connection)
        else:
            connection.close()

    def spare(self) -> None:
        self._give_back(self.connection)

    def cancel(self) -> None:
        self._asker = None
        self.connection.abort()

    def switched(self) -> tuple[Upstream, bytes] | None:
        """After a 101: the connection, which is HTTP no more, and what came behind the head."""
        head: ResponseHead | None = self._parser.head
        if head is None or head.status != 101:
            return None
        self._asker = None
        return self.connection, self._parser.rest()

    # From the connection

    def upstream_data(self, data: bytes) -> None:
        asker = self._asker
        if asker is None:
            return
        try:
            self._parser.feed(data)
        except BadResponse as error:
            asker.server_failed(error)
            return
        asker.server_told()

    def upstream_eof(self) -> None:
        asker, tls = self._asker, self.connection.tls
        if asker is None:
            return
        if self._parser.until_close and tls is not None and not tls.closed:
            # RFC 9112 9.8 calls it incomplete; clients take it for whole, because many servers close like this.
            asker.note("the server ended TLS without close_notify: the body may have been cut off")
        self._ended = True
        try:
            self._parser.eof()
        except UpstreamClosed as error:
            self._gone(asker, error)
            return
        asker.server_ended()

    def upstream_lost(self, error: Exception | None) -> None:
        asker = self._asker
        if asker is None:
            return
        if self._parser.done or error is None:
            self.upstream_eof()
        elif isinstance(error, WireglassError):
            self._gone(asker, error)
        else:
            where = "inside the response" if self._parser.head is not None else "before it answered"
            self._gone(asker, broken(error, where))

    def upstream_blocked(self, blocked: bool) -> None:
        if self._asker is not None:
            self._asker.server_blocked(blocked)

    def _gone(self, asker: Asker, error: WireglassError) -> None:
        silent = self._parser.head is None and not self._parser.held and not self._parser.informational
        # The kept connection had been closed by the server before it saw the request (RFC 9112 9.3.1).
        stale = self.connection.used > 1 and silent
        tls = self.connection.tls
        if silent and not stale and not self.connection.route.tls and isinstance(error, UpstreamClosed):
            error.hint = f"{error.hint} {asked_in_clear(b'', silent)}".strip()
        if stale:
            seen = Seen.HARDLY
        else:
            seen = Seen.AS_NOTHING if silent and tls is not None and not tls.alpn else Seen.PERHAPS
        asker.server_gone(error, seen)
