"""Multipart bodies taken apart (RFC 2046 5.1.1, RFC 7578)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from wireglass.content.text import as_text
from wireglass.model import Headers

_PIECE = 64 * 1024
_MOST_FIELDS = 50  # header fields of one part
_LONGEST_FIELD = 16 * 1024  # bytes
_LONGEST_HEAD = 32 * 1024  # bytes of all fields of one part

# Possessive: each character is looked at once (email.message takes quadratic time for ";;;;"). What stands between
# two parameters and is none is passed over, a quoted string as a whole: a ";" in it begins nothing. Browsers escape
# nothing but quotes, and that as %22 (WHATWG HTML); "\\" of a path in Windows stays unless a quote follows.
_PARAMETER = re.compile(
    r"\"(?:[^\"\\]++|\\.)*+\"?|;\s*+([^\s;=\"]++)\s*+=\s*+(?:\"((?:[^\"\\]++|\\.)*+)\"?|([^;\"]*+))", re.DOTALL
)
_ESCAPED = re.compile(r"\\([\\\"])")


class Malformed(Exception):
    """The parts cannot be told apart; the message goes behind "its" or "the"."""


class Part:
    __slots__ = ("data", "headers")

    def __init__(self) -> None:
        self.headers: Headers = []
        self.data = bytearray()


class Parts:
    """What ``python-multipart`` finds. ``wanted`` is asked with the header fields of each part; the data of others is
    left out."""

    def __init__(self, most: int, wanted: Callable[[Headers], bool] = lambda _headers: True) -> None:
        """``most``: when more parts have been found the rest is not looked at."""
        self.found: list[Part] = []
        self.ended = False
        """Whether the closing boundary was there."""
        self._most = most
        self._wanted = wanted
        self._takes = False
        self._name = bytearray()
        self._value = bytearray()
        self._head = 0  # bytes of the head of the last part

    def read(self, boundary: str, data: bytes) -> None:
        """Raises Malformed; what was found before stays in ``found``."""
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser

        # It tells its logger as well what it raises; without a handler that would stand on the terminal.
        logging.getLogger("python_multipart").addHandler(logging.NullHandler())
        try:
            parser = MultipartParser(
                boundary.encode("latin-1", "replace"),
                {
                    "on_part_begin": self._part,
                    "on_part_data": self._data,
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header,
                    "on_headers_finished": self._headers,
                    "on_end": self._end,
                },
                max_header_count=_MOST_FIELDS,
                max_header_size=_LONGEST_FIELD,
            )
            for at in range(0, len(data), _PIECE):
                parser.write(data[at : at + _PIECE])
                if len(self.found) > self._most:
                    break
        except FormParserError as error:
            raise Malformed(f"parts cannot be told apart: {str(error).rstrip('.')}") from error
        if not self.found and not self.ended:
            raise Malformed(f"boundary {boundary[:70]!r} does not occur in it")

    def _part(self) -> None:
        self.found.append(Part())
        self._head = 0

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._takes:
            self.found[-1].data.extend(data[start:end])

    def _header(self) -> None:
        self._head += len(self._name) + len(self._value)
        if self._head > _LONGEST_HEAD:
            raise Malformed(f"parts cannot be told apart: the head of one is longer than {_LONGEST_HEAD} bytes")
        self.found[-1].headers.append((bytes(self._name), bytes(self._value)))
        self._name.clear()
        self._value.clear()

    def _headers(self) -> None:
        self._takes = self._wanted(self.found[-1].headers)

    def _end(self) -> None:
        self.ended = True


def names(headers: Headers, text: Callable[[bytes], str]) -> tuple[str | None, str | None]:
    """``name`` and ``filename`` of a part's Content-Disposition, also in the forms of RFC 2231 (which RFC 7578 4.2
    forbids, and some send). ``text`` reads the field, which browsers send in UTF-8 (RFC 7578 5.1). Linear time."""
    for field, value in headers:
        if field.lower() == b"content-disposition":
            given: dict[str, str] = {}
            for found in _PARAMETER.finditer(" ".join(text(value).splitlines())):
                if found[1] is None:
                    continue
                quoted, plain = found[2], found[3]
                given.setdefault(found[1].lower(), plain.rstrip() if quoted is None else _ESCAPED.sub(r"\1", quoted))
            return _parameter(given, "name"), _parameter(given, "filename")
    return None, None


def _parameter(given: dict[str, str], name: str) -> str | None:
    """The plain one if there is one, as ``name``; else ``name*`` (RFC 2231 4) or ``name*0``, ``name*1*`` … (3)."""
    if name in given:
        return given[name]
    if f"{name}*" in given:
        return _extended([given[f"{name}*"]], [True])
    pieces: list[str] = []
    encoded: list[bool] = []
    while (key := f"{name}*{len(pieces)}") in given or f"{key}*" in given:
        encoded.append(key not in given)
        pieces.append(given[key if key in given else f"{key}*"])
    return _extended(pieces, encoded) if pieces else None


def _extended(pieces: list[str], encoded: list[bool]) -> str:
    """``charset'language'`` stands before the first one, if that is encoded."""
    charset = "utf-8"
    if encoded[0] and pieces[0].count("'") >= 2:
        charset, _, pieces[0] = pieces[0].split("'", 2)
    raw = b"".join(
        unquote_to_bytes(piece) if is_encoded else piece.encode("utf-8", "surrogatepass")
        for piece, is_encoded in zip(pieces, encoded, strict=True)
    )
    found = as_text(raw, "text/plain", charset.lower())
    return raw.decode("latin-1") if found is None else found
