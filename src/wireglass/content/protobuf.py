"""Protobuf without its schema: what the wire format tells by itself, in the notation of Protobuf's text format.

    1: 150  # sint 75                     varint
    2: "testing"                          text, or bytes
    3 {                                   a nested message, or a group
      1: 0x3ff0000000000000  # double 1.0
    }

What stands before a ``#`` is what came; what stands behind it is how else it may be meant. Sources: "Encoding" and
"Text Format Language Specification" of protobuf.dev.
"""

from __future__ import annotations

import codecs
import contextlib
import math
import re
import struct
from typing import NamedTuple

from wireglass.content import bounded
from wireglass.content.protobuf_wire import (
    DEPTH_LIMIT,
    FIXED32,
    GROUP,
    GROUP_END,
    VARINT,
    Cut,
    NotProtobuf,
    fields,
    varint,
)

INPUT_LIMIT = 4 * 2**20
"""Bytes of a message that are looked at: Python reads some 2 MB/s of the smallest fields."""
OUTPUT_LIMIT = 2**20
"""Characters."""
_INDENT = "  "

_INPUT_FOR_OUTPUT = 16
"""Bytes that are looked at for each character of the limit: a list of messages takes the start of each."""
_MOST_BYTES = 256
"""Of a value that is not text: its escapes are four times as long, and nobody reads more."""
_MOST_PACKED = 32

# Control characters besides tab and line ends: what a text does not have.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_JOINERS = "\u200c\u200d"  # not "printable" to Python, and part of emoji and of several scripts


class Text(NamedTuple):
    text: str
    notes: list[str]
    """Why it is not all."""


def as_text(data: bytes, *, whole: bool = True, limit: int = OUTPUT_LIMIT) -> Text:
    """One message for people to read; with ``whole=False`` (the data is the start of something longer) as far as it
    goes. Raises ``NotProtobuf``."""
    notes: list[str] = []
    most = min(INPUT_LIMIT, _INPUT_FOR_OUTPUT * limit)
    if len(data) > most:
        notes.append(f"the first {most} of {len(data)} bytes")
        data, whole = data[:most], False
    try:
        _check(data)
    except Cut as cut:
        if whole:
            raise
        notes.append(f"cut, {cut}")
    out = bounded.Text(limit)
    try:
        _write(data, 0, out, partial=not whole)
    except Cut:
        pass
    except bounded.Full:
        notes.append(f"stopped at the limit of {limit} characters")
    return Text(str(out).removesuffix("\n"), notes)


def _check(data: bytes) -> None:
    for _ in fields(data):
        pass


def _write(data: bytes, depth: int, out: bounded.Text, *, partial: bool = False) -> None:
    for number, wire, value, missing in fields(data, partial=partial):
        if wire == GROUP:
            out.add(_INDENT * depth, f"{number} {{  # group", "\n")
            depth += 1
        elif wire == GROUP_END:
            depth -= 1
            out.add(_INDENT * depth, "}", "\n")
        elif isinstance(value, bytes) and missing:
            _write_start(number, value, missing, depth, out)
        elif isinstance(value, bytes):
            _write_bytes(number, value, depth, out)
        elif wire == VARINT:
            out.add(_INDENT * depth, f"{number}: {value}{_other_varint(value)}", "\n")
        else:
            out.add(_INDENT * depth, f"{number}: {_fixed(value, wire)}", "\n")


def _write_bytes(number: int, value: bytes, depth: int, out: bounded.Text) -> None:
    text = _text(value)
    # A message whose first field has number 1 begins with a tab or a line end, and the length behind that may be a
    # printable character; a text that begins so and happens to be a whole message is rare.
    if value and (text is None or value[0] in b"\t\n\r") and _is_message(value):
        if depth >= DEPTH_LIMIT:
            out.add(_INDENT * depth, f"{number}: {literal(value)}  # a message, deeper than {DEPTH_LIMIT}", "\n")
            return
        out.add(_INDENT * depth, f"{number} {{", "\n")
        _write(value, depth + 1, out)
        out.add(_INDENT * depth, "}", "\n")
    elif text is not None:
        out.add(_INDENT * depth, f"{number}: {quoted(text)}", "\n")
    else:
        out.add(_INDENT * depth, f"{number}: {literal(value)}{_other_bytes(value)}", "\n")


def _write_start(number: int, value: bytes, missing: int, depth: int, out: bounded.Text) -> None:
    """Of a value that is cut: by the same rules."""
    about = f"  # {len(value)} of {len(value) + missing} bytes"
    text = _text(value, whole=False)
    if value and (text is None or value[0] in b"\t\n\r") and depth < DEPTH_LIMIT and _may_begin_message(value):
        out.add(_INDENT * depth, f"{number} {{{about}", "\n")
        with contextlib.suppress(Cut):
            _write(value, depth + 1, out, partial=True)
        out.add(_INDENT * depth, "}", "\n")
    else:
        out.add(_INDENT * depth, f"{number}: {literal(value) if text is None else quoted(text)}{about}", "\n")


def _may_begin_message(data: bytes) -> bool:
    try:
        _check(data)
    except Cut:
        return True
    except NotProtobuf:
        return False
    return True


def _is_message(data: bytes) -> bool:
    try:
        _check(data)
    except NotProtobuf:
        return False
    return True


def _text(data: bytes, *, whole: bool = True) -> str | None:
    """None for what is none; without ``whole`` a character may be cut off at the end, and is left out."""
    try:
        text = codecs.utf_8_decode(data, "strict", whole)[0]
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def quoted(text: str) -> str:
    """A string of the text format. What cannot be seen is escaped."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(map(_character, text))}"'


def _character(one: str) -> str:
    if escape := _ESCAPES.get(one):
        return escape
    if one.isprintable() or one in _JOINERS:
        return one
    code = ord(one)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def literal(data: bytes) -> str:
    """Bytes as the text format writes them: ASCII, else three octal digits, as a hex escape has no end."""
    shown = "".join(_byte(byte) for byte in data[:_MOST_BYTES])
    return f'"{shown}"' if len(data) <= _MOST_BYTES else f'"{shown}"…'


def _byte(byte: int) -> str:
    one = chr(byte)
    return _ESCAPES.get(one) or (one if 0x20 <= byte < 0x7F else f"\\{byte:03o}")


def _other_varint(value: int) -> str:
    """ZigZag for the sint types, two's complement for a negative int."""
    readings = [f"int {value - 2**64}"] if value >= 2**63 else []
    readings += ["bool"] if value < 2 else []
    readings += [f"sint {(value >> 1) ^ -(value & 1)}"] if value else []
    return f"  # {', '.join(readings)}"


def _fixed(value: int, wire: int) -> str:
    if wire == FIXED32:
        (real,) = struct.unpack("<f", value.to_bytes(4, "little"))
        signed = value - 2**32 if value >= 2**31 else value
        return f"0x{value:08x}  # float {_short(real)}, int {signed}"
    (real,) = struct.unpack("<d", value.to_bytes(8, "little"))
    signed = value - 2**64 if value >= 2**63 else value
    return f"0x{value:016x}  # double {real!r}, int {signed}"


def _short(real: float) -> str:
    """A float has 24 bits, so that nine digits tell every one (and six any that was written with six)."""
    if not math.isfinite(real):
        return repr(real)
    short = f"{real:.7g}"
    return short if struct.pack("<f", float(short)) == struct.pack("<f", real) else f"{real:.9g}"


def _other_bytes(data: bytes) -> str:
    readings = [f"{len(data)} bytes"]
    if packed := _packed_varints(data):
        readings.append(f"packed varints {packed}?")
    for name, format, size in (("floats", "f", 4), ("doubles", "d", 8)):
        if data and len(data) % size == 0 and len(data) <= size * _MOST_PACKED:
            reals = struct.unpack(f"<{len(data) // size}{format}", data)
            # Of random bits few are numbers that people write.
            if all(real == 0 or 1e-6 <= abs(real) <= 1e12 for real in reals):
                shown = ", ".join(_short(real) if size == 4 else repr(real) for real in reals)
                readings.append(f"packed {name} [{shown}]?")
    return f"  # {', '.join(readings)}"


def _packed_varints(data: bytes) -> str:
    """Nothing where they are implausible: any bytes are varints if the last is below 128, but large ones."""
    numbers: list[int] = []
    at = 0
    try:
        while at < len(data) and len(numbers) <= _MOST_PACKED:
            number, at = varint(data, at)
            numbers.append(number)
    except NotProtobuf:
        return ""
    if len(numbers) > _MOST_PACKED or max(numbers, default=0) >= 2**32:
        return ""
    return f"[{', '.join(map(str, numbers))}]"
