"""HTTP/2 frames byte by byte, for both ends of a test (RFC 9113 4).

What is sent is put together here, so that it can break any rule. What comes is read by ``hyperframe`` and ``hpack``,
which share nothing with the library that Wireglass uses.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from hpack import Decoder
from hyperframe.frame import ContinuationFrame, Frame, HeadersFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""RFC 9113 3.4."""
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
DEFAULT_WINDOW = 65_535
LARGEST_WINDOW = 2**31 - 1
DEFAULT_FRAME = 16_384
"""RFC 9113 6.5.2, SETTINGS_MAX_FRAME_SIZE; nobody here announces more."""

Fields = list[tuple[bytes, bytes]]


class Kind(IntEnum):
    """RFC 9113 6, RFC 7838 4."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9
    ALTSVC = 10


class Code(IntEnum):
    """RFC 9113 7."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class Setting(IntEnum):
    """RFC 9113 6.5.2, RFC 8441 3."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6
    ENABLE_CONNECT_PROTOCOL = 8


Values = Mapping[int, int] | Mapping[Setting, int]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(values: Values | Iterable[tuple[int, int]] = ()) -> bytes:
    """Pairs, where one identifier comes more than once."""
    pairs = values.items() if isinstance(values, Mapping) else values
    return frame(Kind.SETTINGS, 0, 0, b"".join(struct.pack(">HI", name, value) for name, value in pairs))


def settings_ack() -> bytes:
    return frame(Kind.SETTINGS, ACK, 0)


def window_update(stream: int, increment: int) -> bytes:
    return frame(Kind.WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def rst_stream(stream: int, code: int) -> bytes:
    return frame(Kind.RST_STREAM, 0, stream, struct.pack(">I", code))


def ping(opaque: bytes = b"wireglas", flags: int = 0) -> bytes:
    return frame(Kind.PING, flags, 0, opaque)


def goaway(last_stream: int, code: int, words: bytes = b"") -> bytes:
    return frame(Kind.GOAWAY, 0, 0, struct.pack(">II", last_stream, code) + words)


def priority(stream: int, depends_on: int, weight: int = 15) -> bytes:
    return frame(Kind.PRIORITY, 0, stream, struct.pack(">IB", depends_on, weight))


def data(stream: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return frame(Kind.DATA, flags, stream, payload)


def headers(stream: int, block: bytes, end: bool = False, size: int = DEFAULT_FRAME) -> bytes:
    """HEADERS and as many CONTINUATION frames of ``size`` as the block needs."""
    pieces = [block[at : at + size] for at in range(0, len(block), size)] or [b""]
    frames = []
    for number, piece in enumerate(pieces):
        flags = (END_STREAM if end and number == 0 else 0) | (END_HEADERS if number == len(pieces) - 1 else 0)
        frames.append(frame(Kind.CONTINUATION if number else Kind.HEADERS, flags, stream, piece))
    return b"".join(frames)


def literal(name: bytes, value: bytes) -> bytes:
    """A field as it stands, neither indexed nor Huffman-coded (RFC 7541 6.2.2); both below 127 bytes."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def literals(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(literal(name, value) for name, value in fields)


@dataclass
class Section:
    """A field section: HEADERS with its CONTINUATIONs."""

    stream: int
    fields: Fields
    ended: bool
    """END_STREAM."""
    frames: list[int] = field(default_factory=list)
    """Payload bytes of each frame it came in."""


class FrameReader:
    """``receive`` gives the next bytes, ``b""`` at the end."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._decoder = Decoder(max_header_list_size=2**24)

    def exactly(self, size: int) -> bytes:
        """Less at the end."""
        while len(self._buffer) < size:
            more = self._receive()
            if not more:
                break
            self._buffer += more
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def next(self) -> Frame | Section | None:
        """None at the end. Raises what hyperframe and hpack raise for frames that are not well formed."""
        got = self._frame()
        if not isinstance(got, HeadersFrame):
            assert not isinstance(got, ContinuationFrame), "CONTINUATION without HEADERS"
            return got
        block, frames = bytes(got.data), [got.body_len]
        last: HeadersFrame | ContinuationFrame = got
        ended = "END_STREAM" in got.flags
        while "END_HEADERS" not in last.flags:
            more = self._frame()
            assert isinstance(more, ContinuationFrame), f"{more!r} inside a field section"
            assert more.stream_id == got.stream_id
            block += more.data
            frames.append(more.body_len)
            last = more
        fields = [(bytes(name), bytes(value)) for name, value in self._decoder.decode(block, raw=True)]
        return Section(got.stream_id, fields, ended, frames)

    def _frame(self) -> Frame | None:
        head = self.exactly(9)
        if len(head) < 9:
            assert not head, f"the end inside a frame's head: {head!r}"
            return None
        got, size = Frame.parse_frame_header(memoryview(head))
        assert size <= DEFAULT_FRAME, f"a frame of {size} bytes, and nobody allowed it"
        body = self.exactly(size)
        if len(body) < size:
            return None
        got.parse_body(memoryview(body))
        return got
