"""HTTP/2 frames and field blocks as bytes (RFC 9113 4, 6; RFC 7541): cut, measured and written; nothing is remembered
of streams here."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from jh2.hpack.huffman_constants import REQUEST_CODES_LENGTH

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

NO_ERROR = 0x0
PROTOCOL_ERROR = 0x1
FLOW_CONTROL_ERROR = 0x3
STREAM_CLOSED = 0x5
FRAME_SIZE_ERROR = 0x6
REFUSED_STREAM = 0x7
COMPRESSION_ERROR = 0x9
ENHANCE_YOUR_CALM = 0xB

MAX_FRAME = 2**14
"""Bytes of a frame's payload that we take, the least there is (RFC 9113 4.2)."""

_HEAD = struct.Struct(">HBBBI")
U32 = struct.Struct(">I")
_CODE_LENGTHS = bytes(REQUEST_CODES_LENGTH[:256])  # in bits


class Fault(Exception):
    """What the peer did ends the connection (RFC 9113 5.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


class FrameReader:
    """Cuts what arrives into frames, and holds less than one frame back."""

    __slots__ = ("_held", "_needed", "_preface")

    def __init__(self, preface: bytes) -> None:
        self._preface = preface
        self._held = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        """Yields (type, flags, stream, payload). Raises Fault for what is no preface and for frames above MAX_FRAME,
        as soon as their first 9 bytes are there."""
        if self._preface:
            size = min(len(self._preface), len(data))
            if data[:size] != self._preface[:size]:
                raise Fault(PROTOCOL_ERROR, f"Not the preface of HTTP/2 (RFC 9113 3.4): {data[:24]!r}.")
            self._preface = self._preface[size:]
            data = data[size:]
        if self._held:
            self._held += data
            # Without this, a frame that comes byte by byte is copied anew for each of them.
            if len(self._held) < self._needed:
                return
            data = bytes(self._held)
            self._held.clear()
        position, end = 0, len(data)
        self._needed = 9
        while end - position >= 9:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, position)
            size = high << 8 | low
            if size > MAX_FRAME:
                raise Fault(FRAME_SIZE_ERROR, f"A frame of {size} bytes; the limit is {MAX_FRAME} (RFC 9113 4.2).")
            if end - position < 9 + size:
                self._needed = 9 + size
                break
            position += 9
            payload = data[position : position + size]
            position += size
            yield kind, flags, stream & 0x7FFFFFFF, payload
        if position < end:
            self._held += data[position:]


def without_padding(kind: str, payload: bytes) -> bytes:
    """The payload of a frame with the PADDED flag, without padding. Raises Fault."""
    if not payload:
        raise Fault(FRAME_SIZE_ERROR, f"{kind} with the PADDED flag has no pad length (RFC 9113 4.2).")
    if payload[0] >= len(payload):
        raise Fault(PROTOCOL_ERROR, f"{kind} has {payload[0]} bytes of padding in {len(payload)} (RFC 9113 6.1).")
    return payload[1 : len(payload) - payload[0]]


def huffman_strings(block: bytes, most: int) -> list[tuple[int, int, int, int]] | None:
    """The Huffman-coded strings of a field block: number of the field, 0 for its name or 1 for its value, size, last
    byte. None where the block is not whole fields, or a size update stands behind one (RFC 7541 4.2, 6). Raises Fault
    above ``most`` fields: 16 kB can stand for 16,000, which would take a tenth of a second.

    jh2's decoder takes updates anywhere, and where a string is cut off it panics, which writes a stack trace to
    standard error."""
    position, end = 0, len(block)
    field = 0
    strings: list[tuple[int, int, int, int]] = []
    while position < end:
        first = block[position]
        position += 1
        if field > most:
            raise Fault(ENHANCE_YOUR_CALM, f"A field section of more than {most} fields (RFC 9113 10.5.1).")
        if first >= 0x80:
            field += 1
            if first == 0xFF:
                position = _behind_integer(block, position)[1]
            continue
        if first & 0xE0 == 0x20:
            if field:
                return None
            if first == 0x3F:
                position = _behind_integer(block, position)[1]
            continue
        mask = 0x3F if first >= 0x40 else 0x0F
        if first & mask == mask:
            position = _behind_integer(block, position)[1]
        for part in (0, 1) if not first & mask else (1,):
            if position >= end:
                return None
            coded = block[position] >= 0x80
            size = block[position] & 0x7F
            position += 1
            if size == 0x7F:
                more, position = _behind_integer(block, position)
                size += more
            position += size
            if coded and size and position <= end:
                strings.append((field, part, size, block[position - 1]))
        field += 1
    return strings if position == end else None


def padded_well(text: bytes, size: int, last: int) -> bool:
    """Whether the Huffman code of ``text``, in ``size`` bytes of which ``last`` is the last one, ends with less than 8
    bits of padding, all of them 1 (RFC 7541 5.2). jh2 takes any."""
    padding = 8 * size - sum(text.translate(_CODE_LENGTHS))
    if not 0 <= padding < 8:
        return False
    ones = (1 << padding) - 1
    return last & ones == ones


def _behind_integer(block: bytes, position: int) -> tuple[int, int]:
    """The rest of an integer of which the prefix is full (RFC 7541 5.1), and the place behind it; that is beyond the
    block where the integer is cut off or longer than any length of ours."""
    value = shift = 0
    while position < len(block) and shift < 28:
        byte = block[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    return 0, len(block) + 1
