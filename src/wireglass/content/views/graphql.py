"""The view ``graphql``."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from wireglass.content.bounded import Full, Text
from wireglass.content.graphql import Request, document_operation, operation_of, requests_of
from wireglass.content.views import LOOK, OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note, text_of
from wireglass.content.views.json import is_json
from wireglass.content.views.json_layout import laid_out, rest_refused

_MOST_ERRORS = 20
_TOKENS = 20_000  # of a document laid out: graphql-core takes some 10 µs for each
_POSTED = re.compile(rb'[ \t\r\n\[]*+\{[^\x00-\x08]*?"(?:query|persistedQuery)"[ \t\r\n]*+:')
_ANSWERED = re.compile(rb'[ \t\r\n]*+\{[ \t\r\n]*+"(?:data|errors|extensions)"[ \t\r\n]*+:')


class Answer(msgspec.Struct):
    errors: list[msgspec.Raw] | None = None


class Error(msgspec.Struct):
    message: str
    path: list[str | int] | None = None


class GraphqlView:
    """GraphQL over HTTP: operation, document and variables of a request, data and errors of a response."""

    name = "graphql"

    def fits(self, body: Body) -> int:
        start = body.data[:LOOK]
        if body.side == "request":
            if body.type == "application/graphql":
                return 8
            if is_json(body.type):
                return 8 if _POSTED.match(start) and requests_of("POST", b"", body.type, body.data) else 0
            return 8 if _is_form(body, start) else 0
        if body.type in ("application/graphql-response+json", "application/graphql+json"):
            return 8
        # Older servers answer with application/json: the address tells, as the request is not at hand.
        at_graphql = is_json(body.type) and _path(body.url).rstrip("/").endswith(("graphql", "gql"))
        return 7 if at_graphql and _ANSWERED.match(start) else 0

    def render(self, body: Body) -> View:
        return _request(body) if body.side == "request" else _response(body)


def _is_form(body: Body, start: bytes) -> bool:
    if body.type == "multipart/form-data":
        return b'name="operations"' in start and bool(requests_of("POST", b"", body.type, body.data))
    is_form = body.type == "application/x-www-form-urlencoded" and b"query=" in start
    return is_form and bool(requests_of("POST", b"", body.type, body.data))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _request(body: Body) -> View:
    requests = requests_of("POST", b"", body.type, body.data)
    if not requests:
        raise ViewError("no GraphQL operation can be read in it")
    notes = start_note(body)
    out = Text(OUTPUT_LIMIT)
    try:
        for number, request in enumerate(requests, 1):
            if len(requests) > 1:
                out.add(f"# {number} of {len(requests)}\n")
            _write(request, out, notes)
    except Full:
        notes.append(CUT)
    fields = {"operation": operation_of("POST", b"", body.type, body.data)}
    return View(str(out).rstrip("\n"), fields, notes)


def _write(request: Request, out: Text, notes: list[str]) -> None:
    if request.query:
        out.add(_document(request.query, notes).strip("\n"), "\n")
    elif request.extensions and request.extensions.persisted:
        name = f" {request.name}" if request.name else ""
        out.add(f"# persisted query{name}, SHA-256 {request.extensions.persisted.sha256_hash}\n")
    if request.name and request.query and not document_operation(request.query, request.name).endswith(request.name):
        notes.append(f"the document has no operation called {request.name[:100]!r}")
    variables = bytes(request.variables)
    if variables.strip() not in (b"", b"null", b"{}"):
        text = variables.decode("utf-8", "replace")
        laid = laid_out(text, OUTPUT_LIMIT)
        if not laid.stopped and (reason := rest_refused(text, laid.end)):
            raise reason
        out.add("\n# variables\n", laid.text, "\n")
    out.add("\n")


def _document(document: str, notes: list[str]) -> str:
    """A document in one line is laid out; one of several lines was laid out by a person, with comments."""
    if "\n" in document.strip():
        return document
    import graphql

    try:
        return graphql.print_ast(graphql.parse(document, no_location=True, max_tokens=_TOKENS))
    except (graphql.GraphQLError, RecursionError) as error:
        reason = error.message if isinstance(error, graphql.GraphQLError) else "nested too deeply"
        notes.append(f"the document is shown as it is: {reason}")
        return document


def _response(body: Body) -> View:
    text = text_of(body)
    laid = laid_out(text, OUTPUT_LIMIT, whole=body.whole)
    notes = start_note(body)
    fields: dict[str, str] = {}
    if laid.stopped == "full":
        notes.append(CUT)
    elif reason := rest_refused(text, laid.end):
        raise reason
    errors = _errors(text)
    if errors:
        fields["errors"] = str(len(errors))
        notes += [_error(error) for error in errors[:_MOST_ERRORS]]
    return View(laid.text, fields, notes)


def _errors(text: str) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=Answer).errors or []
    except (msgspec.MsgspecError, RecursionError):  # cut off, or something else than an object
        return []


def _error(raw: Any) -> str:
    try:
        error = msgspec.json.decode(raw, type=Error)
    except (msgspec.MsgspecError, RecursionError):
        return "an error without a message"
    path = f" (at {'.'.join(map(str, error.path))[:200]})" if error.path else ""
    return f"error: {error.message[:500]}{path}"


view = GraphqlView()
