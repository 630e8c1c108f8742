"""The fields of the language: one table for the parser, the help, the guide and completion."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from wireglass.query.leaf import HAS, IS
from wireglass.query.tree import Operator

Kind: TypeAlias = Literal["value", "text", "keyed", "status", "number", "bytes", "milliseconds", "moment", "flag"]
"""``value``: a text that is given whole. ``text``: a part of it is enough. ``keyed``: ``header:name=value``. ``status``
to ``moment``: numbers; a moment is Unix seconds. ``flag``: one of ``values``."""

Known: TypeAlias = Literal["start", "answer", "end"]
"""When it is final: from the start, with the response head (``leaf.answered``), with the end (``leaf.ended``)."""


class Field(msgspec.Struct, frozen=True):
    name: str
    kind: Kind
    help: str
    example: str
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Of a flag: all there are. Of others: what is worth offering."""
    known: Known = "start"
    only: str = ""
    """Of a value that not everything can be: an expression for all that the record can hold, in lower case."""
    stands_for: tuple[str, Operator] | None = None
    """``since:10m`` is ``started:>=`` that time; such a field is in no tree."""


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT")
_DAYS = ("today", "yesterday")
_COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "grey")
_MODES = ("raw", "urlencoded", "form-data", "graphql", "binary")

TABLE: tuple[Field, ...] = (
    Field("method", "value", "request method", "method:POST,PUT", ("verb",), _METHODS),
    Field("host", "value", "host, all of it", "host:*.example.com", ("domain", "hostname")),
    Field("path", "value", "path of the URL, without the query string", "path:/v1/*", ("pathname",)),
    Field("url", "text", "a part of the URL", "url:/orders\\/[0-9]+/i", ("uri",)),
    Field("scheme", "value", "of the URL", "scheme:https", (), ("http", "https")),
    Field("port", "number", "of the server", "port:8443"),
    Field("param", "keyed", "a parameter of the query string, decoded", "param:page=2", ("parameter", "query")),
    Field(
        "status",
        "status",
        "of the response",
        "status:4xx,503",
        ("code", "status_code"),
        ("2xx", "3xx", "4xx", "5xx", "200", "404", "500"),
        "answer",
    ),
    Field(
        "type",
        "value",
        "media type of the response, or a part of it",
        "type:json",
        ("mime", "mime_type", "content_type"),
        ("json", "html", "image", "js", "css", "font", "text", "xml", "sse", "grpc", "audio", "video"),
        "answer",
    ),
    Field(
        "size",
        "bytes",
        "of the response body as it passed",
        "size:>10k",
        ("response_size", "length"),
        (">10k", ">1M"),
        "end",
    ),
    Field(
        "request_size", "bytes", "of the request body as it passed", "request_size:1k..2k", (), (">10k", ">1M"), "end"
    ),
    Field(
        "time",
        "milliseconds",
        "from the first to the last byte",
        "time:>500ms",
        ("duration", "took", "latency"),
        (">500ms", ">2s"),
        "end",
    ),
    Field("started", "moment", "when the request came", "started:2026-01-31", ("at", "date"), _DAYS),
    Field(
        "since",
        "moment",
        "started then or later",
        "since:10m",
        ("after",),
        ("10m", "1h", *_DAYS),
        stands_for=("started", ">="),
    ),
    Field(
        "before",
        "moment",
        "started earlier",
        "before:2026-01-31T10:00",
        ("until",),
        ("10m", "1h", *_DAYS),
        stands_for=("started", "<"),
    ),
    Field(
        "header",
        "keyed",
        "a header of either side",
        "header:content-type=json",
        ("headers",),
        ("authorization", "content-type", "cookie", "set-cookie", "user-agent", "x-request-id"),
        "end",
    ),
    Field(
        "request_header",
        "keyed",
        "a header of the request",
        "request_header:authorization",
        ("req_header", "has_request_header"),
        ("authorization", "cookie", "origin", "referer", "user-agent"),
    ),
    Field(
        "response_header",
        "keyed",
        "a header or trailer of the response",
        "response_header:grpc-status=0",
        ("res_header", "has_response_header"),
        ("cache-control", "location", "set-cookie"),
        "end",
    ),
    Field("body", "text", "text in either body, decoded", 'body:"order id"', (), (), "end"),
    Field("request_body", "text", "text in the request body", "request_body:email", ("req_body",), (), "end"),
    Field(
        "response_body",
        "text",
        "text in the response body",
        "response_body:/total.{0,9}[0-9]+/",
        ("res_body",),
        (),
        "end",
    ),
    Field(
        "text",
        "text",
        "URL, headers or bodies; what words without a field look at",
        '"order id"',
        ("all",),
        (),
        "end",
    ),
    Field("session", "value", "name of a session it is in, or the day that one started", "session:today", (), _DAYS),
    Field("session_started", "moment", "when a session it is in started", "session_started:>=2026-01-31", (), _DAYS),
    Field("source", "value", "the way in", "source:interceptor", ("via",), ("proxy", "interceptor", "import")),
    Field(
        "protocol",
        "value",
        "what the client spoke",
        "protocol:h2",
        ("proto", "version"),
        ("h1", "h2", "h3", "ws", "tunnel", "socks"),
        "answer",
        # What is imported has the version that its file says, in one digit or two.
        r"http/(?:1\.[0-9]|[02-9])|websocket|tunnel|socks[45]",
    ),
    Field("client", "value", "address of the client, with or without its port", "client:127.0.0.1", ("ip",)),
    Field("error", "text", "a part of the error, or its code", "error:timeout", ("err",), (), "end"),
    Field("operation", "text", "a part of the GraphQL operation", "operation:GetUser", ("op", "graphql"), (), "end"),
    Field(
        "mode",
        "value",
        "kind of request body",
        "mode:urlencoded",
        ("data_mode",),
        ("none", *_MODES),
        "end",
        "|".join(("", *_MODES)),
    ),
    Field("id", "number", "number of the exchange", "id:10..20"),
    Field(
        "color",
        "value",
        "mark's colour",
        "color:red",
        ("colour",),
        _COLORS,
        only="|".join(("", *_COLORS)),
    ),
    Field("note", "text", "a part of the note", "note:broken", ("comment",)),
    Field("has", "flag", "it has such a thing", "has:error", (), tuple(HAS), "end"),
    Field("is", "flag", "it is in such a state", "is:marked", (), tuple(IS), "end"),
    Field(
        "larger_than",
        "bytes",
        "size:>, as Chrome has it",
        "larger-than:10k",
        ("larger",),
        ("10k", "1M"),
        "end",
        stands_for=("size", ">"),
    ),
)

BY_NAME: dict[str, Field] = {name: field for field in TABLE for name in (field.name, *field.aliases)}
"""By canonical name and by alias; lower case, with ``_``."""


def find_field(word: str) -> Field | None:
    """As it is written: letter case aside, ``-`` for ``_``."""
    return BY_NAME.get(word.lower().replace("-", "_"))
