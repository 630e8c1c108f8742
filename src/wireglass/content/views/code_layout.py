"""Minified CSS and JavaScript in lines that can be read: a line for a statement, indented by its braces. Only white
space changes. Our own, because jsbeautifier 2.0.3 indents each line by its depth without a bound: 128 KiB of ``{`` are
gigabytes, and ended with the process killed."""

from __future__ import annotations

import re

from wireglass.content.bounded import Full, Text
from wireglass.content.views import OUTPUT_LIMIT, Body, View
from wireglass.content.views.body_text import CUT, start_note, text_of

_INDENT = "  "
_DEEPEST = 30  # levels of indentation
_LONG_LINE = 300
"""Characters. Text that has no longer line was written for people, and is shown as it is."""
_FOLD = 100
"""Characters after which a line may be folded behind a comma."""

_STRINGS = r'"(?:[^"\\\n]++|\\.)*+"?|' + r"'(?:[^'\\\n]++|\\.)*+'?"
_COMMENT = r"/\*(?:[^*]++|\*(?!/))*+(?:\*/)?"
CSS = re.compile(
    rf"(?P<space>\s++)|(?P<mark>[{{}}();,\[\]])|(?P<other>{_COMMENT}|{_STRINGS}|url\([^)\"']*+\)?|(?:(?!url\(|/\*)[^\s{{}}();,\[\]\"'])++|.)",
    re.DOTALL,
)
# A slash begins a regular expression where no value can have ended.
JAVASCRIPT = re.compile(
    rf"""(?P<space>\s++)|(?P<mark>[{{}}();,\[\]])|(?P<line>//[^\n]*+)
    |(?P<other>{_COMMENT}|{_STRINGS}|`(?:[^`\\]++|\\.)*+`?
    |(?<=[(,=:\[!&|?{{}};])/(?:[^/\\\[\n]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\]?)++/?[a-z]*+
    |(?:(?![/"'`])[^\s{{}}();,\[\]])++|.)""",
    re.DOTALL | re.VERBOSE,
)
_STAYS = frozenset(")],;.:?")  # what may follow a closing brace on its line


def in_lines(body: Body, tokens: re.Pattern[str]) -> View:
    text = text_of(body)
    notes = start_note(body)
    if max(map(len, text.split("\n"))) <= _LONG_LINE:
        if len(text) > OUTPUT_LIMIT:
            notes.append(CUT)
        return View(text[:OUTPUT_LIMIT], notes=notes)
    out = Text(OUTPUT_LIMIT)
    try:
        _write(text, tokens, out)
    except Full:
        notes.append(CUT)
    return View(str(out), notes=notes)


def _write(text: str, tokens: re.Pattern[str], out: Text) -> None:
    opened: list[str] = []
    line = 0  # characters of this line without its indentation

    def put(piece: str) -> None:
        nonlocal line
        if not line:
            out.add(_INDENT * min(opened.count("{") if len(opened) < _DEEPEST else _DEEPEST, _DEEPEST))
        out.add(piece)
        line += len(piece)

    def end() -> None:
        nonlocal line
        if line:
            out.add("\n")
        line = 0

    after_brace = False
    for token in tokens.finditer(text):
        piece = token[0]
        if token["space"]:
            if "\n" in piece and not (opened and opened[-1] != "{"):
                end()
            elif line and not after_brace:
                put(" ")
            continue
        if after_brace and piece[0] not in _STAYS:
            end()
        after_brace = False
        if not token["mark"]:
            put(piece)
            if token.lastgroup == "line":
                end()
        elif piece in "{[(":
            put(piece)
            opened.append(piece)
            if piece == "{":
                end()
        elif piece in "}])":
            if piece == "}":
                end()
            if opened:
                opened.pop()
            put(piece)
            after_brace = piece == "}"
        else:
            put(piece)
            inner = opened[-1] if opened else "{"
            if (inner == "{" and (piece == ";" or opened)) or line > _FOLD:
                end()
    end()
