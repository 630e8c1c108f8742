"""One stream of a server's HTTP/2 connection: the server's side of an exchange."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wireglass.errors import BadResponse, StreamReset, WireglassError
from wireglass.model import Headers
from wireglass.net.flow import RECORD_FULL
from wireglass.net.server_side import Asker, Seen
from wireglass.wire.head import NO_BODY, RequestHead
from wireglass.wire.http2 import Data, Http2Connection, Informational, Reset, Response, Trailers
from wireglass.wire.http2_frames import NO_ERROR, REFUSED_STREAM
from wireglass.wire.http2_heads import (
    CANCEL,
    HTTP_1_1_REQUIRED,
    Http2RequestHead,
    error_name,
    read_response,
    request_fields,
    trailer_fields,
)

if TYPE_CHECKING:
    from wireglass.net.http2 import Http2Server

_WAITING_LIMIT = 64 * 1024  # bytes of a request body that wait for the server's window before the client is held


class Http2Stream:
    """A ``ServerSide``."""

    __slots__ = (
        "_asker",
        "_due",
        "_ended",
        "_held",
        "_id",
        "_method",
        "_over",
        "_session",
        "_trailers",
        "_waiting",
        "_waiting_size",
        "connection",
        "silent",
    )

    def __init__(self, session: Http2Server) -> None:
        self._session = session
        self.connection = session.connection
        self.silent = True
        """The server has said nothing of it."""
        self._asker: Asker | None = None
        self._id = 0
        self._method = b""
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._trailers: Headers | None = None
        """To send behind what waits; None while the request has not ended, or its end is sent."""
        self._ended = False
        """The response has ended."""
        self._over = False
        """The request has ended, for the server."""
        self._held = 0
        self._due = 0

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
        self._method = head.method
        if isinstance(head, Http2RequestHead) and head.protocol and not self._session.extended_connect:
            error = BadResponse("The server takes no WebSockets over HTTP/2, though it did before (RFC 8441 3).")
            asyncio.get_running_loop().call_soon(self.gone, error, Seen.PERHAPS)
            return
        scheme = b"https" if self.connection.route.tls else b"http"
        self._over = head.body == NO_BODY
        id = self._session.begin(self, request_fields(head, scheme, authority, target), self._over)
        if id is None:
            asyncio.get_running_loop().call_soon(self.gone, _no_room(), Seen.NO)
            return
        self._id = id
        for data in body:
            self.body(data)
        if trailers is not None:
            self.end(trailers)

    def body(self, data: bytes) -> None:
        if self._over or not data:
            return
        self._waiting.append(data)
        self._waiting_size += len(data)
        self._session.send(self)
        if self._waiting_size > _WAITING_LIMIT and self._asker is not None:
            self._asker.server_blocked(True)

    def end(self, trailers: Headers) -> None:
        if not self._over:
            self._trailers = trailers
            self._session.send(self)

    def hold(self, reason: int) -> None:
        if reason == RECORD_FULL:  # which is full for all, and each stream's window would still be taken on
            self.connection.gate.hold(reason)
        else:
            self._held |= reason

    def release(self, reason: int) -> None:
        if reason == RECORD_FULL:
            self.connection.gate.release(reason)
        self._held &= ~reason
        if not self._held and self._due:
            due, self._due = self._due, 0
            self._session.give(self._id, due)

    def ask_for_more(self) -> None:
        """Nothing waits for an acknowledgement: several exchanges share the connection."""

    @property
    def held(self) -> int:
        return 0

    def unsent(self) -> int:
        return self._waiting_size or self.connection.unsent()

    def hint(self) -> str:
        return ""

    def notes(self) -> list[str]:
        return []

    def leave(self, *, request_done: bool) -> None:
        self._asker = None
        # RFC 9113 8.1: the whole response has come, and the rest of the request is not wanted.
        self._session.end(self._id, None if self._over else NO_ERROR if self._ended else CANCEL)

    def cancel(self) -> None:
        self._asker = None
        self._waiting.clear()
        self._session.end(self._id, CANCEL)

    def spare(self) -> None:
        """It was never opened."""

    def switched(self) -> None:
        return None

    # For the connection

    def pump(self, http2: Http2Connection) -> bool:
        """Sends what may be sent; whether that was anything."""
        sent = False
        while self._waiting and (room := http2.room(self._id)):
            data = self._waiting[0]
            if len(data) <= room:
                self._waiting.pop(0)
            else:
                data, self._waiting[0] = data[:room], data[room:]
            self._waiting_size -= len(data)
            self._over = not self._waiting and self._trailers == []
            http2.send_data(self._id, data, self._over)
            sent = True
        if not self._waiting and self._trailers is not None and not self._over:
            self._over = True
            fields = trailer_fields(self._trailers)
            if fields:
                http2.send_headers(self._id, fields, True)
            else:
                http2.send_data(self._id, b"", True)
            sent = True
        if sent and self._asker is not None and self._waiting_size <= _WAITING_LIMIT:
            self._asker.server_blocked(False)
        return sent

    def event(self, event: Response | Informational | Data | Trailers | Reset) -> None:
        asker = self._asker
        if asker is None:
            return
        if not isinstance(event, Reset):
            self.silent = False
        try:
            if isinstance(event, Data):
                self._take(asker, event)
            elif isinstance(event, Response):
                asker.response_head(read_response(event.fields, self._method))
            elif isinstance(event, Trailers):
                self._ended = True
                asker.response_end(event.fields)
            elif isinstance(event, Informational):
                asker.response_informational(read_response(event.fields, self._method))
            else:
                self._reset(event)
                return
        except BadResponse as error:
            asker.server_failed(error)
            return
        if not isinstance(event, Informational | Trailers) and event.ended:
            self._ended = True
            asker.response_end([])

    def _take(self, asker: Asker, event: Data) -> None:
        if event.data:
            asker.response_body(event.data)
        if event.ended:
            return
        if self._held:
            self._due += event.size
        else:
            self._session.give(self._id, event.size)

    def told(self) -> None:
        if self._asker is not None:
            self._asker.server_told()

    def _reset(self, event: Reset) -> None:
        code = event.code
        if event.ours:
            self.gone(BadResponse(f"The server's HTTP/2 is not valid: {event.reason}"), Seen.PERHAPS)
            return
        error = StreamReset(f"The server reset the stream ({error_name(code)}).", "Its log may say why.", code)
        # It may say so in place of an answer; an extended CONNECT is HTTP/2's alone.
        if code == HTTP_1_1_REQUIRED and self.silent and self._method != b"CONNECT":
            self._session.require_http1()
            self.gone(error, Seen.NO)
        else:
            self.gone(error, Seen.NO if code == REFUSED_STREAM else Seen.PERHAPS)

    def gone(self, error: WireglassError, seen: Seen) -> None:
        asker = self._asker
        if asker is not None and self._ended:
            asker.server_ended()  # RFC 9113 8.1: the response is whole, and it needs no more of the request
            return
        self._asker = None
        if self._id:
            self._session.end(self._id, None)
        if asker is not None:
            asker.server_gone(error, seen)


def _no_room() -> StreamReset:
    return StreamReset("The server takes no more requests on this connection.", "Ask again.", REFUSED_STREAM)
