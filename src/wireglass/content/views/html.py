"""The view ``html``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wireglass.content.bounded import Full, Text
from wireglass.content.views import LOOK, OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note, text_of

_INDENT = "  "
_DEEPEST = 30  # levels of indentation; tags nobody closes would push the text out of sight

_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_VERBATIM = frozenset({"pre", "script", "style", "textarea", "title", "xmp"})
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "button", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "input", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
# A quote opens a value only behind "=" (HTML Living Standard 13.2.5.35). Nothing is given back, so that a hostile page
# costs no more than its length; a tag that never ends takes the rest with it, as in browsers.
_MARK = re.compile(r"<(?=/?[A-Za-z]|[!?])")
_TAG = re.compile(r"</?([A-Za-z][^\s/>]*+)(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')|=)*+>")
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)


class HtmlView:
    """HTML (text/html), a block of it a line, indented; tags and text as they were sent, only white space changes."""

    name = "html"

    def fits(self, body: Body) -> int:
        if body.type in ("text/html", "application/xhtml+xml"):
            return 6
        return 2 if not body.type and _BEGINNING.match(body.data[:LOOK]) else 0

    def render(self, body: Body) -> View:
        text = text_of(body)
        if "<" not in text and text.strip():
            raise ViewError("it has no tag in it")
        notes = start_note(body)
        out = Text(OUTPUT_LIMIT)
        try:
            _Writer(out).write(text)
        except Full:
            notes.append(CUT)
        return View(str(out).rstrip("\n"), notes=notes)


def _pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """(kind, name, piece): kind is ``text``, ``start``, ``end``, ``verbatim`` (inside a script) or ``other``."""
    at = 0
    while at < len(text):
        mark = _MARK.search(text, at)
        tag = mark.start() if mark else len(text)
        if tag > at:
            yield "text", "", text[at:tag]
        if mark is None:
            return
        closing = {"<!--": "-->", "<![C": "]]>"}.get(
            text[tag : tag + 4], ">" if text[tag + 1 : tag + 2] in "!?" else ""
        )
        if closing:
            end = text.find(closing, tag + (4 if closing != ">" else 1))
            at = len(text) if end < 0 else end + len(closing)
            yield "other", "", text[tag:at]
            continue
        found = _TAG.match(text, tag)
        if found is None:
            yield "text", "", text[tag:]
            return
        name, at = found[1].lower(), found.end()
        if text[tag + 1] == "/":
            yield "end", name, found[0]
            continue
        yield "start", name, found[0]
        if name in _VERBATIM:
            end = _end_of(name, text, at)
            if end > at:
                yield "verbatim", name, text[at:end]
            at = end


def _end_of(name: str, text: str, at: int) -> int:
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, at)
    return found.start() if found else len(text)


class _Writer:
    def __init__(self, out: Text) -> None:
        self._out = out
        self._opened: list[str] = []
        self._line: list[str] = []
        self._length = 0

    def write(self, text: str) -> None:
        for kind, name, piece in _pieces(text):
            if kind == "text":
                self._flow(piece)
            elif kind == "verbatim":
                self._verbatim(piece)
            elif kind == "other":
                self._break()
                self._own_line(piece.strip())
            elif name in _INLINE:
                self._more(piece)
            elif kind == "start":
                self._start(name, piece)
            else:
                self._end(name, piece)
        self._break()

    def _more(self, piece: str) -> None:
        self._line.append(piece)
        self._length += len(piece)
        if self._length > OUTPUT_LIMIT:
            self._break()

    def _flow(self, piece: str) -> None:
        """White space is one space to a browser as well."""
        if self._line and piece[:1].isspace() and not self._line[-1].endswith(" "):
            self._more(" ")
        if words := " ".join(piece.split()):
            self._more(words + " " if piece[-1].isspace() else words)

    def _verbatim(self, piece: str) -> None:
        if self._line and "\n" not in piece:
            self._more(piece)
        else:
            self._break()
            self._out.add(piece.strip("\r\n"), "\n")

    def _start(self, name: str, piece: str) -> None:
        self._break()
        if name in _VERBATIM:
            self._more(piece)
            return
        self._own_line(piece)
        if name not in _VOID and not piece.endswith("/>"):
            self._opened.append(name)

    def _end(self, name: str, piece: str) -> None:
        if name in _VERBATIM and self._line:
            self._more(piece)
            self._break()
            return
        self._break()
        # Looked for only near the end: a stray end tag on each line of a deep page would cost the square.
        if name in self._opened[-50:]:
            while self._opened.pop() != name:
                pass
        self._own_line(piece)

    def _break(self) -> None:
        line = "".join(self._line).strip()
        self._line.clear()
        self._length = 0
        if line:
            self._own_line(line)

    def _own_line(self, line: str) -> None:
        self._out.add(_INDENT * min(len(self._opened), _DEEPEST), line, "\n")


view = HtmlView()
