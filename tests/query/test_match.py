"""The predicate: values, and what is not known yet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.query.generated import Seen, earlier, ended, trees

from wireglass.content.timeline import streamed
from wireglass.model import Detail, Summary
from wireglass.query import All, Is, Node, Not, Term, match, parse, predicate
from wireglass.query.leaf import is_stream

NOW = 1_769_850_000.0

SUMMARY = Summary(
    "POST",
    "https://api.example.com:8443/v1/orders?page=2&q=a%20b&empty#top",
    "api.example.com",
    NOW - 300,
    "http/2",
    "proxy",
    "127.0.0.1:50000",
    status=404,
    type="application/vnd.api+json",
    operation="query GetUser",
    mode="raw",
    request_size=1500,
    response_size=20_000,
    duration_ms=750.5,
    state="done",
    id=7,
    sessions=("Checkout test",),
    color="red",
    note="Look again",
)
DETAIL = Detail(
    request_headers=[(b"Host", b"api.example.com"), (b"Authorization", b"Bearer abc"), (b"X-Id", b"7")],
    response_headers=[(b"Content-Type", b"application/vnd.api+json"), (b"Set-Cookie", b"a=b")],
    response_trailers=[(b"grpc-status", b"0")],
)
DONE = Seen(SUMMARY, DETAIL, '{"order id": 5}', "Nothing found: \u00c9t\u00e9", (NOW - 600,))


def changed(**values: Any) -> Summary:
    return Summary(**{**{name: getattr(SUMMARY, name) for name in SUMMARY.__struct_fields__}, **values})


OPEN = Seen(
    changed(
        status=None, type="", operation="", mode="", request_size=0, response_size=0, duration_ms=None, state="open"
    ),
    Detail(request_headers=DETAIL.request_headers),
    None,
    None,
    DONE.session_starts,
)
FAILED = Seen(
    changed(status=None, type="", state="failed", error_kind="connect_timeout", error="No answer from a:1"),
    DETAIL,
    "",
    "",
)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("", True),
        ("method:post", True),
        ("method:GET,POST", True),
        ("-method:POST", False),
        ("host:api.example.com", True),
        ("host:API.example.COM", True),
        ("host:example.com", False),
        ("host:*.example.com", True),
        ("host:api.exampl?.com", True),
        ("host~example", True),
        ("host:/^api\\./", True),
        ("host:/^API\\./", False),
        ("host:/^API\\./i", True),
        ("host:api.example.com:8443", True),
        ("host:api.example.com:443", False),
        ("path:/v1/orders", True),
        ("path:/v1/*", True),
        ("path:/V1/*", True),
        ("path:/v1", False),
        ("path:orders", True),
        ("path:page", False),
        ("url:page=2", True),
        ("url:/orders?page", True),
        ("url:v1*page", True),
        ("url=v1*page", False),
        ("url=https:*top", True),
        ("url:/v[0-9]+\\/orders/", True),
        ("scheme:https", True),
        ("port:8443", True),
        ("port:8000..9000", True),
        ("param:page", True),
        ("param:empty", True),
        ("param:page=2", True),
        ("param:page=20", False),
        ('param:q="a b"', True),
        ("param:nothing", False),
        ("param:p*=2", True),
        ("status:404", True),
        ("status:4xx", True),
        ("status:40x", True),
        ("status:>=400", True),
        ("status>404", False),
        ("status!=404", False),
        ("status:500,400..499", True),
        ("type:json", True),
        ("type:application", True),
        ("type:application/json", False),
        ("type:application/*", True),
        ("type:image", False),
        ("size:>10k", True),
        ("size:20k", True),
        ("size:1k..2k", False),
        ("size:<=19Ki", False),
        ("larger-than:10k", True),
        ("request_size:1.5k", True),
        ("time:>500ms", True),
        ("time:>1s", False),
        ("since:10m", True),
        ("since:1m", False),
        ("before:1m", True),
        ("started:10m", True),
        ("header:authorization", True),
        ("header:authorization=bearer", True),
        ("header:authorization:bearer", True),
        ("header=authorization=bearer", False),
        ('header="authorization: Bearer abc"', True),
        ('header:"x-id: 7"', True),
        ("header:x-*=7", True),
        ("header:content-type=json", True),
        ("request_header:content-type", False),
        ("response_header:content-type", True),
        ("response_header:grpc-status=0", True),
        ("header:/^x-id: 7$/i", True),
        ("-header:authorization", False),
        ('body:"order id"', True),
        ("body:found", True),
        ("request_body:found", False),
        ("response_body:found", True),
        ("body:/ORDER.id/i", True),
        ('"order id"', True),
        ("ORDERS", True),
        ("authorization", True),
        ('"authorization: bearer"', True),
        ("grpc-status", True),
        ("absent", False),
        ("/nothing.*found/i", True),
        ("\u00c9t\u00e9", True),
        ("\u00e9T\u00e9", False),
        ('session:"checkout test"', True),
        ("session:check*", True),
        ("session:today", True),
        ("session:yesterday", False),
        ("session_started:20m..5m", True),
        ("source:proxy", True),
        ("protocol:h2", True),
        ("protocol:http2", True),
        ("protocol:http/2", True),
        ("protocol:h1", False),
        ("client:127.0.0.1", True),
        ("client:127.0.0", False),
        ("client:127.0.0.1:50000", True),
        ("client:127.*", True),
        ("error:*", False),
        ("has:error", False),
        ("operation:getuser", True),
        ("mode:raw", True),
        ("mode:none", False),
        ("id:7", True),
        ("id:1,7..9", True),
        ("color:red", True),
        ("note:again", True),
        ("has:body,websocket", True),
        ("has:cookies", True),
        ("has:trailers", True),
        ("has:stream", False),
        ("has:note", True),
        ("is:marked", True),
        ("is:starred", False),
        ("is:open", False),
        ("is:done", True),
        ("is:https", True),
        ("host:example.com or (method:POST status:4xx)", True),
        ("host:example.com or method:POST status:5xx", False),
        ("not (a or zzz)", False),
    ],
)
def test_an_ended_exchange(query: str, answer: bool) -> None:
    assert match(parse(query, NOW), DONE) is answer


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("method:POST", True),
        ("host:other.com", False),
        ("status:4xx", None),
        ("-status:4xx", None),
        ("status:*", None),
        ("type:json", None),
        ("size:>0", None),
        ("time:<1s", None),
        ("has:error", None),
        ("-has:error", None),
        ("protocol:websocket", None),
        ("is:open", True),
        ("is:done", None),
        ("header:authorization", True),
        ("header:nothing", None),
        ("request_header:nothing", False),
        ("body:order", None),
        ("orders", True),
        ("absent", None),
        ("status:4xx method:GET", False),
        ("status:4xx method:POST", None),
        ("status:4xx or method:POST", True),
        ("-(status:4xx or method:POST)", False),
    ],
)
def test_an_open_exchange(query: str, answer: bool | None) -> None:
    assert match(parse(query, NOW), OPEN) is answer


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("status:*", False),
        ("-status:200", True),
        ("status:<500", False),
        ("type:*", False),
        ("error:answer", True),
        ("error:connect_timeout", True),
        ("error=timeout", False),
        ("has:error", True),
        ("is:failed", True),
        ("is:done", False),
        ("-body:a", True),
    ],
)
def test_a_failed_exchange(query: str, answer: bool) -> None:
    assert match(parse(query, NOW), FAILED) is answer


@given(trees(), ended())
def test_of_an_ended_exchange_everything_is_known(tree: Node, seen: Seen) -> None:
    answer = match(tree, seen)
    assert answer in (True, False)
    assert match(Not(tree), seen) is not answer


@given(st.data())
def test_what_is_said_early_stays_true(data: st.DataObject) -> None:
    """An answer about an exchange that still runs is the one at its end (but for ``is:open``, which asks about now)."""
    tree = data.draw(trees().filter(lambda node: Term("is", Is("open")) not in _terms(node)))
    seen = data.draw(ended())
    answer = match(tree, data.draw(earlier(seen)))
    assert answer is None or answer is match(tree, seen)


def _terms(node: Node) -> list[Node]:
    match_items = getattr(node, "items", ()) or ([node.item] if isinstance(node, Not) else [])
    return [node, *(term for item in match_items for term in _terms(item))]


@pytest.mark.parametrize(
    "term",
    [
        Term("nothing", Is("a")),
        Term("since", Is("a")),
        Term("status", Is("a")),
        Term("has", Is("everything")),
        Term("port", Is("a")),
        Term("session_started", Is("a")),
    ],
)
def test_a_tree_that_no_text_makes_is_refused(term: Term) -> None:
    with pytest.raises(ValueError, match="is no"):
        predicate(term)


def test_all_matches_everything() -> None:
    assert match(All(), OPEN) is True


@pytest.mark.parametrize(
    "type",
    [
        "text/event-stream",
        "application/x-ndjson",
        "application/json-seq",
        "application/grpc",
        "application/grpc-web+proto",
        "application/grpc+proto",
        "application/connect+json",
        "application/stream+json",
        "application/json",
        "text/html",
    ],
)
def test_a_stream_is_what_the_record_takes_apart(type: str) -> None:
    assert is_stream(changed(type=type, protocol="http/1.1")) is streamed(type)
