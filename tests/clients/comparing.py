"""Record, witness and client held against each other, entry by entry. Each function gives the differences in words."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator

from tests.clients.answers import TEXT, packed, pattern
from tests.clients.cases import Case
from tests.clients.programs import Answer, Client
from tests.peers.http import Headers, Message
from tests.peers.witness import Seen

from wireglass.model import Record
from wireglass.store import Reader

HOP_BY_HOP = frozenset(
    (b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive", b"te", b"trailer", b"upgrade")
)
"""All that may differ between what a client sent us, which the record holds, and what the origin received: the fields
that belong to one hop (RFC 9110 7.6.1, RFC 9112 C.2.2), and whatever the client's Connection field names. Everything
else is the same in name, case, value, order and number. Of a response the record holds what the origin sent, so there
nothing may differ at all."""

OF_INTEREST = ("x-witness", "x-odd-case", "content-type", "content-range", "etag", "set-cookie")
"""The response fields that every client must have got as the origin sent them. Browsers keep Set-Cookie to
themselves (Fetch, "forbidden response-header name")."""


def end_to_end(headers: Headers) -> Headers:
    named = {
        token.strip().lower() for name, value in headers if name.lower() == b"connection" for token in value.split(b",")
    }
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP | (named - {b"close"})]


def record_against_witness(record: Record, seen: Seen, reader: Reader, base: str) -> Iterator[str]:
    summary, detail, request, response = record.summary, record.detail, seen.request, seen.response
    method, target, version = request.start.split(b" ")
    status_line = response.start.split(b" ", 2)
    recorded_target = detail.target.removeprefix(base.encode())
    pairs = [
        ("state", summary.state, "done"),
        ("error", (summary.error_kind, summary.error), (None, None)),
        ("notes", detail.notes, []),
        ("method", summary.method.encode("latin-1"), method),
        ("target", recorded_target, target),
        ("version at the origin", version, b"HTTP/1.1"),
        ("client TLS", bool(detail.client and detail.client.tls), base.startswith("https:")),
        ("server TLS", bool(detail.server and detail.server.tls), base.startswith("https:")),
        ("request headers", end_to_end(detail.request_headers), end_to_end(request.headers)),
        ("request trailers", detail.request_trailers, request.trailers),
        ("request size", summary.request_size, len(request.body)),
        ("1xx", [one.status for one in detail.informational], [one.status for one in seen.informational]),
        ("1xx headers", [one.headers for one in detail.informational], [one.headers for one in seen.informational]),
        ("response version", detail.response_version.encode(), status_line[0]),
        ("status", summary.status, int(status_line[1])),
        ("reason", detail.reason, status_line[2]),
        ("response headers", detail.response_headers, response.headers),
        ("response trailers", detail.response_trailers, response.trailers),
        ("response size", summary.response_size, len(response.body)),
        ("url", summary.url, base + target.decode()),
    ]
    for what, got, wanted in pairs:
        if got != wanted:
            yield f"record: {what} is {got!r}, and the origin's log has {wanted!r}"
    for what, side, wanted in (("request body", "request", request.body), ("response body", "response", response.body)):
        kept = b"".join(reader.body(record, "request" if side == "request" else "response"))
        if kept != wanted:
            yield f"record: {what} of {len(kept)} bytes differs from the origin's {len(wanted)} bytes"


def client_against_witness(answer: Answer, case: Case, seen: Seen, client: Client) -> Iterator[str]:
    if answer.error:
        yield f"client: {answer.error}"
        return
    response = seen.response
    if answer.status != response.status:
        yield f"client: status {answer.status}, and the origin said {response.status}"
    body = response.body
    asked_for = (seen.request.get("accept-encoding") or b"").decode("latin-1").replace(",", " ").split()
    if case.accept in (*asked_for, *client.undoes) and body == packed(case.accept):
        body = TEXT
    if (answer.size, answer.sha256) != (len(body), hashlib.sha256(body).hexdigest()):
        yield f"client: a body of {answer.size} bytes that is not the origin's of {len(body)}"
    for name in OF_INTEREST:
        if name in client.hides:
            continue
        got = sorted(part.strip() for key, value in answer.headers if key.lower() == name for part in value.split(","))
        wanted = sorted(value.decode("latin-1") for value in response.all(name))
        if got != wanted:
            yield f"client: {name} is {got}, and the origin sent {wanted}"


def record_against_plan(record: Record, case: Case) -> Iterator[str]:
    """What only the client's side of the proxy can tell: the origin is always asked in HTTP/1.1."""
    spoken = "http/1.0" if case.http10 else "http/1.1"
    if (record.summary.protocol, record.detail.request_version.lower()) != (spoken, spoken):
        yield f"record: {record.summary.protocol} and {record.detail.request_version}, and the client spoke {spoken}"


def witness_against_plan(case: Case, first: Seen) -> Iterator[str]:
    """The origin received what the plan says, so that nobody compares two empty things."""
    if first.method != case.method:
        yield f"plan: method {case.method}, and the origin received {first.method}"
    for name, value in case.headers:
        if name.lower() not in ("te", "connection") and first.request.get(name) != value.encode("latin-1"):
            yield f"plan: {name}: {value!r}, and the origin received {first.request.get(name)!r}"
    if [(name.encode(), value.encode()) for name, value in case.trailers] != sorted(first.request.trailers)[::-1]:
        yield f"plan: trailers {case.trailers}, and the origin received {first.request.trailers}"
    yield from _body(case, first.request)


def gunzipped(body: bytes) -> bytes | None:
    """None for what is not gzip."""
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return None


def _body(case: Case, request: Message) -> Iterator[str]:
    send = case.send
    wanted = pattern(send.size) if send else b""
    if send and send.how == "multipart":
        if wanted not in request.body or b"a value" not in request.body:
            yield "plan: the multipart body lacks a field"
    elif (gunzipped(request.body) if send and send.how == "gzip" else request.body) != wanted:
        yield f"plan: a body of {len(wanted)} bytes, and the origin received {len(request.body)} others"
    if send and send.how == "chunked" and request.chunks is None:
        yield "plan: chunked, and the origin received a body with its length"
    if case.expect and (request.get("expect") or b"").lower() != b"100-continue":
        yield "plan: Expect: 100-continue, and the origin received none"
