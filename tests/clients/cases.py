"""What each client asks: the same plan for all, in JSON on the driver's standard input.

    {"proxy": URL, "ca": PATH, "page": URL of an empty page, "cases": [CASE…]}

A driver works through the cases in order, in one session (one connection pool, one cookie jar), following redirects,
and prints a JSON list with an object for each: ``name``, ``status``, ``headers`` (pairs as the client gives them),
``size`` and ``sha256`` of the body as the client gives it; or ``name`` and ``error``.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from tests.clients.answers import CODINGS, LARGE, REDIRECTS

Sending = Literal["length", "chunked", "multipart", "gzip"]


class Send(msgspec.Struct, frozen=True):
    """A request body: ``size`` bytes of the pattern, of known length, chunked or compressed; or two multipart fields,
    ``text`` (``a value``) and ``file`` (the pattern, ``odd näme.bin``, ``application/x-odd``), by the client's own
    means."""

    size: int
    how: Sending = "length"


class Case(msgspec.Struct, frozen=True):
    name: str
    path: str = "/ok"
    """Path and query; an ``id`` is put in front of the query."""
    method: str = "GET"
    headers: list[tuple[str, str]] = []
    send: Send | None = None
    trailers: list[tuple[str, str]] = []
    expect: bool = False
    """With ``Expect: 100-continue``."""
    http10: bool = False
    url: str = ""
    """The whole, once the origin is known."""
    accept: str = ""
    """The content coding that the answer will have, for clients that must be told to undo it."""


AGAIN = [f"again-{number}" for number in range(1, 11)]
"""Cases that come one behind the other, to see one connection used for all."""

CASES = [
    Case("get"),
    *(Case(name) for name in AGAIN),
    Case("head", method="HEAD"),
    Case("head-large", "/large", method="HEAD"),
    Case("options", method="OPTIONS"),
    Case("delete", method="DELETE"),
    Case("put", method="PUT", send=Send(300)),
    Case("patch", method="PATCH", send=Send(300)),
    Case("custom", method="X-FROB"),
    Case("post", method="POST", send=Send(300)),
    Case("post-empty", method="POST", send=Send(0)),
    Case("post-one", method="POST", send=Send(1)),
    Case("post-chunked", method="POST", send=Send(100_000, "chunked")),
    Case("post-chunked-empty", method="POST", send=Send(0, "chunked")),
    Case("post-trailers", method="POST", send=Send(100, "chunked"), trailers=[("X-Sum", "abc"), ("X-End", "")]),
    Case("post-large", method="POST", send=Send(LARGE)),
    Case("put-large-chunked", method="PUT", send=Send(LARGE, "chunked")),
    Case("post-gzip", method="POST", headers=[("Content-Encoding", "gzip")], send=Send(100_000, "gzip")),
    Case("post-multipart", method="POST", send=Send(5000, "multipart")),
    Case("post-expect", method="POST", send=Send(300), expect=True),
    Case("delete-body", method="DELETE", send=Send(10)),
    Case("empty", "/empty"),
    Case("one", "/one"),
    Case("large", "/large"),
    Case("pieces", "/pieces"),
    Case("large-pieces", "/large-pieces"),
    Case("trailers", "/trailers", headers=[("TE", "trailers")]),
    *(Case(coding, f"/{coding}", accept=coding) for coding in CODINGS),
    Case("gzip-pieces", "/gzip-pieces", accept="gzip"),
    Case("head-gzip", "/gzip", method="HEAD", accept="gzip"),
    *(Case(f"redirect-{status}", f"/redirect/{status}?to=relative") for status in REDIRECTS),
    *(Case(f"redirect-{status}-absolute", f"/redirect/{status}?to=absolute") for status in REDIRECTS),
    *(Case(f"redirect-{status}-post", f"/redirect/{status}", "POST", send=Send(300)) for status in REDIRECTS),
    Case("range", "/ranged", headers=[("Range", "bytes=10-19")]),
    Case("range-to-end", "/ranged", headers=[("Range", "bytes=990-")]),
    Case("range-outside", "/ranged", headers=[("Range", "bytes=5000-")]),
    Case("etag", "/etag"),
    Case("not-modified", "/etag", headers=[("If-None-Match", '"v1"')]),
    Case("no-content", "/no-content"),
    Case("missing", "/missing"),
    Case("broken", "/broken"),
    Case("hints", "/hints"),
    Case("close", "/close"),
    Case("after-close"),
    Case("close-asked", headers=[("Connection", "close")]),
    Case("until-close", "/until-close"),
    Case("old", "/old"),
    Case("from-old", http10=True),
    Case("cookies", "/cookies"),
    Case("cookies-back"),
    Case("odd-headers", headers=[("x-LOWER-upper", "a,  b"), ("X-Empty", "")]),
    Case("latin-header", headers=[("X-Latin", "gr\xfc\xdfe")]),
    Case("odd-escaped", "/ok?q=%20%E2%9C%93+a&empty=&flag&a=1&a=2&x=%2F%3F%00%0d%0a&s='~!*()"),
    Case("odd-raw", '/ok?q={}|^`"<>[]\\'),
    Case("odd-unicode", "/ok?q=gr\xfc\xdfe-\u2713"),
    Case("odd-long", "/ok?q=" + "x" * 8000),
    Case("last"),
]


def plan(prefix: str, base: str, cases: list[Case]) -> list[Case]:
    """``cases`` with the URL each is to ask for, its id ``PREFIX-NAME``."""

    def url(case: Case) -> str:
        path, _, query = case.path.partition("?")
        return f"{base}{path}?" + "&".join(filter(None, (f"id={prefix}-{case.name}", query)))

    return [msgspec.structs.replace(case, url=url(case)) for case in cases]
