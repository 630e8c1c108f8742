"""The view ``ndjson``."""

from __future__ import annotations

from wireglass.content.bounded import Full, Text
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note, text_of
from wireglass.content.views.json_layout import laid_out, rest_refused

_TYPES = frozenset({
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines",
    "application/x-jsonlines", "application/json-lines", "application/json-seq", "application/x-json-stream",
    "application/stream+json",
})  # fmt: skip


_MOST_LINES = 50_000  # half a second


class NdjsonView:
    """JSON lines and JSON text sequences (application/x-ndjson, jsonl, json-seq), each line indented."""

    name = "ndjson"

    def fits(self, body: Body) -> int:
        return 6 if body.type in _TYPES else 0

    def render(self, body: Body) -> View:
        # RFC 7464 2.2 begins each text with a control character, which other text does not have.
        text = text_of(Body(body.data.replace(b"\x1e", b"\n"), body.type, body.parameters))
        notes = start_note(body)
        out = Text(OUTPUT_LIMIT)
        room = OUTPUT_LIMIT
        lines = text.split("\n")
        damaged = shown = 0
        try:
            for number, line in enumerate(lines, 1):
                if shown == _MOST_LINES:
                    notes.append(f"the first {_MOST_LINES} lines are shown")
                    break
                if not line.strip():
                    continue
                last = number == len(lines)
                try:
                    laid = laid_out(line, room, whole=body.whole or not last)
                    if reason := rest_refused(line, laid.end):
                        raise reason
                    written = laid.text + "\n"
                except ViewError:
                    damaged += 1
                    written = line + "\n"
                    if damaged <= 3:
                        notes.append(f"line {number} is not JSON, and shown as it is")
                out.add(written)
                room -= len(written)
                shown += 1
        except Full:
            notes.append(CUT)
        if damaged and damaged == shown:
            raise ViewError("no line of it is JSON")
        if damaged > 3:
            notes.append(f"{damaged} lines in all are not JSON")
        return View(str(out), {"lines": str(shown)}, notes)


view = NdjsonView()
