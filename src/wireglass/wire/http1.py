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
from wireglass.wire.head import (
    MAX_HEAD,
    NO_BODY,
    UNTIL_CLOSE,
    RequestHead,
    ResponseHead,
    read_request_head,
    read_response_head,
    read_trailers,
)

MAX_CHUNK_LINE = 4096
"""Chunk size with its extensions; RFC 9112 7.1.1 asks for a limit."""

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*|[ \t]*)\r\n")

_BARE_END = re.compile(rb"(?<!\r)\n\r?\n")

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


class ChunkedDecoder:
    """Undoes the chunked transfer coding (RFC 9112 7.1). ``trailers`` is None until the end was read."""

    __slots__ = ("_error", "_left", "_line", "trailers")

    def __init__(self, error: type[ProtocolError]) -> None:
        self._error = error
        self._left = -1  # -1: a size line comes; -2: the CRLF after a chunk; -3: trailers; else bytes of this chunk
        self._line = b""
        self.trailers: Headers | None = None

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Body pieces, and what lies behind the end of the body (empty unless ``trailers`` is set)."""
        pieces: list[bytes] = []
        if self._line:
            data = self._line + data
            self._line = b""
        at = 0
        size = len(data)
        while True:
            left = self._left
            if left > 0:
                piece = data[at : at + left]
                if piece:
                    pieces.append(piece)
                at += len(piece)
                self._left = left - len(piece)
                if self._left:
                    return pieces, b""
                self._left = -2
            elif left == -2:
                if data.startswith(b"\r\n", at):
                    at += 2
                    self._left = -1
                elif size - at >= 2 or data[at : at + 1] not in (b"", b"\r"):
                    raise self._error("No CRLF after a chunk (RFC 9112 7.1).")
                else:
                    self._line = data[at:]
                    return pieces, b""
            elif left == -1:
                line = _CHUNK_LINE.match(data, at, at + MAX_CHUNK_LINE)
                if line is None:
                    self._keep_line(data, at)
                    return pieces, b""
                at = line.end()
                self._left = int(line[1], 16) or -3
            else:
                return pieces, self._trailers(data, at)

    def _keep_line(self, data: bytes, at: int) -> None:
        if data.find(b"\n", at) >= 0 or len(data) - at >= MAX_CHUNK_LINE or not _may_be_chunk_line(data[at:]):
            raise self._error(f"Not a chunk size (RFC 9112 7.1): {data[at : at + 40]!r}.")
        self._line = data[at:]

    def _trailers(self, data: bytes, at: int) -> bytes:
        if data.startswith(b"\r\n", at):
            self.trailers = []
            return data[at + 2 :]
        end = data.find(b"\r\n\r\n", at)
        if (end if end >= 0 else len(data) - 3) - at > MAX_HEAD:
            raise self._error(f"The trailers are larger than {MAX_HEAD} bytes.")
        if end < 0:
            self._line = data[at:]
            return b""
        self.trailers = read_trailers(data[at : end + 2], self._error)
        return data[end + 4 :]


def _may_be_chunk_line(start: bytes) -> bool:
    return re.match(rb"[0-9A-Fa-f]{0,15}(?:[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?)\r?\Z", start) is not None


class _Parser:
    """What both directions share: finding a whole head, and the body behind it."""

    __slots__ = ("_chunked", "_held", "_left", "_on_body", "_on_end", "_state")

    error: type[ProtocolError] = ProtocolError

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
        if _BARE_END.search(held, max(0, search - 1)):
            raise self._refused("The head ends with bare LF instead of CRLF (RFC 9112 2.2).")
        return None

    def _refused(self, message: str) -> ProtocolError:
        error = self.error(message)
        error.received = bytes(self._held)
        return error

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
            self._chunked = ChunkedDecoder(self.error)

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
            pieces, rest = decoder.feed(data)
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

    def proceed(self) -> None:
        """Goes on to the next request; call it when the last one is answered."""
        if self._state == _DONE:
            self._state = _HEAD
            if self._held:
                self.feed(self.rest())


class ResponseParser(_Parser):
    """The response to one request; ``begin`` makes it ready for the next one."""

    __slots__ = ("_events", "_method", "_on_head", "head")

    error = BadResponse

    _events: ResponseEvents
    _method: bytes
    head: ResponseHead | None

    def begin(self, events: ResponseEvents, method: bytes) -> None:
        """``method`` is the request's. Forgets what was fed before."""
        self._on_body = events.response_body
        self._on_end = events.response_end
        self._on_head = events.response_head
        self._events = events
        self._method = method
        self.head = None
        self._state = _HEAD
        if self._held:
            self._held.clear()

    @property
    def done(self) -> bool:
        return self._state == _DONE

    @property
    def until_close(self) -> bool:
        """True inside a body that ends with the connection."""
        return self._state == _CLOSE

    def feed(self, data: bytes) -> None:
        if self._state != _HEAD:
            self._feed_body(data)
            return
        while True:
            found = self._whole_head(data)
            if found is None:
                return
            block, data = found
            head = read_response_head(block, self._method)
            if head.status >= 200 or head.status == 101:
                break
            self._events.response_informational(head)
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
