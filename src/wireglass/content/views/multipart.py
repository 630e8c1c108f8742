"""The view ``multipart``."""

from __future__ import annotations

import logging

from wireglass.content.bounded import Full, Text
from wireglass.content.text import as_text, media_type
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note
from wireglass.content.views.json import is_json
from wireglass.content.views.json_layout import laid_out, rest_refused
from wireglass.model import Headers

_MOST_PARTS = 200
_PIECE = 64 * 1024
_MOST_FIELDS = 50  # header fields of one part
_HEAD_LIMIT = 16 * 1024
_SHOWN = 16 * 1024
"""Bytes of a part of text that are shown."""


class MultipartView:
    """Multipart (multipart/form-data, mixed, related, byteranges): the parts with names, files, types and sizes."""

    name = "multipart"

    def fits(self, body: Body) -> int:
        return 5 if body.type.startswith("multipart/") else 0

    def render(self, body: Body) -> View:
        boundary = body.parameters.get("boundary", "")
        if not body.type.startswith("multipart/") or not boundary:
            raise ViewError("it has no boundary: the Content-Type names none")
        parts = _Parts()
        parts.read(boundary, body.data)
        notes = start_note(body)
        more = len(parts.found) > _MOST_PARTS
        if more:
            notes.append(f"the first {_MOST_PARTS} parts are shown, and there are more")
        elif not parts.ended and body.whole:
            notes.append("the closing boundary is missing: the last part may be cut off")
        out = Text(OUTPUT_LIMIT)
        try:
            for number, part in enumerate(parts.found[:_MOST_PARTS], 1):
                _write(number, part, out)
        except Full:
            notes.append(CUT)
        return View(str(out).rstrip("\n"), {"parts": f"{_MOST_PARTS}+" if more else str(len(parts.found))}, notes)


class Part:
    __slots__ = ("data", "headers")

    def __init__(self) -> None:
        self.headers: Headers = []
        self.data = bytearray()


class _Parts:
    """What ``python-multipart`` finds (RFC 2046 5.1.1)."""

    def __init__(self) -> None:
        self.found: list[Part] = []
        self.ended = False
        self._name = bytearray()
        self._value = bytearray()

    def read(self, boundary: str, data: bytes) -> None:
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser

        # It tells its logger as well what it raises; without a handler that would stand on the terminal.
        logging.getLogger("python_multipart").addHandler(logging.NullHandler())
        try:
            parser = MultipartParser(
                boundary.encode("latin-1", "replace"),
                {
                    "on_part_begin": lambda: self.found.append(Part()),
                    "on_part_data": lambda data, start, end: self.found[-1].data.extend(data[start:end]),
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header,
                    "on_end": self._end,
                },
            )
            for at in range(0, len(data), _PIECE):
                parser.write(data[at : at + _PIECE])
                if len(self.found) > _MOST_PARTS:
                    break
        except FormParserError as error:
            raise ViewError(f"its parts cannot be told apart: {str(error).rstrip('.')}") from error
        if not self.found:
            raise ViewError(f"the boundary {boundary[:70]!r} does not occur in it")

    def _header(self) -> None:
        headers = self.found[-1].headers
        if len(headers) == _MOST_FIELDS or len(self._name) + len(self._value) > _HEAD_LIMIT:
            raise ViewError("its parts cannot be told apart: a part has too large a head")
        headers.append((bytes(self._name), bytes(self._value)))
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True


def _write(number: int, part: Part, out: Text) -> None:
    type, charset = media_type(part.headers)
    name, file = _names(part.headers)
    size = f"{len(part.data)} byte{'' if len(part.data) == 1 else 's'}"
    told = [f"name {name!r}" if name is not None else "", f"file {file!r}" if file is not None else "", type, size]
    out.add(f"--- {number}: {', '.join(filter(None, told))}\n")
    for field, value in part.headers:
        if field.lower() not in (b"content-disposition", b"content-type"):
            out.add(f"{_decoded(field)}: {_decoded(value)}\n")
    shown = bytes(part.data[:_SHOWN])
    text = as_text(shown, type, charset)
    if text is None:
        out.add("[binary]\n\n")
        return
    if is_json(type) and len(shown) == len(part.data):
        text = _laid(text)
    out.add(text.rstrip("\r\n"), "\n" if text else "")
    out.add(f"[the first {_SHOWN} bytes]\n\n" if len(shown) < len(part.data) else "\n")


def _laid(text: str) -> str:
    try:
        laid = laid_out(text, 4 * _SHOWN)
    except ViewError:
        return text
    return text if laid.stopped or rest_refused(text, laid.end) else laid.text


def _decoded(value: bytes) -> str:
    """Browsers send names in UTF-8 (RFC 7578 5.1)."""
    return value.decode("utf-8", "backslashreplace")


def _names(headers: Headers) -> tuple[str | None, str | None]:
    """``name`` and ``filename`` of Content-Disposition."""
    from email.message import Message

    for field, value in headers:
        if field.lower() == b"content-disposition":
            message = Message()
            message["Content-Disposition"] = " ".join(_decoded(value).split())
            named = (message.get_param(one, header="Content-Disposition") for one in ("name", "filename"))
            # RFC 2231 makes a parameter a triple: charset, language, value.
            name, file = (value[2] if isinstance(value, tuple) else value for value in named)
            return name, file
    return None, None


view = MultipartView()
