"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), one entry at a time: a file of any size takes the memory
of one exchange.

Kept out is what Chrome's network panel and mitmproxy 12 refuse the whole file for: a cookie's date that is none
(Chrome), a URL without a host or beyond ASCII, posted data without text (mitmproxy). Our own fields begin with ``_``,
as the specification asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec

from wireglass.content.stream import is_websocket
from wireglass.formats.har_body import Streamed, content, post_data
from wireglass.formats.har_fields import (
    absolute,
    from_wire,
    headers,
    ip_address,
    iso_time,
    origin_form,
    query,
    request_cookies,
    response_cookies,
    value_of,
)
from wireglass.formats.har_messages import ReadTimeline, StreamedMessages
from wireglass.model import Detail, Headers, Record, Side, Summary, Timings, Tls

Object: TypeAlias = dict[str, Any]

ReadBody: TypeAlias = Callable[[Record, Side], Iterable[bytes]]
"""The kept bytes of a body from their start, in pieces; may be asked twice, and may raise WireglassError."""

_encode = msgspec.json.Encoder().encode


def har(
    records: Iterable[Record], read: ReadBody, version: str, timeline: ReadTimeline = lambda _record: b""
) -> Iterator[bytes]:
    """The file in pieces, UTF-8: an entry for each record, in their order. ``version`` is this program's; without a
    ``timeline`` messages have the time at which their exchange began."""
    creator = _encode({"name": "Wireglass", "version": version})
    yield b'{"log":{"version":"1.2","creator":%b,"pages":[],"entries":[' % creator
    separator = b"\n"
    for record in records:
        yield separator
        yield from _pieces(_entry(record, read, timeline))
        separator = b",\n"
    yield b"\n]}}\n"


def _pieces(entry: Object) -> Iterator[bytes]:
    """Whole, unless a body in it is to be streamed."""
    bodies = (entry["response"]["content"], entry["request"].get("postData"))
    if "_webSocketMessages" in entry or any(isinstance(body, Streamed) for body in bodies):
        yield from _streamed(entry)
    else:
        yield _encode(entry)


def _streamed(value: object) -> Iterator[bytes]:
    if isinstance(value, Streamed | StreamedMessages):
        yield from value.pieces()
    elif isinstance(value, dict):
        separator = b"{"
        for name, member in value.items():
            yield b"%b%b:" % (separator, _encode(name))
            yield from _streamed(member)
            separator = b","
        yield b"}" if value else b"{}"
    else:
        yield _encode(value)


def _entry(record: Record, read: ReadBody, timeline: ReadTimeline) -> Object:
    summary, detail = record.summary, record.detail
    timings, time = _timings(summary, detail)
    entry: Object = {
        "startedDateTime": iso_time(summary.started),
        "time": time,
        "request": _request(record, read),
        "response": _response(record, read),
        "cache": {},
        "timings": timings,
    }
    if server := detail.server:
        host, _, port = server.peer.rpartition(":")
        if address := ip_address(host.strip("[]")):
            entry["serverIPAddress"] = address
            entry["connection"] = port  # Chrome shows it as the port of the address
        if server.number:
            entry["_connectionId"] = str(server.number)
        if server.tls:
            entry["_tls"] = _tls(server.tls)
    remarks = ([summary.error] if summary.error else []) + detail.notes
    if remarks:
        entry["comment"] = "; ".join(remarks)
    entry["_id"] = summary.id
    entry["_state"] = summary.state
    if summary.error_kind:
        entry["_errorKind"] = summary.error_kind
    if summary.client:
        entry["_client"] = summary.client
    if summary.sessions:
        entry["_sessions"] = list(summary.sessions)
    if detail.notes:
        entry["_notes"] = detail.notes
    if is_websocket(record):
        entry["_resourceType"] = "websocket"
        entry["_webSocketMessages"] = StreamedMessages(
            record, timeline, _later(read, record, "request"), _later(read, record, "response")
        )
    if _is_tunnel(summary):
        entry["_tunnel"] = {"fromClient": summary.request_size, "fromServer": summary.response_size}
    return entry


def _later(read: ReadBody, record: Record, side: Side) -> Iterator[bytes]:
    """The body, not asked for before its first piece is wanted."""
    yield from read(record, side)


def _request(record: Record, read: ReadBody) -> Object:
    summary, detail = record.summary, record.detail
    url = absolute(summary.url, tunnel=summary.method == "CONNECT" and summary.protocol != "websocket")
    request: Object = {
        "method": summary.method,
        "url": url,
        "httpVersion": detail.request_version,
        "cookies": request_cookies(detail.request_headers),
        "headers": headers(detail.request_headers),
        "queryString": query(url),
        "headersSize": _head_size(
            detail.request_version,
            len(summary.method) + len(detail.target) + len(detail.request_version) + 2,
            detail.request_headers,
        ),
        "bodySize": 0 if _is_tunnel(summary) else summary.request_size,
    }
    if not _is_tunnel(summary) and (summary.request_size or record.request_body.kept):
        request["postData"] = post_data(
            record.body_headers("request"),
            record.request_body,
            lambda: read(record, "request"),
            partial=_is_partial(record, "request"),
        )
    if url != summary.url:
        request["_url"] = summary.url
    if (target := detail.target.decode("latin-1")) != origin_form(summary.url, tunnel=summary.protocol == "tunnel"):
        request["_target"] = target
    if detail.request_trailers:
        request["_trailers"] = headers(detail.request_trailers)
    return request


def _response(record: Record, read: ReadBody) -> Object:
    summary, detail = record.summary, record.detail
    has_body = not _is_tunnel(summary) and (summary.response_size or record.response_body.kept)
    response: Object = {
        "status": summary.status or 0,
        "statusText": from_wire(detail.reason),
        "httpVersion": detail.response_version,
        "cookies": response_cookies(detail.response_headers, summary.started),
        "headers": headers(detail.response_headers),
        "content": content(
            record.body_headers("response"),
            record.response_body,
            (lambda: read(record, "response")) if has_body else None,
            partial=_is_partial(record, "response"),
            passed=summary.response_size if "response" in detail.decoded else None,
        ),
        "redirectURL": from_wire(value_of(detail.response_headers, b"location")),
        "headersSize": _head_size(
            detail.response_version,
            len(detail.response_version) + 5 + len(detail.reason),
            detail.response_headers,
        ),
        "bodySize": 0 if _is_tunnel(summary) else summary.response_size if summary.status else -1,
    }
    if summary.error:
        response["_error"] = summary.error
    if detail.response_trailers:
        response["_trailers"] = headers(detail.response_trailers)
    if detail.informational:
        response["_informational"] = [
            {"status": one.status, "headers": headers(one.headers)} for one in detail.informational
        ]
    return response


def _is_tunnel(summary: Summary) -> bool:
    """Its sizes count what passed both ways, and none of it is the body of a message."""
    return summary.protocol in ("tunnel", "websocket") or summary.status == 101


def _is_partial(record: Record, side: Side) -> bool:
    """Whether a stream that ends early is our doing: the rest was not kept, or has not come yet."""
    ref = record.body(side)
    return record.summary.state != "done" or ref.kept < ref.size


def _head_size(version: str, start_line: int, fields: Headers) -> int:
    """Bytes from the start line, given without its line end, to the empty line; -1 where there is none, or where it was
    compressed (HTTP/2)."""
    if not version.startswith("HTTP/1"):
        return -1
    return start_line + 4 + sum(len(name) + len(value) + 4 for name, value in fields)


def _timings(summary: Summary, detail: Detail) -> tuple[Object, float]:
    """The phases and their sum, in milliseconds. What the phases do not cover of the duration goes where it was spent,
    so that the sum is the duration: into the tunnel's life, the wait for a response that never came, or a queue."""
    taken: Timings = detail.timings
    ssl = _milliseconds(taken.tls)
    connect = _milliseconds(taken.connect)
    if connect >= 0 and ssl >= 0:
        connect = round(connect + ssl, 3)  # HAR counts the TLS handshake as a part of connect
    elif ssl >= 0:
        connect = ssl
    phases: Object = {"blocked": -1, "dns": _milliseconds(taken.dns), "connect": connect}
    for name in ("send", "wait", "receive"):  # HAR wants these three to be at least 0
        phases[name] = max(0, _milliseconds(getattr(taken, name)))
    rest = _milliseconds(summary.duration_ms) - _sum(phases)
    if rest > 0:
        if _is_tunnel(summary):
            where = "receive"
        elif detail.server and not detail.response_version:
            where = "wait"
        else:
            where = "blocked"
        phases[where] = round(max(0, phases[where]) + rest, 3)
    total = _sum(phases)
    phases["ssl"] = ssl
    return phases, total


def _sum(phases: Object) -> float:
    return round(math.fsum(value for value in phases.values() if value > 0), 3)


def _milliseconds(value: float | None) -> float:
    """To the microsecond; -1 where the phase did not happen."""
    return -1 if value is None or not 0 <= value < math.inf else round(value, 3)


def _tls(tls: Tls) -> Object:
    return {"version": tls.version, "cipher": tls.cipher, "alpn": tls.alpn or None, "sni": tls.sni or None}
