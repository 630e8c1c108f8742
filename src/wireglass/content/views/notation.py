"""Values of binary formats as indented text: JSON where JSON has a word for them, else the diagnostic notation of CBOR
(RFC 8949 8): ``h'0fab'`` for bytes, ``32("…")`` for what has a tag, keys of any type."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from wireglass.content.bounded import Text
from wireglass.content.views import DEPTH_LIMIT, ViewError

_INDENT = "  "
_BYTES_SHOWN = 256

MOST_ITEMS = 10_000
"""Of a sequence of values one behind the other, which garbage makes as many of as it has bytes."""
_MOST_BITS = 4096  # str() of a larger int takes the square of its length, and raises at 4300 digits


class Tagged:
    """A value and what stands before its parenthesis: a tag number or the name of an extension."""

    __slots__ = ("tag", "value")

    def __init__(self, tag: int | str, value: Any) -> None:
        self.tag = tag
        self.value = value


class Pairs:
    """A map as it was sent: order and duplicate keys kept."""

    __slots__ = ("items",)

    def __init__(self, items: Iterable[tuple[Any, Any]]) -> None:
        self.items = list(items)


def write(value: Any, out: Text, depth: int = 0) -> None:
    """Raises ``ViewError`` for nesting deeper than ``DEPTH_LIMIT``, ``Full`` at the limit of ``out``. What is no text,
    number, bytes, bool, None, sequence, ``Pairs`` or ``Tagged`` is written by its ``str()``."""
    if depth > DEPTH_LIMIT:
        raise ViewError(f"it is nested deeper than {DEPTH_LIMIT} levels")
    if isinstance(value, Pairs):
        _map(value, out, depth)
    elif isinstance(value, (list, tuple)):
        _list(value, out, depth)
    elif isinstance(value, Tagged):
        out.add(str(value.tag), "(")
        write(value.value, out, depth + 1)
        out.add(")")
    else:
        out.add(_scalar(value))


def _map(value: Pairs, out: Text, depth: int) -> None:
    if not value.items:
        out.add("{}")
        return
    out.add("{\n")
    for number, (key, one) in enumerate(value.items):
        out.add(",\n" if number else "", _INDENT * (depth + 1))
        write(key, out, depth + 1)
        out.add(": ")
        write(one, out, depth + 1)
    out.add("\n", _INDENT * depth, "}")


def _list(value: Iterable[Any], out: Text, depth: int) -> None:
    if not value:
        out.add("[]")
        return
    out.add("[\n")
    for number, one in enumerate(value):
        out.add(",\n" if number else "", _INDENT * (depth + 1))
        write(one, out, depth + 1)
    out.add("\n", _INDENT * depth, "]")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _MOST_BITS else hex(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(value)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (bytes, bytearray)):
        more = f" /* {len(value)} bytes in all */" if len(value) > _BYTES_SHOWN else ""
        return f"h'{value[:_BYTES_SHOWN].hex()}'{more}"
    return str(value)
