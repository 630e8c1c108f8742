"""Multipart bodies taken apart (RFC 2046 5.1.1, RFC 7578)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from wireglass.model import Headers

_PIECE = 64 * 1024
_MOST_FIELDS = 50  # header fields of one part
_LONGEST_FIELD = 16 * 1024  # bytes


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
                    "on_part_begin": lambda: self.found.append(Part()),
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

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._takes:
            self.found[-1].data.extend(data[start:end])

    def _header(self) -> None:
        self.found[-1].headers.append((bytes(self._name), bytes(self._value)))
        self._name.clear()
        self._value.clear()

    def _headers(self) -> None:
        self._takes = self._wanted(self.found[-1].headers)

    def _end(self) -> None:
        self.ended = True


def names(headers: Headers, text: Callable[[bytes], str]) -> tuple[str | None, str | None]:
    """``name`` and ``filename`` of a part's Content-Disposition. ``text`` reads the field, which browsers send in UTF-8
    (RFC 7578 5.1)."""
    from email.message import Message
    from email.utils import collapse_rfc2231_value

    for field, value in headers:
        if field.lower() == b"content-disposition":
            message = Message()
            message["Content-Disposition"] = " ".join(text(value).splitlines())
            named = (message.get_param(one, header="Content-Disposition") for one in ("name", "filename"))
            # RFC 2231 makes a parameter a triple: charset, language, value.
            name, file = (collapse_rfc2231_value(value) if isinstance(value, tuple) else value for value in named)
            return name, file
    return None, None
