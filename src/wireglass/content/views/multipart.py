"""The view ``multipart``."""

from __future__ import annotations

from wireglass.content.bounded import Full, Text
from wireglass.content.multipart import Malformed, Part, Parts, names
from wireglass.content.text import as_text, media_type
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note
from wireglass.content.views.json import is_json
from wireglass.content.views.json_layout import laid_out, rest_refused

_MOST_PARTS = 200
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
        parts = Parts(_MOST_PARTS)
        try:
            parts.read(boundary, body.data)
        except Malformed as malformed:
            raise ViewError(f"its {malformed}") from malformed
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


def _write(number: int, part: Part, out: Text) -> None:
    type, charset = media_type(part.headers)
    name, file = names(part.headers, _decoded)
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


view = MultipartView()
