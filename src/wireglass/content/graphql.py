"""GraphQL over HTTP: which operation a request asks for (GraphQL over HTTP, draft of 2025; spec.graphql.org 2.3).

A scanner of our own, because it runs in the proxy for every posted JSON body: a parser takes a thousand times as long,
and refuses what a server with extensions of its own accepts.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator

import msgspec

DOCUMENT_LIMIT = 64 * 1024
"""Characters of a document in which the operation is looked for."""

_LONGEST = 100  # characters of a name in the record; longer ones are no names
_MOST_PARAMETERS = 100

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_IGNORED = r"(?:[\s,\ufeff]|\#[^\n\r]*+)*+"
_BEGINNING = re.compile(
    rf"""{_IGNORED}(?:
        \{{{_IGNORED}(?:[_A-Za-z]|\.\.\.)
        |(?:query|mutation|subscription)\b{_IGNORED}(?:[_A-Za-z][_0-9A-Za-z]*+{_IGNORED})?+[({{@]
        |fragment\b{_IGNORED}[_A-Za-z][_0-9A-Za-z]*+{_IGNORED}on\b
    )""",
    re.VERBOSE,
)
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_WORD = re.compile(
    rf"""
    \"\"\"(?:[^"\\]++|\\\"\"\"|\\|"(?!""))*+(?:\"\"\"|\Z)      # a block string
    |"(?:[^"\\\n\r]++|\\.)*+"?                                 # a string
    |\#[^\n\r]*+
    |(?P<bracket>[{{}}()\[\]])
    |(?<![$@.\w])(?P<type>query|mutation|subscription|fragment)\b{_IGNORED}(?P<name>[_A-Za-z][_0-9A-Za-z]*+)?
    """,
    re.VERBOSE,
)


class Persisted(msgspec.Struct):
    sha256_hash: str = msgspec.field(default="", name="sha256Hash")


class Extensions(msgspec.Struct):
    persisted: Persisted | None = msgspec.field(default=None, name="persistedQuery")


class Request(msgspec.Struct):
    """The parameters of one request. ``variables`` stay as they were sent, numbers and all."""

    query: str | None = None
    name: str | None = msgspec.field(default=None, name="operationName")
    extensions: Extensions | None = None
    variables: msgspec.Raw = msgspec.Raw(b"")


_request = msgspec.json.Decoder(Request | list[Request])
_extensions = msgspec.json.Decoder(Extensions | None)


_TYPES = frozenset(("application/graphql", "multipart/form-data", "application/x-www-form-urlencoded"))


def operation_of(method: str, target: bytes, type: str, body: bytes) -> str:
    """``query GetUser``, ``mutation (anonymous)``, ``persisted query NAME``, of a batch the first one with `` +2``;
    empty for what is no GraphQL. ``target`` as in the request line, ``type`` without parameters and in lower case;
    ``body`` may be the start of a longer one only for ``multipart/form-data``. Never raises."""
    if body and method == "POST" and (found := _of_body(type, body)):
        return _label(found)
    if b"query=" in target or b"persistedQuery" in target:
        return _label(_of_form(target.partition(b"?")[2].partition(b"#")[0]))
    return ""


def may_be_graphql(type: str) -> bool:
    """Whether a body of this media type (lower case, without parameters) is worth keeping for ``operation_of``."""
    return type.endswith("json") or type in _TYPES


def requests_of(method: str, target: bytes, type: str, body: bytes) -> list[Request]:
    """The requests in it whose operation can be told, or that name a persisted one."""
    found = _of_body(type, body) if body and method == "POST" else []
    return found or _of_form(target.partition(b"?")[2].partition(b"#")[0])


def _of_body(type: str, body: bytes) -> list[Request]:
    if type == "application/json" or type.endswith("+json"):
        # One look for both decides for nearly all JSON that is posted: 1.1 µs for 1 kB, where two that end with the
        # quotation marks of which JSON is full took 2.9.
        if b"uery" not in body or not (b'"query"' in body or b'"persistedQuery"' in body):
            return []
        return _of_json(body)
    if type == "multipart/form-data":
        return _of_json(_operations(body)) if b'"operations"' in body else []
    if type == "application/graphql":
        return _checked([Request(query=body[: 4 * DOCUMENT_LIMIT].decode("utf-8", "replace"))])
    if type == "application/x-www-form-urlencoded":
        return _of_form(body) if b"query=" in body or b"persistedQuery" in body else []
    return []


def _of_json(data: bytes) -> list[Request]:
    try:
        found = _request.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    return _checked(found if isinstance(found, list) else [found])


def _of_form(data: bytes) -> list[Request]:
    """``query``, ``operationName``, ``variables`` and ``extensions`` as parameters of a URL or form."""
    try:
        text = data.decode("utf-8", "replace")
        pairs = dict(urllib.parse.parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
        extensions = _extensions.decode(pairs["extensions"]) if "extensions" in pairs else None
    except (ValueError, msgspec.MsgspecError, RecursionError):  # too many fields; extensions that are none
        return []
    variables = msgspec.Raw(pairs.get("variables", "").encode("utf-8", "replace"))
    return _checked([Request(pairs.get("query"), pairs.get("operationName"), extensions, variables)])


def _operations(body: bytes) -> bytes:
    """The field ``operations``, which comes first (GraphQL multipart request specification)."""
    boundary, _, rest = body.partition(b"\r\n")
    head, _, data = rest.partition(b"\r\n\r\n")
    if not boundary.startswith(b"--") or b'name="operations"' not in head:
        return b""
    return data.partition(b"\r\n" + boundary)[0]


def _checked(requests: list[Request]) -> list[Request]:
    return requests if requests and _one(requests[0]) else []


def _label(requests: list[Request]) -> str:
    if not requests:
        return ""
    more = f" +{len(requests) - 1}" if len(requests) > 1 else ""
    return _one(requests[0]) + more


def _one(request: Request) -> str:
    """Empty where it is no GraphQL."""
    name = request.name or ""
    if request.query:
        return document_operation(request.query, name)
    if request.extensions and (persisted := request.extensions.persisted):
        if len(name) <= _LONGEST and _NAME.fullmatch(name):
            return f"persisted query {name}"
        if re.fullmatch(r"[0-9A-Za-z:_-]{1,200}", persisted.sha256_hash):
            return f"persisted query {persisted.sha256_hash[:12]}"
    return ""


def document_operation(document: str, name: str = "") -> str:
    """The operation called ``name``, or the first: ``query GetUser``; empty for what is no document."""
    document = document[:DOCUMENT_LIMIT]
    if not _BEGINNING.match(document):
        return ""
    first = ""
    for type, found in _definitions(document):
        label = f"{type} {found or '(anonymous)'}"
        if not name or found == name:
            return label
        first = first or label
    return first


def _definitions(document: str) -> Iterator[tuple[str, str]]:
    """(type, name) of each operation on the outermost level."""
    depth = 0
    named = False  # by a keyword since the last selection: a "{" that follows belongs to it
    for word in _WORD.finditer(document):
        if type := word["type"]:
            if depth == 0:
                named = True
                if type != "fragment" and len(word["name"] or "") <= _LONGEST:
                    yield type, word["name"] or ""
            continue
        bracket = word["bracket"]
        if bracket is None:
            continue
        if bracket in "{([":
            if bracket == "{" and depth == 0 and not named:
                # Only variables have a "=", and a shorthand has no variables; but the queries of Prometheus have.
                if "=" in _STRING.sub("", document):
                    return
                yield "query", ""
            depth += 1
        else:
            depth = max(0, depth - 1)
            if bracket == "}" and depth == 0:
                named = False


__all__ = ["DOCUMENT_LIMIT", "Request", "document_operation", "operation_of", "requests_of"]
