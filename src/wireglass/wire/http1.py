"""HTTP/1 messages as a stream: bytes in, heads, body pieces and ends out (RFC 9112).

Sans-I/O. ``feed`` raises ``ProtocolError`` (requests) or ``BadResponse`` (responses) and nothing else; a parser that
has raised takes no more. The result does not depend on how the bytes were cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from wireglass.errors import BadResponse, ProtocolError, UpstreamClosed
from wireglass.model import Headers
from wireglass.wire import leniency
from wireglass.wire.chunked import ChunkedDecoder
from wireglass.wire.head import (
    MAX_HEAD,
    MAX_RESPONSE_HEAD,
    NO_BODY,
    UNTIL_CLOSE,
    RequestHead,
    ResponseHead,
    read_request_head,
    read_response_head,
)
from wireglass.wire.leniency import Lenient, received_note
from wireglass.wire.repair import head_end, head_start, repaired

MAX_INFORMATIONAL = 256
"""1xx responses before one final one: they are kept for the record, so without a limit they would fill the memory.
Chromium 156 took 300; that no server needs more than this is a guess."""

# The end of a head of which not all lines end with CR LF.
_BARE_END = re.compile(rb"\n\n|(?<!\r)\n\r\n")

# What a request line can begin with; anything else need not wait for the end of a head.
_TOKEN_START = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

_HEAD, _LENGTH, _CHUNKED, _CLOSE, _DONE = range(5)


class RequestEvents(Protocol):
    def request_head(self, head: RequestHead) -> None: ...
    def request_body(self, data: bytes) -> None: ...
    def request_end(self, trailers: Headers) -> None: ...


class ResponseEvents(Protocol):
    def response_informational(self, head: ResponseHead) -> None: ...
    def response_head(self, head: ResponseHead) -> None: ...
    def response_body(self, data: bytes) -> None: ...
    def response_end(self, trailers: Headers) -> None: ...


class _Parser:
    """What both directions share: finding a whole head, and the body behind it."""

    __slots__ = ("_chunked", "_held", "_left", "_on_body", "_on_end", "_state")

    _on_body: Callable[[bytes], None]
    _on_end: Callable[[Headers], None]

    def __init__(self) -> None:
        self._state = _HEAD
        self._held = bytearray()
        self._left = 0
        self._chunked: ChunkedDecoder | None = None

    @property
    def held(self) -> int:
        """Bytes taken in and not yet handed out."""
        return len(self._held)

    def rest(self) -> bytes:
        """Takes what was fed and lies behind the last message: bytes of another protocol after CONNECT or 101."""
        rest = bytes(self._held)
        self._held.clear()
        return rest

    def _begin_body(self, body: int) -> None:
        if body > 0:
            self._state = _LENGTH
            self._left = body
        elif body == NO_BODY:
            self._state = _DONE
        elif body == UNTIL_CLOSE:
            self._state = _CLOSE
        else:
            self._state = _CHUNKED
            self._chunked = self._decoder()

    def _decoder(self) -> ChunkedDecoder:
        return ChunkedDecoder(None)

    def _feed_body(self, data: bytes) -> None:
        state = self._state
        if state == _LENGTH:
            left = self._left
            if len(data) < left:
                self._left = left - len(data)
                self._on_body(data)
                return
            self._state = _DONE
            if len(data) == left:
                self._on_body(data)
            else:
                self._held += data[left:]
                self._on_body(data[:left])
            self._on_end([])
        elif state == _CHUNKED:
            decoder = self._chunked
            assert decoder is not None
            pieces: list[bytes] = []
            try:
                _, rest = decoder.feed(data, pieces)
            except ProtocolError:
                for piece in pieces:
                    self._on_body(piece)
                raise
            trailers = decoder.trailers
            if trailers is not None:
                self._state = _DONE
                self._held += rest
            for piece in pieces:
                self._on_body(piece)
            if trailers is not None:
                self._on_end(trailers)
        elif state == _CLOSE:
            self._on_body(data)
        else:
            self._held += data


class RequestParser(_Parser):
    """One request after another. After ``request_end`` it holds what follows until ``proceed`` (pipelined requests
    are answered in order)."""

    __slots__ = ("_on_head",)

    def __init__(self, events: RequestEvents) -> None:
        super().__init__()
        self._on_body = events.request_body
        self._on_end = events.request_end
        self._on_head = events.request_head

    @property
    def idle(self) -> bool:
        """True between requests, with no byte of the next one."""
        return not self._held and self._state in (_HEAD, _DONE)

    @property
    def ended(self) -> bool:
        """True from the end of a request to ``proceed``."""
        return self._state == _DONE

    def feed(self, data: bytes) -> None:
        if self._state != _HEAD:
            self._feed_body(data)
            return
        if not self._held or self._held == b"\r":
            data = self.rest() + data
            begin = 0
            while data.startswith(b"\r\n", begin):
                begin += 2  # RFC 9112 2.2: empty lines before a request line are ignored
            data = data[begin:]
            if data and data[0] not in _TOKEN_START and data != b"\r":
                error = ProtocolError(f"Not HTTP: {bytes(data[:40])!r}.")
                error.received = data
                raise error
        found = self._whole_head(data) if data else None
        if found is None:
            return
        block, data = found
        try:
            head = read_request_head(block)
        except ProtocolError as error:
            error.received = block
            raise
        self._begin_body(head.body)
        if head.body == NO_BODY:
            self._held += data
            self._on_head(head)
            self._on_end([])
            return
        self._on_head(head)
        if data:
            self._feed_body(data)

    def _whole_head(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The block of a complete head and what follows it, or None: more is needed."""
        held = self._held
        if not held:
            end = data.find(b"\r\n\r\n")
            if 0 <= end <= MAX_HEAD:
                return data[: end + 4], data[end + 4 :]
        search = max(0, len(held) - 3)
        held += data
        end = held.find(b"\r\n\r\n", search)
        if 0 <= end <= MAX_HEAD:
            block, rest = bytes(held[: end + 4]), bytes(held[end + 4 :])
            held.clear()
            return block, rest
        if len(held) > MAX_HEAD + 3:
            raise self._refused(f"The head is larger than {MAX_HEAD} bytes.")
        # Without this a peer that ends its lines with LF alone would be left waiting for its deadline.
        if _BARE_END.search(held, search):
            raise self._refused("The head ends with bare LF instead of CRLF (RFC 9112 2.2).")
        return None

    def _refused(self, message: str) -> ProtocolError:
        error = ProtocolError(message)
        error.received = bytes(self._held)
        return error

    def proceed(self) -> None:
        """Goes on to the next request; call it when the last one is answered."""
        if self._state == _DONE:
            self._state = _HEAD
            if self._held:
                self.feed(self.rest())


class ResponseParser(_Parser):
    """The response to one request; ``begin`` makes it ready for the next one."""

    __slots__ = ("_before", "_events", "_method", "_on_head", "_refused", "head", "informational")

    _events: ResponseEvents
    _method: bytes
    _before: Lenient | None
    head: ResponseHead | None
    informational: int
    """1xx responses that came so far."""

    def begin(self, events: ResponseEvents, method: bytes) -> None:
        """``method`` is the request's. Forgets what was fed before."""
        self._on_body = events.response_body
        self._on_end = events.response_end
        self._on_head = events.response_head
        self._events = events
        self._method = method
        self.head = None
        self._before = None
        self.informational = 0
        self._refused = b""
        self._state = _HEAD
        if self._held:
            self._held.clear()

    @property
    def done(self) -> bool:
        return self._state == _DONE

    @property
    def begins(self) -> bytes:
        """The first two bytes of a head that is not whole, or was refused."""
        return bytes(self._held[:2]) or self._refused[:2]

    @property
    def until_close(self) -> bool:
        """True inside a body that ends with the connection."""
        return self._state == _CLOSE

    def feed(self, data: bytes) -> None:
        if self._state != _HEAD:
            self._feed_body(data)
            return
        while True:
            try:
                found = self._next_head(data)
            except BadResponse as error:
                self._refused = error.received
                raise
            if found is None:
                return
            head, data = found
            if head.lenient is not None:
                self._before = self._before or head.lenient
            if head.status >= 200 or head.status == 101:
                break
            self.informational += 1
            if self.informational > MAX_INFORMATIONAL:
                raise BadResponse(f"More than {MAX_INFORMATIONAL} informational responses in a row (RFC 9110 15.2).")
            self._events.response_informational(head)
        if self._before is not None and self._before is not head.lenient:
            head.overlook_too(self._before)
        self.head = head
        self._begin_body(head.body)
        if head.body == NO_BODY:
            self._held += data
            self._on_head(head)
            self._on_end([])
            return
        self._on_head(head)
        if data:
            self._feed_body(data)

    def _next_head(self, data: bytes) -> tuple[ResponseHead, bytes] | None:
        """The next head and what follows it, or None: more is needed."""
        held = self._held
        if not held:
            end = data.find(b"\r\n\r\n")
            if 0 <= end <= MAX_RESPONSE_HEAD:
                try:
                    return read_response_head(data[: end + 4], self._method), data[end + 4 :]
                except BadResponse as refusal:
                    return self._lenient_head(data, refusal)
        search = max(0, len(held) - 3)
        held += data
        end = held.find(b"\r\n\r\n", search)
        if 0 <= end <= MAX_RESPONSE_HEAD:
            data = bytes(held)
            held.clear()
            try:
                return read_response_head(data[: end + 4], self._method), data[end + 4 :]
            except BadResponse as refusal:
                return self._lenient_head(data, refusal)
        if _BARE_END.search(held, search):
            data = bytes(held)
            held.clear()
            return self._lenient_head(data, None)
        head_start(held)
        if len(held) > MAX_RESPONSE_HEAD + 3:
            raise _too_large(bytes(held))
        return None

    def _lenient_head(self, data: bytes, refusal: BadResponse | None) -> tuple[ResponseHead, bytes] | None:
        """What the strict reader has refused, or has not found the end of, as browsers read it."""
        start = head_start(data)
        end = head_end(data, start) if start is not None else -1
        if end < 0:
            self._held += data
            return None
        if end > MAX_RESPONSE_HEAD + 4:
            raise _too_large(data)
        try:
            block, lenient = repaired(data[:end])
            if refusal is not None and not lenient.named:
                raise refusal  # its lines are in order: it is the framing that cannot be believed
            return read_response_head(block, self._method, lenient), data[end:]
        except BadResponse as error:
            error.received = data[:end]
            raise

    def _decoder(self) -> ChunkedDecoder:
        head = self.head
        assert head is not None
        return ChunkedDecoder(head)

    def notes(self) -> list[str]:
        """What was overlooked in the response so far, for the record."""
        head = self.head
        if head is None:
            return [received_note(self._refused)] if self._refused else []
        if self._held and self._state == _DONE and head.status != 101:
            head.overlook(leniency.BYTES_AFTER_BODY)
        return head.lenient.notes() if head.lenient is not None else []

    def eof(self) -> None:
        """The server closed: the end of a body without length, or too early (UpstreamClosed)."""
        state = self._state
        if state == _CLOSE:
            self._state = _DONE
            self._on_end([])
        elif state == _LENGTH:
            raise UpstreamClosed(f"The server closed with {self._left} bytes of the response body still to come.")
        elif state == _CHUNKED:
            raise UpstreamClosed("The server closed inside a chunked response body.")
        elif state == _HEAD:
            raise UpstreamClosed(
                "The server closed inside the response head." if self._held else "The server closed without a response."
            )


def _too_large(data: bytes) -> BadResponse:
    error = BadResponse(f"The head is larger than {MAX_RESPONSE_HEAD} bytes.")
    error.received = data
    return error
