"""The view ``urlencoded``."""

from __future__ import annotations

from wireglass.content.bounded import Full, Text
from wireglass.content.text import has_binary
from wireglass.content.urlencoded import percent_decoded
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note

_MOST_FIELDS = 10_000


class UrlencodedView:
    """Forms (application/x-www-form-urlencoded): one `name = value` a line, percent-encoding undone."""

    name = "urlencoded"

    def fits(self, body: Body) -> int:
        return 5 if body.type == "application/x-www-form-urlencoded" else 0

    def render(self, body: Body) -> View:
        # curl -d sends spaces and bytes beyond ASCII as they were typed.
        if has_binary(body.data):
            raise ViewError("it is no form: it has control characters in it")
        text = body.data.decode("utf-8", "surrogateescape").strip(" \t\r\n")
        notes = start_note(body)
        fields = [field for field in text.split("&", _MOST_FIELDS + 1) if field]
        if len(fields) > _MOST_FIELDS:
            fields = fields[:_MOST_FIELDS]
            notes.append(f"the first {_MOST_FIELDS} fields are shown")
        out = Text(OUTPUT_LIMIT)
        not_text = False
        try:
            for field in fields:
                name, sign, value = (part.replace("+", " ") for part in field.partition("="))
                raw = [percent_decoded(part.encode("utf-8", "surrogateescape")) for part in (name, value)]
                read = [part.decode("utf-8", "backslashreplace") for part in raw]
                not_text |= any(part.encode("utf-8", "replace") != was for part, was in zip(read, raw, strict=True))
                out.add(f"{_inline(read[0])} = {_inline(read[1])}\n" if sign else f"{_inline(read[0])}\n")
        except Full:
            notes.append(CUT)
        if not_text:
            notes.append(r"bytes that are no UTF-8 are shown as \xNN")
        return View(str(out), {"fields": str(len(fields))}, notes)


def _inline(text: str) -> str:
    """A value of several lines stays one field: what follows its line ends is indented."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\n    ")


view = UrlencodedView()
