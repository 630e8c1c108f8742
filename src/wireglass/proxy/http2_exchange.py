"""One stream of a client's HTTP/2 connection: the client's side of an exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wireglass.errors import StreamReset, WireglassError
from wireglass.model import Exchange, Headers
from wireglass.net import PEER_BLOCKED, WAITING, Upstream, unsent
from wireglass.proxy.answers import answer_fields
from wireglass.proxy.forward import Forward
from wireglass.wire.alt_svc import fields_without_h3
from wireglass.wire.head import ResponseHead
from wireglass.wire.http2 import Data
from wireglass.wire.http2_frames import NO_ERROR
from wireglass.wire.http2_heads import CANCEL, INTERNAL_ERROR, Http2RequestHead, response_fields, trailer_fields

if TYPE_CHECKING:
    from wireglass.proxy.http2_session import Http2Session

_WAITING_LIMIT = 64 * 1024  # bytes of a response that wait for the client's window before the server is held


class Http2Exchange:
    """One stream: the ``ClientSide`` of an exchange."""

    __slots__ = (
        "_done",
        "_fields",
        "_held",
        "_moved_at",
        "_owed",
        "_request_done",
        "_session",
        "_trailers",
        "_waiting",
        "connection",
        "forward",
        "head",
        "id",
        "look_at",
        "waiting_size",
    )

    def __init__(self, session: Http2Session, id: int, head: Http2RequestHead) -> None:
        """Raises ProtocolError if the target cannot be read."""
        self._session = session
        self.connection = session.connection
        self.id = id
        self.head = head
        self.look_at = 0.0
        self._fields: Headers | None = None
        """The head of the response, until more of it is known to follow or not."""
        self._waiting: list[bytes] = []
        self.waiting_size = 0
        """Bytes of the response that the client has not taken yet."""
        self._trailers: Headers | None = None
        """To send behind them; None while the response has not ended, or its end is sent."""
        self._done = False
        """The exchange is over; what is left is for the client to take."""
        self._request_done = False
        self._moved_at = 0.0
        """Loop time when the client last took some of what is left."""
        self._held = 0
        self._owed = 0
        self.forward = Forward(self, head, session.connection.head_begun)

    # The session's calls

    def take(self, event: Data) -> None:
        if event.data:
            self.forward.request_body(event.data)
        if event.ended:
            self.forward.request_end([])
        elif self._held:
            self._owed += event.size
        else:
            self._session.http2.give_stream(self.id, event.size)

    def pump(self) -> None:
        """Sends what the windows and the connection take."""
        if self.connection.blocked:  # also what knows no window would pile up for a client that does not read
            return
        session, waiting = self._session, self._waiting
        http2 = session.http2
        before = self.waiting_size
        if self._fields is not None:
            # Where there is no body its end stands on the head: gRPC takes it for trailers then, and for broken else.
            last = not waiting and self._trailers == []
            http2.send_headers(self.id, self._fields, last)
            self._fields = None
            if last:
                self._trailers = None
            session.flush_soon()
        while waiting and (room := http2.room(self.id)):
            data = waiting[0]
            if len(data) <= room:
                waiting.pop(0)
            else:
                data, waiting[0] = data[:room], data[room:]
            self.waiting_size -= len(data)
            last = not waiting and self._trailers == []
            if last:
                self._trailers = None
            http2.send_data(self.id, data, last)
        if self.waiting_size != before:
            self._moved_at = session.now()
            session.flush_soon()
        if not waiting and self._trailers is not None:
            trailers, self._trailers = self._trailers, None
            if trailers:
                http2.send_headers(self.id, trailers, True)
            else:
                http2.send_data(self.id, b"", True)
            session.flush_soon()
        if self._done:
            self._leave()
        elif before > _WAITING_LIMIT >= self.waiting_size:
            self.forward.client_blocked(False)

    def _leave(self) -> None:
        """When all has been sent, nothing is left."""
        if self._fields is not None or self._waiting or self._trailers is not None:
            return
        if not self._request_done:
            self._session.http2.reset(self.id, NO_ERROR)  # RFC 9113 8.1: the rest of the request is not needed
            self._session.flush_soon()
        self._session.gone(self.id)

    def look(self, now: float) -> None:
        if not self._done:
            self.forward.look()
            return
        patience = self.connection.service.idle_seconds
        if now - self._moved_at > patience:  # it is whole, and recorded as such; the client does not take it
            self._reset(CANCEL)
        else:
            self.look_at = now + patience / 10

    # The client's side

    @property
    def blocked(self) -> bool:
        return self.waiting_size > _WAITING_LIMIT

    @property
    def ended_at(self) -> float:
        return self.connection.ended_at

    def response_informational(self, head: ResponseHead) -> None:
        self._session.http2.send_headers(self.id, response_fields(head), False)

    def response_head(self, head: ResponseHead, *, request_done: bool, strip_h3: bool) -> None:
        fields = response_fields(head)
        self._fields = fields_without_h3(fields) if strip_h3 else fields

    def response_body(self, data: bytes) -> None:
        if data:
            self._waiting.append(data)
            self.waiting_size += len(data)

    def response_end(self, trailers: Headers) -> None:
        self._trailers = trailer_fields(trailers)

    def flush(self) -> None:
        self._session.flush_soon()
        self.pump()
        if self.blocked and not self._done:
            self.forward.client_blocked(True)

    def unsent(self) -> int:
        return self.waiting_size or unsent(self.connection.transport)

    def hold(self, reason: int) -> None:
        self._held |= reason

    def release(self, reason: int) -> None:
        self._held &= ~reason
        if not self._held and self._owed:
            owed, self._owed = self._owed, 0
            self._session.http2.give_stream(self.id, owed)
            self._session.flush_soon()

    def wake(self, at: float) -> None:
        self.look_at = at
        self.connection.deadline = min(self.connection.deadline, at)

    def finished(self, *, request_done: bool) -> None:
        self._done = True
        self.release(PEER_BLOCKED | WAITING)  # what still comes of the request is for nobody
        self._request_done = request_done
        self._moved_at = self._session.now()
        self.look_at = 0.0
        self._leave()

    def mirrors(self, error: WireglassError) -> bool:
        return isinstance(error, StreamReset)

    def answer(self, error: WireglassError, host: str, *, request_done: bool, leave: bool = False) -> None:
        fields, body = answer_fields(error, head=self.head, host=host)
        if self.head.method == b"HEAD":
            body = b""
        self._fields = [(b":status", b"%d" % error.http_status), *fields]
        self.response_body(body)
        self._trailers = []
        self.flush()
        self.finished(request_done=request_done)

    def break_off(self, error: WireglassError) -> None:
        self._reset(error.http2_code if isinstance(error, StreamReset) else INTERNAL_ERROR)

    def _reset(self, code: int) -> None:
        self._fields = self._trailers = None
        self._waiting.clear()
        self._session.http2.reset(self.id, code)
        self._session.flush_soon()
        self._session.gone(self.id)

    def switch(self, exchange: Exchange, upstream: Upstream, first: bytes) -> None:
        raise AssertionError("HTTP/2 has no 101 (RFC 9113 8.6)")
