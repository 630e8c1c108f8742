"""Strings as languages write them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str, other: Callable[[str], str], more: str = "", quote: str = '"') -> str:
    """In double quotes with C's escapes; ``other`` writes what is not printed as it is; ``more``: characters that have
    a backslash too."""
    return quote + "".join(_characters(text, other, f"\\{quote}{more}")) + quote


def _characters(text: str, other: Callable[[str], str], escaped: str) -> Iterator[str]:
    for char in text:
        if char in escaped:
            yield f"\\{char}"
        elif char in _SHORT:
            yield _SHORT[char]
        elif char.isprintable():
            yield char
        else:
            yield other(char)


def quoted_bytes(data: bytes, more: str = "", byte: str = "\\x{:02x}") -> str:
    """Bytes, of which only ASCII is printed as it is; ``byte``: an escape of a fixed width."""
    escaped = f'\\"{more}'
    parts = (
        _SHORT.get(char) or (f"\\{char}" if char in escaped else char if " " <= char <= "~" else byte.format(ord(char)))
        for char in data.decode("latin-1")
    )
    return f'"{"".join(parts)}"'


def utf16(char: str) -> str:
    """``\\uXXXX``, as Java, JavaScript and C# write UTF-16 units."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def value_text(value: bytes) -> str:
    """A header's value for languages whose strings are Unicode."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def indented(lines: list[str], by: int = 4) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in lines)


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]
