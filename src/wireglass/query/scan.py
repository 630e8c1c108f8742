"""The words of a query: bare, quoted, or a regular expression, each with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from wireglass.errors import QueryError

TEXT_LIMIT = 4096
"""Characters of a query."""

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_FLAGS = re.compile(r"[a-z]*", re.ASCII)
_JS_FLAGS = frozenset("dgimsuvxy")


class Word(NamedTuple):
    text: str
    """Without quotes, slashes and escapes."""
    start: int
    end: int
    kind: str = "bare"
    """``bare``, ``quoted`` or ``regex``."""
    pattern: str = ""
    """Of a bare one: as in ``tree.Like``, so that an escaped star stays one."""
    flags: str = ""

    @property
    def bare(self) -> bool:
        return self.kind == "bare"


class Scanner:
    """A place in the text, and what stands there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str, hint: str, start: int, end: int) -> QueryError:
        length = len(self.text)
        start = min(start, length)
        return QueryError(message, hint, text=self.text, at=(start, max(start, min(end, length))))

    def skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def peek(self, count: int = 1) -> str:
        return self.text[self.at : self.at + count]

    def take(self, *choices: str) -> str:
        """The first of these that stands here, or nothing."""
        for choice in choices:
            if self.text.startswith(choice, self.at):
                self.at += len(choice)
                return choice
        return ""

    def keyword(self, *words: str) -> bool:
        """Takes one of these if it stands here as a word of its own."""
        for word in words:
            end = self.at + len(word)
            after = self.text[end : end + 1]
            if self.text[self.at : end].lower() == word and (not after or after.isspace() or after in "()"):
                self.at = end
                return True
        return False

    def word(self, stops: str, *, regex: bool = True) -> Word:
        """What begins here, up to white space, a bracket that it did not open, ``|``, or one of ``stops``. Empty if
        nothing does."""
        if self.peek() in ('"', "'"):
            return self._quoted()
        if regex and self.peek() == "/" and (found := self._regex(stops)):
            return found
        return self._bare(stops)

    def _quoted(self) -> Word:
        start = self.at
        quote = self.text[start]
        out: list[str] = []
        at = start + 1
        while at < len(self.text):
            character = self.text[at]
            if character == quote:
                self.at = at + 1
                return Word("".join(out), start, self.at, "quoted")
            if character == "\\" and (escaped := _ESCAPES.get(self.text[at + 1 : at + 2])):
                out.append(escaped)
                at += 2
            else:
                out.append(character)
                at += 1
        raise self.error(
            "The quotation mark is not closed.",
            f"Close it with {quote}, or write \\{quote} for the character itself.",
            start,
            len(self.text),
        )

    def _regex(self, stops: str) -> Word | None:
        """``/…/`` with flags, if a word ends behind it: ``/v1/users`` is a path."""
        start = self.at
        out: list[str] = []
        at = start + 1
        while at < len(self.text):
            character = self.text[at]
            if character == "\\":
                pair = self.text[at : at + 2]
                out.append("/" if pair == "\\/" else pair)
                at += 2
                continue
            if character == "/":
                break
            out.append(character)
            at += 1
        if at >= len(self.text) or not out:
            return None
        flags = _FLAGS.match(self.text, at + 1)
        assert flags is not None
        if not self._ends(flags.end(), stops) or not _JS_FLAGS.issuperset(flags[0]):
            return None
        self.at = flags.end()
        return Word("".join(out), start, self.at, "regex", flags=flags[0])

    def _ends(self, at: int, stops: str) -> bool:
        after = self.text[at : at + 1]
        return not after or after.isspace() or after in ")|" or after in stops

    def _bare(self, stops: str) -> Word:
        start = self.at
        text: list[str] = []
        pattern: list[str] = []
        opened = 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "\\" and (escaped := self.peek(2)[1:]) and not escaped.isalnum():
                # Before a letter or digit it is one itself: C:\temp.
                text.append(escaped)
                pattern.append("\\" + escaped if escaped in "*?\\" else escaped)
                self.at += 2
                continue
            if character.isspace() or character == "|" or character in stops:
                break
            if character == "(":
                opened += 1
            elif character == ")":
                if not opened:
                    break
                opened -= 1
            text.append(character)
            pattern.append("\\\\" if character == "\\" else character)
            self.at += 1
        return Word("".join(text), start, self.at, pattern="".join(pattern))
