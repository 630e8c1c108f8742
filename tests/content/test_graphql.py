from __future__ import annotations

import json
import urllib.parse
from typing import Any

import graphql
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.graphql import document_operation, operation_of

JSON = "application/json"


def posted(**values: Any) -> str:
    return operation_of("POST", b"/graphql", JSON, json.dumps(values).encode())


@pytest.mark.parametrize(
    ("document", "name", "expected"),
    [
        ("query GetUser { a }", None, "query GetUser"),
        ("mutation AddItem($a: [Int!] = [1]) @d(x: {y: 1}) { a }", None, "mutation AddItem"),
        ("subscription{a}", None, "subscription (anonymous)"),
        ("{ a }", None, "query (anonymous)"),
        ('{ a(q: "x=y }") { b } }', "", "query (anonymous)"),
        ("\ufeff# query No { a }\n,query\n# k\nYes { a }", None, "query Yes"),
        ("fragment F on T { query mutation } query A { ...F }", None, "query A"),
        ("query A { a } mutation B { b }", "B", "mutation B"),
        ("query A { a } mutation B { b }", None, "query A"),
        ("query A { a } mutation B { b }", "C", "query A"),
        ('query A { a(x: "}} mutation B {") } mutation B { b }', "B", "mutation B"),
        ('query A { a(x: """}} \\""" mutation C { """) } mutation B { b }', "B", "mutation B"),
        ("query query { mutation { subscription } }", None, "query query"),
        ("query ($mutation: Int) { a(b: $mutation) }", None, "query (anonymous)"),
    ],
)
def test_documents(document: str, name: str | None, expected: str) -> None:
    graphql.parse(document.removeprefix("\ufeff"))  # GraphQL they are
    assert posted(query=document, operationName=name, variables={}) == expected


NAMES = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,8}", fullmatch=True)
FIELDS = st.sampled_from(
    ["a", "query", "mutation", 'a(s: "} { \\" query X")', "a(o: {b: [1]})", "x: y", "... on T { b }",
     'a(b: """ } { """)']
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    parts = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        fields = " ".join(draw(st.lists(FIELDS, min_size=1, max_size=4)))
        kind = draw(st.sampled_from(["query", "mutation", "subscription", "fragment"]))
        head = f"fragment F{name} on T" if kind == "fragment" else f"{kind} {name}"
        comment = draw(st.sampled_from(["", "# } query Z {\n", " , "]))
        parts.append(f"{comment}{head} {{ {fields} }}")
    return draw(st.sampled_from(["", "\n"])).join(parts)


@given(documents())
def test_the_operations_are_those_of_graphql_core(document: str) -> None:
    operations = [
        one for one in graphql.parse(document).definitions if isinstance(one, graphql.OperationDefinitionNode)
    ]
    labels = [f"{one.operation.value} {one.name.value}" for one in operations if one.name]
    assert document_operation(document) == (labels[0] if labels else "")
    for one, label in zip(operations, labels, strict=True):
        assert one.name and document_operation(document, one.name.value) == label


def test_batches_and_persisted_queries() -> None:
    batch = [{"query": "query A { a }"}, {"query": "{ b }"}, {"query": "{ c }"}]
    assert operation_of("POST", b"/", JSON, json.dumps(batch).encode()) == "query A +2"
    hash = {"persistedQuery": {"version": 1, "sha256Hash": "ecf4edb46db40b5132295c0291d62fb65d6759a9"}}
    assert posted(operationName="GetUser", extensions=hash) == "persisted query GetUser"
    assert posted(extensions=hash) == "persisted query ecf4edb46db4"
    assert posted(operationName="\x1b[2J", extensions={"persistedQuery": {"sha256Hash": "\x1b"}}) == ""
    assert posted(query="query A { a }", extensions=hash) == "query A"


def test_in_the_url() -> None:
    query = urllib.parse.urlencode({"query": "query A{a} query B{b}", "operationName": "B", "variables": "{}"})
    assert operation_of("GET", b"/graphql?" + query.encode(), "", b"") == "query B"
    assert operation_of("GET", b"http://a/graphql?" + query.encode(), "", b"") == "query B"
    extensions = json.dumps({"persistedQuery": {"version": 1, "sha256Hash": "ab12"}})
    persisted = urllib.parse.urlencode({"operationName": "C", "extensions": extensions}).encode()
    assert operation_of("GET", b"/?" + persisted, "", b"") == "persisted query C"


def test_other_bodies() -> None:
    assert operation_of("POST", b"/", "application/graphql", b"mutation M { a }") == "mutation M"
    assert operation_of("POST", b"/", "application/x-www-form-urlencoded", b"query=%7Ba%7D") == "query (anonymous)"
    operations = json.dumps({"query": "mutation Up($f: Upload!) { up(f: $f) }", "variables": {"f": None}})
    files: Any = {"operations": (None, operations), "map": (None, '{"0":["variables.f"]}'), "0": ("a.bin", bytes(999))}
    request = requests.Request("POST", "http://a/", files=files).prepare()
    assert isinstance(request.body, bytes)
    assert operation_of("POST", b"/", "multipart/form-data", request.body) == "mutation Up"
    assert operation_of("POST", b"/", "multipart/form-data", request.body[:300]) == "mutation Up"


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": {"match": {"a": "b"}}}',  # Elasticsearch
        b'{"query": "SELECT 1"}',
        b'{"query": "query builders in town"}',
        b'{"query": "sum by (job) (rate(x[5m]))"}',
        b'{"query": "{job=\\"api\\"}"}',  # Prometheus
        b'{"query": "{\\"a\\": 1}"}',
        b'{"query": ""}',
        b'{"query": null}',
        b'{"query": "query A { a }"',
        b'["query"]',
        b"[]",
        b'"query"',
        b'{"query":' * 5000,
    ],
)
def test_what_is_no_graphql(body: bytes) -> None:
    assert operation_of("POST", b"/", JSON, body) == ""


@pytest.mark.parametrize(
    "url", [b"/?query=cats", b"/api/v1/query?query=%7Bjob%3D%22api%22%7D", b"/?query=", b"/query="]
)
def test_urls_that_are_none(url: bytes) -> None:
    assert operation_of("GET", url, "", b"") == ""


TYPES = [JSON, "application/graphql", "multipart/form-data", "application/x-www-form-urlencoded", "a/b+json", ""]


@given(
    st.sampled_from(["GET", "POST"]), st.binary(max_size=60), st.sampled_from(TYPES),
    st.binary(max_size=60)
    | st.text('{}[]":query,\\# mutation()', max_size=80).map(lambda text: json.dumps({"query": text}).encode()),
)  # fmt: skip
def test_any_bytes(method: str, target: bytes, type: str, body: bytes) -> None:
    for start in (b"", b"/?query=", b'--B\r\nname="operations"\r\n\r\n', b'{"query":'):
        found = operation_of(method, start + target, type, start + body)
        assert len(found) < 150
        assert not found or found.split()[0] in ("query", "mutation", "subscription", "persisted")
