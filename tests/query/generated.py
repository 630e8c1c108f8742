"""Trees and exchanges for Hypothesis."""

from __future__ import annotations

from functools import cache

import msgspec
from hypothesis import strategies as st

from wireglass.model import Detail, Headers, Side, Summary
from wireglass.query import (
    All,
    And,
    Between,
    Compares,
    Holds,
    Is,
    Like,
    Matches,
    Node,
    Not,
    Or,
    Term,
    Test,
    There,
)
from wireglass.query.fields import TABLE, Field

TREE_FIELDS = [field for field in TABLE if not field.stands_for]

# Few letters, so that values and tests meet; and the signs that the language is made of.
TEXTS = st.text("aAbB1é /.:-", min_size=1, max_size=6)
HARD_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.text(
    "aA*?\\\"'()|,:=~!-/ \n\t&<>", min_size=1, max_size=8
)


def _pattern(parts: list[str], wild: str) -> str:
    escaped = [part.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?") for part in parts]
    return wild.join(escaped)


def likes(texts: st.SearchStrategy[str], wilds: str) -> st.SearchStrategy[Like]:
    """As the parser makes them: with a wildcard, not of one star alone, no two stars in a row."""
    return (
        st.builds(_pattern, st.lists(texts | st.just(""), min_size=2, max_size=3), st.sampled_from(wilds))
        .filter(lambda pattern: pattern != "*" and "**" not in pattern)
        .map(Like)
    )


REGEXES = st.builds(
    Matches, st.sampled_from(["a", "^a", "b$", "a.b", "[ab]+1", "/", "a/b", r"\d+", r"a\\"]), st.booleans()
)
KEYS = st.sampled_from(["a", "b", "x-a", "a*", "*"])
NUMBERS = st.floats(0, 1e12, allow_nan=False) | st.integers(0, 1000).map(float)
STATUSES = st.integers(0, 999).map(float)


def numbers_tests(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Test]:
    return (
        st.builds(Compares, st.sampled_from(["<", "<=", "=", ">=", ">"]), numbers)
        | st.builds(lambda a, b: Between(min(a, b), max(a, b)), numbers, numbers)
        | st.just(There())
    )


def tests_of(field: Field, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Test]:
    if field.kind == "flag":
        return st.sampled_from(field.values).map(Is)
    if field.kind not in ("value", "text", "keyed"):
        return numbers_tests(STATUSES if field.kind == "status" else NUMBERS)
    return (
        (st.from_regex(field.only, fullmatch=True) if field.only else texts).map(Is)
        | texts.map(Holds)
        | likes(texts, "*?" if field.kind == "value" else "*")
        | REGEXES
        | st.just(There())
    )


@cache
def terms(texts: st.SearchStrategy[str] = TEXTS) -> st.SearchStrategy[Term]:
    def of(field: Field) -> st.SearchStrategy[Term]:
        name, tests = st.just(field.name), tests_of(field, texts)
        if field.kind == "keyed":
            without_key: st.SearchStrategy[Term] = st.builds(Term, name, REGEXES | st.just(There()))
            return without_key | st.builds(Term, name, tests, KEYS)
        return st.builds(Term, name, tests)

    return st.one_of([of(field) for field in TREE_FIELDS])


@cache
def trees(texts: st.SearchStrategy[str] = TEXTS) -> st.SearchStrategy[Node]:
    def grown(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(nodes, min_size=2, max_size=3).map(tuple)
        return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, nodes)

    leaves: st.SearchStrategy[Node] = terms(texts) | st.just(All())
    return st.recursive(leaves, grown, max_leaves=6)


class Seen(msgspec.Struct, frozen=True):
    """A subject."""

    summary: Summary
    detail: Detail | None = None
    request: str | None = ""
    response: str | None = ""
    session_starts: tuple[float, ...] = ()

    def text(self, side: Side) -> str | None:
        return self.request if side == "request" else self.response


HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.tuples(
        st.sampled_from([b"a", b"A", b"b", b"X-A", b"Cookie", b"Set-Cookie"]),
        st.sampled_from([b"a", b"AB", b"1", b"\xc3\xa9", b"\xe9", b"a/b"]),
    ),
    max_size=3,
)
URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://a", "https://a.b:8443", "https://B", "a.b:443", "wss://[::1]:1"]),
    st.sampled_from(["", "/", "/a", "/a/b.1", "/%41"]),
    st.sampled_from(["", "?a=1", "?a=A&b=%2F&a", "?x-a=a+b&&"]),
    st.sampled_from(["", "#a"]),
)


@st.composite
def ended(draw: st.DrawFn) -> Seen:
    failed = draw(st.booleans())
    summary = Summary(
        draw(st.sampled_from(["GET", "POST", "A", "a"])),
        draw(URLS),
        draw(st.sampled_from(["a", "a.b", "b", ""])),
        draw(NUMBERS),
        draw(st.sampled_from(["http/1.1", "http/2", "websocket", "tunnel"])),
        client=draw(st.sampled_from(["127.0.0.1:1", "[::1]:1", ""])),
        status=draw(st.sampled_from([101, 200, 204, 404, 500]) | (st.none() if failed else st.nothing())),
        type=draw(st.sampled_from(["", "application/json", "application/a+json", "text/event-stream", "a/b"])),
        operation=draw(st.sampled_from(["", "query A"])),
        mode=draw(st.sampled_from(["", "raw", "urlencoded"])),
        request_size=draw(st.sampled_from([0, 1, 1000])),
        response_size=draw(st.sampled_from([0, 1, 1000])),
        duration_ms=draw(st.sampled_from([0.0, 1.0, 500.0])),
        state="failed" if failed else "done",
        error_kind="a_b" if failed else None,
        error="A b: 1" if failed else None,
        id=draw(st.integers(1, 1000)),
        sessions=draw(st.sampled_from([(), ("a",), ("a", "b 1")])),
        color=draw(st.sampled_from(["", "red"])),
        star=draw(st.booleans()),
        note=draw(st.sampled_from(["", "a b"])),
    )
    detail = Detail(
        request_headers=draw(HEADERS),
        response_headers=draw(HEADERS) if summary.status else [],
        response_trailers=draw(HEADERS) if summary.status else [],
    )
    texts = st.sampled_from(["", "a", "A b/1", "é\nb"])
    return Seen(summary, detail, draw(texts), draw(texts), tuple(map(float, range(len(summary.sessions)))))


@st.composite
def earlier(draw: st.DrawFn, seen: Seen) -> Seen:
    """The same exchange while it ran."""
    summary = msgspec.structs.replace(
        seen.summary, state="open", error_kind=None, error=None, duration_ms=None, request_size=0, response_size=0
    )
    detail = seen.detail
    assert detail is not None
    detail = msgspec.structs.replace(detail, response_trailers=[])
    answered = summary.status is not None and draw(st.booleans())
    if not answered:
        summary = msgspec.structs.replace(
            summary,
            status=None,
            type="",
            protocol="http/1.1" if summary.protocol == "websocket" else summary.protocol,
        )
        detail = msgspec.structs.replace(detail, response_headers=[])
    if draw(st.booleans()):
        summary = msgspec.structs.replace(summary, operation="", mode="")
    return Seen(
        summary,
        draw(st.sampled_from([detail, None])) if not answered else detail,
        draw(st.sampled_from([seen.request, None])),
        None,
        seen.session_starts,
    )
