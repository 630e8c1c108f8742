from __future__ import annotations

import json

import graphql
import pytest
from tests.content.views.asking import fit, rendered

from wireglass.content.views import View, ViewError

SCHEMA = graphql.build_schema("type Query { user(id: ID!): User } type User { name: String! }")
QUERY = "query GetUser($id: ID!) { user(id: $id) { name } }"
POSTED = json.dumps({"query": QUERY, "variables": {"id": "7"}, "operationName": "GetUser"}).encode()
ANSWERED = json.dumps(graphql.graphql_sync(SCHEMA, QUERY, {"user": {}}, variable_values={"id": "7"}).formatted).encode()
"""By graphql-core: the name of a user that has none."""


def request(data: bytes, type: str = "application/json") -> View:
    return rendered("graphql", data, type, side="request", method="POST")


def test_a_request() -> None:
    seen = request(POSTED)
    assert seen.text == (
        'query GetUser($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}\n\n# variables\n{\n  "id": "7"\n}'
    )
    assert (seen.fields, seen.notes) == ({"operation": "query GetUser"}, [])


def test_variables_are_as_they_were_sent() -> None:
    assert (
        '{\n  "a": 1.10,\n  "a": 12345678901234567890123\n}'
        in request(b'{"query":"{a}","variables":{"a":1.10,"a":12345678901234567890123}}').text
    )


def test_a_document_of_several_lines_keeps_its_layout() -> None:
    document = "query A {\n    a # why\n}"
    assert request(json.dumps({"query": document}).encode()).text == document


def test_what_a_server_would_refuse_is_shown_as_it_is() -> None:
    seen = request(b'{"query":"query A { a( }"}')
    assert seen.text == "query A { a( }"
    assert "Syntax Error" in seen.notes[0]
    named = request(b'{"query":"query A { a }","operationName":"B"}')
    assert named.notes == ["the document has no operation called 'B'"]


def test_a_batch_and_a_persisted_query() -> None:
    seen = request(b'[{"query":"{a}"},{"query":"{b}"}]')
    assert seen.text.startswith("# 1 of 2\n{\n  a\n}\n\n# 2 of 2\n")
    assert seen.fields == {"operation": "query (anonymous) +1"}
    persisted = request(b'{"operationName":"A","extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}')
    assert persisted.text == "# persisted query A, SHA-256 ab"


def test_the_errors_of_a_response() -> None:
    seen = rendered("graphql", ANSWERED, "application/json")
    assert json.loads(seen.text) == json.loads(ANSWERED)
    assert seen.fields == {"errors": "1"}
    assert seen.notes == ["error: Cannot return null for non-nullable field User.name. (at user.name)"]


def test_damaged_and_cut_off() -> None:
    for data in (POSTED[:-1], b'{"query":"cats"}', b"", b"\xff"):
        with pytest.raises(ViewError, match="no GraphQL operation"):
            request(data)
    with pytest.raises(ViewError, match="not JSON"):
        rendered("graphql", ANSWERED[:-1])
    assert rendered("graphql", ANSWERED[:-1], whole=False).notes[0] == "only the start of the body is here"
    assert rendered("graphql", b'{"errors":[7]}').notes == ["an error without a message"]


def test_what_it_fits() -> None:
    for type, data in (("application/json", POSTED), ("application/graphql", b"{a}")):
        assert fit("graphql", data, type, side="request", method="POST") > fit("json", data, type)
    assert not fit("graphql", b'{"query":{"match":{}}}', "application/json", side="request", method="POST")
    assert fit("graphql", ANSWERED, "application/json", url="https://a/api/graphql?x")
    assert not fit("graphql", ANSWERED, "application/json", url="https://a/users")
    assert fit("graphql", b"", "application/graphql-response+json")
