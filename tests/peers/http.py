"""HTTP/1 messages byte by byte, for both ends of a test: nothing is normalised, so what is compared is the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Headers = list[tuple[bytes, bytes]]


@dataclass
class Message:
    """One request or response as it passed."""

    start: bytes = b""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    """Transfer coding removed."""
    trailers: Headers = field(default_factory=list)
    chunks: list[int] | None = None
    """Size of each chunk as it came; None without chunked coding."""
    raw: bytes = b""

    @property
    def status(self) -> int:
        return int(self.start.split(b" ")[1])

    @property
    def target(self) -> str:
        return self.start.split(b" ")[1].decode("latin-1")

    def get(self, name: str) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name.lower().encode()), None)

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name.lower().encode()]


class Ended(Exception):
    """The peer closed inside a message, or before it."""


class Wire:
    """Reads messages off a stream. ``receive`` gives the next bytes, ``b""`` at the end."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._taken = bytearray()

    def head(self) -> Message:
        """Start line and headers; the body is still to be read."""
        self._taken.clear()
        block = self._until(b"\r\n\r\n")
        start, *lines = block[:-4].split(b"\r\n")
        return Message(start, _fields(lines), raw=bytes(self._taken))

    def body(self, message: Message, *, response_to: str | None = None) -> None:
        """Read the body as RFC 9112 6.3 frames it. ``response_to``: the method of the request it answers."""
        if response_to is not None and (
            response_to == "HEAD" or message.status in (204, 304) or 100 <= message.status < 200
        ):
            return
        coding, length = message.get("transfer-encoding"), message.get("content-length")
        if coding is not None and coding.lower().endswith(b"chunked"):
            self._chunked(message)
        elif length is not None:
            message.body = self._exactly(int(length))
        elif response_to is not None:
            message.body = self._rest()
        message.raw = bytes(self._taken)

    def some(self) -> bytes:
        """Whatever is there next, at least one byte; ``b""`` at the end."""
        if not self._buffer:
            self._buffer += self._receive()
        return self.buffered()

    def buffered(self) -> bytes:
        """What has been received and not yet been read."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def _chunked(self, message: Message) -> None:
        message.chunks = []
        body = bytearray()
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            message.chunks.append(size)
            body += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise AssertionError(f"no CRLF behind a chunk of {size} bytes")
        while (line := self._until(b"\r\n")) != b"\r\n":
            message.trailers += _fields([line[:-2]])
        message.body = bytes(body)

    def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            self._fill()
        return self._take(at + len(mark))

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        return self._take(size)

    def _rest(self) -> bytes:
        while data := self._receive():
            self._buffer += data
        return self._take(len(self._buffer))

    def _fill(self) -> None:
        data = self._receive()
        if not data:
            raise Ended(f"closed after {bytes(self._taken[-200:])!r} + {bytes(self._buffer[:200])!r}")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._taken += data
        return data


def _fields(lines: list[bytes]) -> Headers:
    return [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]


def chunked(pieces: list[bytes], trailers: Headers | None = None) -> bytes:
    """``pieces`` in chunked coding (RFC 9112 7.1), one chunk each."""
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return coded + b"0\r\n" + b"".join(b"%s: %s\r\n" % pair for pair in trailers or []) + b"\r\n"
