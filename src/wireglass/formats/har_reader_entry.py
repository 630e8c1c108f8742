"""One entry of a HAR file as an exchange for the store."""

from __future__ import annotations

from collections.abc import Iterable

from wireglass.content import data_mode, media_type, operation_of
from wireglass.content.stream import SIDES
from wireglass.errors import Interrupted
from wireglass.formats.har_reader_body import Damaged, Kept, Source, request_body, response_body
from wireglass.formats.har_reader_detail import URL_LIMIT, detail_of, host_of, port_of, split
from wireglass.formats.har_reader_messages import frames
from wireglass.formats.har_reader_shape import Entry, Pair, Request, Response
from wireglass.formats.har_reader_values import (
    cookie_field,
    error_kind,
    fields,
    has,
    number,
    scalar,
    set_cookie_field,
    text,
    texts,
    to_wire,
    unix_time,
    version,
    whole,
)
from wireglass.model import Detail, Headers, Imported, State, Summary

_METHOD_LIMIT = 64
_OPERATION_LIMIT = 1024 * 1024
_LONGEST = 1e15  # milliseconds


class Wrong(Exception):
    """``str()`` is the field's path in the entry, and what is wrong with it."""


def imported(entry: Entry, source: Source, *, ours: bool) -> Imported:
    """``ours``: the file is one of Wireglass. Raises Wrong."""
    notes: list[str] = []
    try:
        started, note = unix_time(entry.started)
    except (ValueError, OverflowError) as error:
        raise Wrong(f"startedDateTime is no ISO 8601 time: {entry.started[:40]!r}") from error
    notes += [note] if note else []
    request, response = entry.request, entry.response or Response()
    request_headers, response_headers = _headers(request, response, notes)
    websocket = entry.resource_type == "websocket" or bool(entry.messages) or _is_upgrade(response, response_headers)
    bodies = _bodies(entry, request_headers, response_headers, source, ours)
    socket = None
    if websocket:
        try:
            socket = frames(entry.messages or [], started, source)
        except Damaged as damage:
            raise Wrong(str(damage)) from damage
        notes += socket.notes
        bodies = (socket.request, socket.response)
    summary = _summary(entry, request, response, started)
    summary.type = media_type(response_headers)[0] or _type_of(response)
    tunnel = entry.our_tunnel if isinstance(entry.our_tunnel, dict) else None
    if websocket:
        summary.protocol = "websocket"
    elif request.method.upper() == "CONNECT" or (tunnel and summary.status != 101):
        summary.protocol = "tunnel"
    if tunnel and not websocket:
        bodies = (
            Kept(passed=whole(tunnel.get("fromClient")) or 0),
            Kept(passed=whole(tunnel.get("fromServer")) or 0),
        )
    summary.request_size, summary.response_size = bodies[0].passed, bodies[1].passed
    if bodies[0].passed and not websocket and summary.protocol != "tunnel":
        summary.mode = data_mode(media_type(request_headers)[0])
    for body in bodies:
        notes += body.notes
    if socket and summary.duration_ms is not None:
        summary.duration_ms = max(summary.duration_ms, round((socket.ended - started) * 1000, 3))
    detail = detail_of(entry, request_headers, response_headers, summary)
    detail.decoded = tuple(side for side, body in zip(SIDES, bodies, strict=True) if body.decoded)
    detail.notes = (texts(entry.our_notes) if ours else _remarks(entry)) + notes
    _name_operation(summary, detail, bodies[0])
    return Imported(
        summary,
        detail,
        _held(bodies[0]),
        _held(bodies[1]),
        socket.timeline if socket else b"",
        bodies[0].note,
        bodies[1].note,
    )


def _held(body: Kept) -> Iterable[bytes] | bytes:
    return b"".join(body.pieces) if isinstance(body.pieces, list | tuple) else body.pieces


def _headers(request: Request, response: Response, notes: list[str]) -> tuple[Headers, Headers]:
    """What a writer has only as cookies or as a type is put back into fields, and said so."""
    sent, authority = fields(_checked(request.headers, "request.headers"))
    if authority and not has(sent, b"host"):
        sent.insert(0, (b"host", to_wire(authority)))  # which is how an HTTP/2 request is recorded
    if request.cookies and not has(sent, b"cookie"):
        sent.append((b"Cookie", cookie_field(request.cookies)))
        notes.append("Cookie is put together from the cookies in the HAR file")
    received, _ = fields(_checked(response.headers, "response.headers"))
    if response.cookies and not has(received, b"set-cookie"):
        received += [(b"Set-Cookie", set_cookie_field(cookie)) for cookie in response.cookies]
        notes.append("Set-Cookie is put together from the cookies in the HAR file")
    post, content = request.post_data, response.content
    # A file without any header has lost them; where there are others, this one was not sent.
    if not sent and post and (type := text(post.media_type)):
        sent.append((b"Content-Type", to_wire(type)))
        notes.append("the HAR file has no request headers; Content-Type is that of postData")
    if not received and content and (type := text(content.media_type)) and "/" in type:
        received.append((b"Content-Type", to_wire(type)))
        notes.append("the HAR file has no response headers; Content-Type is that of content")
    return sent, received


def _checked(pairs: list[Pair] | None, path: str) -> list[Pair]:
    for index, pair in enumerate(pairs or []):
        for member, value in (("name", pair.name), ("value", scalar(pair.value))):
            if value.startswith("\0long "):
                raise Wrong(f"{path}[{index}].{member} is longer than 1 MiB")
    return pairs or []


def _is_upgrade(response: Response, headers: Headers) -> bool:
    return whole(response.status) == 101 and any(
        name.lower() == b"upgrade" and value.strip().lower() == b"websocket" for name, value in headers
    )


def _bodies(entry: Entry, sent: Headers, received: Headers, source: Source, ours: bool) -> tuple[Kept, Kept]:
    request, response = entry.request, entry.response or Response()
    try:
        asked = request_body(request.post_data, sent, request.body_size, ours=ours, source=source)
    except Damaged as damage:
        raise Wrong(f"request.postData.text {damage}") from damage
    try:
        got = response_body(response.content, received, response.body_size, ours=ours, source=source)
    except Damaged as damage:
        raise Wrong(f"response.content.text {damage}") from damage
    return asked, got


def _summary(entry: Entry, request: Request, response: Response, started: float) -> Summary:
    method = request.method
    if len(method) > _METHOD_LIMIT or not method.isascii() or not (method.isprintable() and " " not in method):
        raise Wrong(f"request.method is no method: {method[:40]!r}")
    url = _url(entry)
    status = whole(response.status) or None
    if status is not None and status > 999:
        raise Wrong(f"response.status is no status: {status}")
    taken = number(entry.time)
    if taken is None and isinstance(entry.timings, dict):
        taken = sum(number(value) or 0.0 for name, value in entry.timings.items() if name != "ssl")
    spoken = version(request.version) or version(response.version) or "HTTP/1.1"
    summary = Summary(
        method,
        url,
        host_of(url),
        started,
        spoken.lower(),
        "import",
        text(entry.our_client, 100),
        status,
        duration_ms=min(taken or 0.0, _LONGEST),
    )
    summary.state, summary.error, summary.error_kind = _end(entry, response, status)
    return summary


def _url(entry: Entry) -> str:
    request = entry.request
    url = request.url
    if not url or url.startswith("\0long "):
        raise Wrong("request.url is empty" if not url else "request.url is longer than 1 MiB")
    if isinstance(request.our_url, str):
        url = text(request.our_url)
    elif request.method.upper() == "CONNECT" and entry.resource_type != "websocket":
        parts = split(url)
        if parts.hostname:  # a tunnel's is host:port
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            url = f"{host}:{port_of(parts) or 443}"
    return url[:URL_LIMIT]


def _type_of(response: Response) -> str:
    """What the writer says where no header does; Chrome's ``x-unknown`` is no media type."""
    content = response.content
    return media_type([(b"content-type", to_wire(text(content.media_type)))])[0] if content else ""


def _end(entry: Entry, response: Response, status: int | None) -> tuple[State, str | None, str | None]:
    """State, error and its kind."""
    error = text(response.error)
    kind = text(entry.our_error_kind, 64)
    if entry.our_state == "open":
        return "failed", error or "it was still open when the HAR file was written", kind or Interrupted.code
    if entry.our_state == "done":
        return "done", error or None, kind or None
    if error or kind or status is None:
        return "failed", error or "the HAR file has no response to it", kind or error_kind(error)
    return "done", None, None


def _remarks(entry: Entry) -> list[str]:
    """What others' files say besides."""
    remarks = [said] if (said := text(entry.comment, 1000)) else []
    if cache := text(entry.from_cache, 100):
        remarks.append(f"answered from the browser's cache ({cache})")
    elif (fetched := text(entry.fetch_type, 100)) and fetched != "Network Load":
        remarks.append(f"not from the network ({fetched})")
    return remarks


def _name_operation(summary: Summary, detail: Detail, body: Kept) -> None:
    type, _ = media_type(detail.request_headers)
    data = b"".join(body.pieces) if 0 < body.kept <= _OPERATION_LIMIT and summary.protocol != "websocket" else b""
    summary.operation = operation_of(summary.method, detail.target, type, data)
    if summary.operation and data and summary.mode == "raw":
        summary.mode = "graphql"
