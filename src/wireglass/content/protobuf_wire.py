"""The wire format of Protobuf ("Encoding" of protobuf.dev): the fields of one message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, GROUP, GROUP_END, FIXED32 = range(6)

DEPTH_LIMIT = 64
"""Messages and groups inside each other; Protobuf's own parsers stop at 100."""

_LARGEST_NUMBER = 2**29 - 1


class NotProtobuf(Exception):
    """The bytes are no message; the text says where and why."""


class Cut(NotProtobuf):
    """All that came is in order, and the end is missing."""


class Field(NamedTuple):
    number: int
    wire: int
    """``VARINT`` … ``FIXED32``; ``GROUP_END`` ends what the last open ``GROUP`` began."""
    value: int | bytes
    """An unsigned number, or the bytes of a ``BYTES`` field; 0 for groups."""
    missing: int = 0
    """Bytes of the value that are not there: of the last one, where the data is cut inside it."""


def fields(data: bytes, *, partial: bool = False) -> Iterator[Field]:
    """The fields of one message in wire order, those of its groups in between, nested messages unread.

    Raises ``NotProtobuf``, and ``Cut`` where the data ends inside a field or group, after the fields before; with
    ``partial`` after what is there of that field as well.
    """
    at, end = 0, len(data)
    groups: list[int] = []
    while at < end:
        start = at
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= _LARGEST_NUMBER:
            raise NotProtobuf(f"byte {start}: field number {number}")
        if wire == VARINT:
            value, at = varint(data, at)
            yield Field(number, VARINT, value)
        elif wire == BYTES:
            length, at = varint(data, at)
            if at + length > end:
                if partial:
                    yield Field(number, BYTES, data[at:], at + length - end)
                raise Cut(f"byte {start}: field {number} has {length} bytes and {end - at} are there")
            yield Field(number, BYTES, data[at : at + length])
            at += length
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
            if at + length > end:
                raise Cut(f"byte {start}: field {number} has {length} bytes and {end - at} are there")
            yield Field(number, wire, int.from_bytes(data[at : at + length], "little"))
            at += length
        elif wire == GROUP:
            if len(groups) >= DEPTH_LIMIT:
                raise NotProtobuf(f"byte {start}: more than {DEPTH_LIMIT} groups inside each other")
            groups.append(number)
            yield Field(number, GROUP, 0)
        elif wire == GROUP_END:
            if not groups or groups.pop() != number:
                raise NotProtobuf(f"byte {start}: the end of a group {number} that was not begun")
            yield Field(number, GROUP_END, 0)
        else:
            raise NotProtobuf(f"byte {start}: wire type {wire}")
    if groups:
        raise Cut(f"group {groups[-1]} does not end")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number, of which 64 bits count, and where it ends."""
    start, value, shift = at, 0, 0
    for byte in data[at : at + 10]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    if at - start == 10:
        raise NotProtobuf(f"byte {start}: a varint of more than 10 bytes")
    raise Cut(f"byte {start}: a varint does not end")
