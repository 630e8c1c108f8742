"""Exchanges and queries that have something to do with each other."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from wireglass.model import Closed, Detail, Headers, Opened, Summary
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
from wireglass.query.leaf import HAS, IS
from wireglass.query.tree import Operator

HOSTS = [
    "example.com",
    "api.example.com",
    "API.Example.COM",
    "a.b.c.d.e.f.g.h.i.test",
    "localhost",
    "[::1]",
    "münchen.test",
]
PATHS = ["/", "", "/v1/orders", "/v1/orders/17", "/V1/Orders/17/items/3", "/%C3%BC/ü", "//x", "/a/b/c/d/e", "/kiosk"]
QUERIES = ["", "?page=2", "?page=2&Name=a+b", "?q=%C3%A4&q=2", "?=&&x"]
WORDS = [
    "order id", "Order ID", "ünïcode", "ÜNÏCODE", "aa", "kiosk", "\N{KELVIN SIGN}iosk",
    "\N{LATIN SMALL LETTER LONG S}on",
    "a\0b", '"quoted"',
         "x*y?z", "\N{GRINNING FACE}\N{CAT FACE}\N{DOG FACE}", "line\nbreak", "77", ""]  # fmt: skip
TYPES = [
    "application/json",
    "application/problem+json",
    "text/html",
    "image/png",
    "text/event-stream",
    "",
    "Text/Plain",
]
NAMES = [b"Authorization", b"X-Id", b"x-id", b"Cookie", b"Set-Cookie", b"Content-Type", b"caf\xc3\xa9", b"l\xe4tin"]
VALUES = [
    b"",
    b"Bearer abc",
    b"7",
    b"caf\xc3\xa9",
    b"l\xe4tin",
    b"order id",
    b"KIOSK",
    b"application/json; charset=utf-8",
]
METHODS = ["GET", "POST", "get", "DELETE", "QUERY"]
PROTOCOLS = ["http/1.1", "http/2", "websocket", "tunnel"]
ERRORS = [(None, None), ("timeout", "example.com did not answer in 5 s"), ("KIOSK", "")]
COLORS = ["", "red", "blue"]
NOTES = ["", "broken", "Look at THIS", "kiosk"]
SESSIONS = ["first", "Second one", "kiosk"]
SESSION_STARTED = [1_700_000_000.0, 1_700_086_400.0, 1_700_172_800.0]
STARTED = 1_700_000_000.0

NUMBERS = [0, 1, 2, 3, 7, 200, 204, 404, 499, 500, 1000, 1024, 4000.5, STARTED, STARTED + 86_400, -1, 1e30]


class Example(msgspec.Struct):
    """An exchange to store: its end, or its beginning if it stays open; what is marked about it; its sessions."""

    summary: Summary
    detail: Detail
    request: bytes
    response: bytes
    open: bool
    sessions: tuple[int, ...]
    mark: tuple[Any, ...]

    def message(self, key: int) -> Closed | Opened:
        raw = msgspec.Raw(msgspec.msgpack.encode(self.detail))
        if self.open:
            return Opened(key, self.summary, raw)
        request, response = ([one] if one else [] for one in (self.request, self.response))
        return Closed(key, self.summary, raw, request, response, len(self.request), len(self.response))


@st.composite
def examples(draw: st.DrawFn) -> Example:
    def choose(values: Sequence[Any]) -> Any:
        return draw(st.sampled_from(values))

    headers = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=3)
    host, path, query = choose(HOSTS), choose(PATHS), choose(QUERIES)
    protocol = choose(PROTOCOLS)
    scheme = choose(["http", "https", "wss"])
    url = "example.com:443" if protocol == "tunnel" else f"{scheme}://{host}{choose(['', ':8443'])}{path}{query}"
    still_open = draw(st.integers(0, 5)) == 0
    status = choose([None, 101, 200, 204, 301, 404, 500, 599, 1000])
    kind, error = choose(ERRORS) if not still_open else (None, None)
    bodies = []
    response_headers: Headers = draw(headers)
    for _ in range(2):
        text = "".join(draw(st.lists(st.sampled_from(WORDS), max_size=3)))
        bodies.append(text.encode())
    request, response = bodies
    if response and draw(st.booleans()):
        response = gzip.compress(response, mtime=0)
        response_headers = [*response_headers, (b"Content-Encoding", b"gzip")]
    if still_open:
        request = response = b""
    return Example(
        Summary(
            choose(METHODS),
            url,
            host,
            choose([STARTED, STARTED + 0.5, STARTED + 86_400, STARTED + 10 * 86_400, 0.0]),
            protocol=protocol,
            source=choose(["proxy", "interceptor", "Import"]),
            client=choose(["127.0.0.1:5000", "[::1]:80", ""]),
            status=status,
            type=choose(TYPES) if status else "",
            operation=choose(["", "query GetUser", "mutation KIOSK"]),
            mode=choose(["", "raw", "form-data"]),
            request_size=len(request),
            response_size=len(response),
            duration_ms=None if still_open else choose([0.0, 0.4, 7.0, 500.0, 4000.5]),
            state="open" if still_open else "failed" if kind else "done",
            error_kind=kind,
            error=error,
        ),
        Detail(
            request_headers=draw(headers),
            response_headers=response_headers,
            response_trailers=draw(headers) if not still_open and draw(st.booleans()) else [],
        ),
        request,
        response,
        still_open,
        tuple(sorted(draw(st.sets(st.sampled_from([1, 2, 3]), min_size=1)))),
        (choose(COLORS), draw(st.booleans()), choose(NOTES)) if draw(st.integers(0, 2)) == 0 else (),
    )


ALL_TEXTS = [
    *HOSTS, *PATHS, *WORDS, *METHODS, *TYPES, *PROTOCOLS, *NOTES, *COLORS, *SESSIONS, "query GetUser", "timeout",
    "proxy", "127.0.0.1:5000", "https", "page=2", "Bearer abc", "café", "lätin", "did not answer", "raw", "json",
    "image", "import",
]  # fmt: skip
PATTERNS = [
    "*.example.com", "*.g.h.i.test", "*e.com", "/v1/*", "/v1/orders/*", "/V?/Orders*", "*", "?", "", "a*b*c", "*kiosk*",
    "x\\*y\\?z", "GET", "first*", "*order id*", "*json", "127.0.0.1:*",
]  # fmt: skip
EXPRESSIONS = [
    "order.id", "^http", "orders/[0-9]+", "kiosk", "ios", "son", "x*y", "a?pi", "ab|id", "v1.orders.", "e+xample", "",
    "$", "ünï", "s+on", "\\d{2}", "order id*", "exa?mple",
]  # fmt: skip
TEXT_FIELDS = [
    "method", "host", "path", "url", "scheme", "type", "source", "protocol", "client", "error", "operation", "mode",
    "color", "note", "session", "body", "request_body", "response_body", "text",
]  # fmt: skip
KEYED_FIELDS = ["header", "request_header", "response_header", "param"]
NUMBER_FIELDS = ["port", "status", "size", "request_size", "time", "started", "session_started", "id"]
KEYS = ["", "authorization", "x-id", "X-*", "*", "café", "lätin", "content-type", "page", "name", "q"]
OPERATORS: list[Operator] = ["<", "<=", "=", ">=", ">"]


def single_terms() -> Iterator[Term]:
    texts: list[Test] = [
        *map(Is, ALL_TEXTS),
        *map(Holds, ALL_TEXTS),
        *map(Like, PATTERNS),
        *(Matches(pattern, ignore) for pattern in EXPRESSIONS for ignore in (True, False)),
        There(),
    ]
    numbers = [*map(float, NUMBERS), 8443.0, 443.0, 101.0, 599.0]
    for field in TEXT_FIELDS:
        yield from (Term(field, test) for test in texts)
    for field in KEYED_FIELDS:
        yield from (Term(field, test, key) for test in texts[::9] for key in KEYS)
    for field in NUMBER_FIELDS:
        yield from (Term(field, Compares(operator, number)) for operator in OPERATORS for number in numbers)
        yield from (Term(field, Between(low, high)) for low in numbers[::4] for high in numbers[::3])
    yield from (Term("has", Is(word)) for word in HAS)
    yield from (Term("is", Is(word)) for word in IS)


def _part(text: str) -> st.SearchStrategy[str]:
    """Some of it, in whatever case."""
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    parts = ends.map(lambda ends: text[min(ends) : max(ends)])
    return st.one_of(st.just(text), parts, parts.map(str.upper), parts.map(str.lower))


_TEXTS = st.sampled_from(ALL_TEXTS).flatmap(_part)
_text_tests = st.one_of(
    _TEXTS.map(Is),
    _TEXTS.map(Holds),
    st.sampled_from(PATTERNS).map(Like),
    st.builds(Matches, st.sampled_from(EXPRESSIONS), st.booleans()),
    st.just(There()),
)
_numbers = st.sampled_from(NUMBERS).map(float)
_number_tests = st.one_of(
    st.builds(Compares, st.sampled_from(OPERATORS), _numbers),
    st.builds(Between, _numbers, _numbers),
    st.just(There()),
)
terms: st.SearchStrategy[Node] = st.one_of(
    st.builds(Term, st.sampled_from(TEXT_FIELDS), _text_tests),
    st.builds(Term, st.sampled_from(NUMBER_FIELDS), _number_tests),
    st.builds(Term, st.sampled_from(KEYED_FIELDS), _text_tests, st.sampled_from(KEYS)),
    st.builds(Term, st.just("has"), st.sampled_from(sorted(HAS)).map(Is)),
    st.builds(Term, st.just("is"), st.sampled_from(sorted(IS)).map(Is)),
)


def _bigger(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    return st.one_of(several.map(And), several.map(Or), nodes.map(Not))


nodes: st.SearchStrategy[Node] = st.recursive(st.one_of(terms, st.just(All())), _bigger, max_leaves=5)
