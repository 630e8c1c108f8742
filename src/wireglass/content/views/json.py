"""The view ``json``."""

from __future__ import annotations

import re

from wireglass.content.views import LOOK, OUTPUT_LIMIT, Body, View
from wireglass.content.views.body_text import CUT, start_note, text_of
from wireglass.content.views.json_layout import laid_out, rest_refused

# What some services put before the JSON, so that a page cannot load it as a script.
_GUARD = re.compile(r"\)\]\}',?|for ?\(;;\);|while ?\((?:1|true)\);|\{\}&&")
# An object with a key, or an array of them: a line of a log that begins with a bracket is none.
_BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*+(?:\[[ \t\r\n]*+)*+\{[ \t\r\n]*+(?:"[^"\\]*+"[ \t\r\n]*+:|\})')


class JsonView:
    """JSON (application/json, *+json, and text that begins like it), indented; numbers and keys as they were sent."""

    name = "json"

    def fits(self, body: Body) -> int:
        if is_json(body.type):
            return 5
        if body.type in ("", "text/plain", "application/octet-stream", "text/javascript"):
            return 2 if _BEGINNING.match(body.data[:LOOK]) else 0
        if body.type == "application/x-www-form-urlencoded":  # what curl -d says of anything
            return 6 if _BEGINNING.match(body.data[:LOOK]) else 0
        return 0

    def render(self, body: Body) -> View:
        text = text_of(body)
        notes = start_note(body)
        if guard := _GUARD.match(text):
            notes.append(f"left out at the start, as it is no JSON: {guard[0]}")
            text = text[guard.end() :]
        laid = laid_out(text, OUTPUT_LIMIT, whole=body.whole)
        if laid.stopped == "full":
            notes.append(CUT)
        elif reason := rest_refused(text, laid.end):
            raise reason
        return View(laid.text, notes=notes)


def is_json(type: str) -> bool:
    return type in ("application/json", "text/json", "application/x-json") or type.endswith("+json")


view = JsonView()
