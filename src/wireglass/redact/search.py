"""Finding secrets in text and bytes: all forms at once, in time linear in the text (RE2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import re2

from wireglass.redact.names import (
    DOUBTFUL,
    ENDS,
    JSON_DOUBTFUL,
    PLAIN,
    expression,
    is_doubtful,
    is_plain,
    kind_of,
    looks_random,
)
from wireglass.redact.placeholder import PLACEHOLDER, is_placeholder
from wireglass.redact.well_known import CARD, FORMS, IN_BYTES, KEY_BEGINS, KEY_ENDS, KEY_TEXT, LONGEST_KEY, TEXT

_MEMORY = 64 * 1024 * 1024
"""Bytes of states that RE2 may keep of one expression; it begins anew when they are used up."""
_MOST_KINDS = 2000
_LONGEST_KIND = 2000
"""Secrets whose kind is remembered, and their bytes."""
_OWN_MEMORY = 8 * 1024 * 1024
"""The same for each of the home's own."""
_NAME = rf"[A-Za-z0-9_.-]{{0,40}}(?i:{expression(PLAIN + ENDS)})"
_FIELD = rf"[A-Za-z0-9_.-]{{0,40}}(?i:{expression(PLAIN + ENDS + DOUBTFUL)})"
# Two groups: the name, and the value or its first ``_START`` characters.
_START = 500
_IN_URL = rf"(?:[?&;]|%3[Ff]|%26|\\u0026)(?:amp;)?({_FIELD})=([^\s&\"'<>#;,\\(){{}}|]{{1,{_START}}})"
_IN_JSON = rf"[\"']({_NAME})\\{{0,3}}[\"'][ \t\r\n]{{0,8}}:[ \t\r\n]{{0,8}}\\{{0,3}}[\"']([^\"'\\\s<>]{{1,{_START}}})"
_IN_XML = rf"<(?:[A-Za-z0-9_-]{{1,30}}:)?({_NAME})(?:[ \t\r\n][^<>]{{0,200}})?>([^<>\s][^<>]{{0,{_START - 1}}})"
_ASSIGNED = (
    rf"(?m:(?:^|[\s;,:({{\[&?])(?:export[ \t])?[\"']?)({_NAME})"
    rf"=[\"']?([^\s&\"'<>#;,\\(){{}}|]{{4,{_START}}})"
)
"""In plain text: in a program ``password=e.value`` is no secret."""
_VARIABLE = (
    r"(?m:(?:^|[\s;,:\[])(?:export[ \t])?[\"']?)([A-Z][A-Z0-9_]{0,60}_(?:TOKEN|KEY|PASS))"
    rf"=[\"']?([^\s&\"'<>#;,\\(){{}}|]{{8,{_START}}})"
)
_REST = {
    _VARIABLE: re.compile(rb"[^\s&\"'<>#;,\\(){}|]*+"),
    _IN_URL: re.compile(rb"[^\s&\"'<>#;,\\(){}|]*+"),
    _IN_JSON: re.compile(rb"[^\"'\\\s<>]*+"),
    _IN_XML: re.compile(rb"[^<>]*+"),
    _ASSIGNED: re.compile(rb"[^\s&\"'<>#;,\\(){}|]*+"),
}
"""How a value goes on that is longer."""


class Span(NamedTuple):
    start: int
    end: int
    kind: str


def compiled(pattern: str, memory: int = _MEMORY) -> Any:
    """Of bytes, whatever they are. Raises ``re2.error``."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = memory
    options.log_errors = False
    return re2.compile(pattern.encode("utf-8"), options)


class _Finder:
    def __init__(self, forms: Sequence[Any], pairs: Sequence[tuple[str, bool]], *, keys: bool) -> None:
        """``pairs``: expressions of a name and a value, and whether the value must look random."""
        self._forms = list(forms)
        self._pairs = list(pairs)
        parts = [pattern for pattern, _ in pairs] + [form.pattern for form in forms] + ([KEY_BEGINS] if keys else [])
        self._expression = compiled("|".join(parts))

    def spans(self, data: bytes) -> Iterator[Span]:
        """In their order, without overlaps."""
        at = 0
        next_end = -1
        while (match := self._expression.search(data, at)) is not None:
            group = match.lastindex
            start, end = match.span(group)
            at = max(start, match.start() + 1)  # after what is none, there may be one inside it
            if group <= 2 * len(self._pairs):
                name = match.group(group - 1).decode("ascii")
                value = data[start:end]
                pattern, strict = self._pairs[group // 2 - 1]
                sure = is_plain(name)
                if is_placeholder(value) or not (sure or pattern is _VARIABLE or is_doubtful(name)):
                    continue
                if (strict or not sure) and not _strict(name, value):
                    continue
                if end - start == _START and (rest := _REST[pattern].match(data, end)):
                    end = rest.end()
                at = end
                yield Span(start, end, kind_of(name))
                continue
            number = group - 2 * len(self._pairs) - 1
            if number == len(self._forms):  # a private key begins
                if next_end < end:
                    last = KEY_ENDS.search(data, end)
                    next_end = last.end() if last else len(data) + LONGEST_KEY + 1
                if next_end - start <= LONGEST_KEY:
                    end = next_end
                else:
                    rest = KEY_TEXT.match(data, end)
                    end = rest.end() if rest else end
                at = end
                yield Span(start, end, "private-key")
                continue
            form = self._forms[number]
            if form.check is None or form.check(data[start:end]):
                if form is CARD and not _alone(data, start, end):
                    continue
                at = end
                yield Span(start, end, form.kind)


def _strict(name: str, value: bytes) -> bool:
    return looks_random(value) and (name.lower() == "token" or len(value) >= 12)


def _alone(data: bytes, start: int, end: int) -> bool:
    """Not a part of a longer number, of a decimal fraction, or of something with hyphens such as a UUID."""
    before, after = data[max(0, start - 1) : start], data[end : end + 2]
    if before and before in b".-+_":
        return False
    return not (after[:1] in (b"-", b"_") and len(after) == 2) and not (after[:1] == b"." and after[1:].isdigit())


class Search:
    """``patterns``: expressions of the home's own."""

    def __init__(self, patterns: Sequence[str] = (), names: Sequence[str] = ()) -> None:
        """``names`` are the home's own, of JSON members."""
        self._own = [compiled(pattern, _OWN_MEMORY) for pattern in patterns]
        self._kinds: dict[bytes, str] = {}
        members = expression([*PLAIN, *ENDS, *JSON_DOUBTFUL], r"[^A-Za-z0-9\"]{0,3}")
        members = "|".join([members, *map(re2.escape, names)])
        self._members = compiled(rf"(?i:{members})[^A-Za-z0-9\"]{{0,9}}\"[ \t\r\n]*:")
        url, json, xml = (_IN_URL, False), (_IN_JSON, True), (_IN_XML, True)
        self._code = _Finder((*TEXT, *FORMS, CARD), (url, json, xml), keys=True)
        plain = ((_IN_JSON, False), (_IN_XML, False), (_ASSIGNED, False), (_VARIABLE, True))
        self._text = _Finder((*TEXT, *FORMS, CARD), (url, *plain), keys=True)
        self._bytes = _Finder(IN_BYTES, (), keys=True)
        self._alone = _Finder(FORMS, (), keys=False)

    def in_text(self, data: bytes, *, code: bool = False) -> list[Span]:
        """``code``: it is a program or a page, where names stand beside expressions and words."""
        return self._all(self._code if code else self._text, data)

    def may_be_in_json(self, data: bytes) -> bool:
        """False: there is nothing to be found in this JSON, which is much quicker to say than to read it."""
        if b"%" in data or b"\\u00" in data or self._members.search(data) is not None:
            return True
        return bool(self.in_text(data.replace(b"\\/", b"/") if b"\\" in data else data))

    def in_bytes(self, data: bytes) -> list[Span]:
        return self._all(self._bytes, data)

    def kind(self, value: bytes, otherwise: str) -> str:
        """Of a secret that is known by the words around it: the form that the whole of it has."""
        known = self._kinds.get(value)
        if known is None:
            span = next(self._alone.spans(value), None)
            known = span.kind if span is not None and (span.start, span.end) == (0, len(value)) else ""
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            if len(value) <= _LONGEST_KIND:
                self._kinds[value] = known
        return known or otherwise

    def _all(self, finder: _Finder, data: bytes) -> list[Span]:
        spans = list(finder.spans(data))
        for own in self._own:
            for match in own.finditer(data):
                start, end = match.span(1) if own.groups and match.span(1) != (-1, -1) else match.span()
                if end > start:
                    spans.append(Span(start, end, "pattern"))
        if not spans:
            return spans
        return _apart(spans, [match.span() for match in PLACEHOLDER.finditer(data)])


def _apart(spans: list[Span], taken: list[tuple[int, int]]) -> list[Span]:
    """In order; overlapping ones become one, and none reaches into what is redacted already."""
    spans.sort()
    joined: list[Span] = []
    for span in spans:
        if joined and span.start < joined[-1].end:
            if span.end > joined[-1].end:
                joined[-1] = joined[-1]._replace(end=span.end)
        else:
            joined.append(span)
    if not taken:
        return joined
    kept = []
    at = 0
    for span in joined:
        while at < len(taken) and taken[at][1] <= span.start:
            at += 1
        if at == len(taken) or taken[at][0] >= span.end:
            kept.append(span)
    return kept
