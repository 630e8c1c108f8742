"""``wireglass show``"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from wireglass.api.shape import text_of
from wireglass.app.home import Home
from wireglass.cli import body, messages, shown_body
from wireglass.cli.hint import with_hints
from wireglass.cli.options import home_option
from wireglass.cli.record import Id, how_to_start, open_record, where
from wireglass.cli.shape import BODY_IN_JSON, iso_time, record_object, to_line
from wireglass.cli.table import local_time
from wireglass.cli.text import from_wire, one_line, say, size
from wireglass.content.grpc import dialect_of
from wireglass.content.showing import RAW
from wireglass.content.stream import split_sides
from wireglass.errors import NotFound, UsageError
from wireglass.model import Endpoint, Headers, Record, Side
from wireglass.store import Reader

if TYPE_CHECKING:
    from wireglass.cli.grpc import Call


def _complete_view(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in shown_body.view_names() if name.startswith(incomplete)]


@click.command(
    epilog="""\b
Examples:
  wireglass show 12
  wireglass show 12 --response-body > page.html     decoded from gzip, br, zstd, deflate
  wireglass show 12 --response-body --raw | zcat    content coding kept
  wireglass show 12 --json | jq .response.headers
  wireglass show 12 --view hex                      both bodies in hex
  wireglass show 12 --response-body --view json     the text of the view alone
  wireglass show 12 --messages                      of a WebSocket, server-sent events, JSON lines
  wireglass show 12 --follow --json | jq .text      as they come
\b
Exit codes: 0 done, also if Ctrl-C ended --follow; 2 wrong usage;
1 no such exchange, it has no messages, or the body is not written whole and decoded as asked:
standard error says why."""
)
@click.argument("id", type=Id())
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs. Bodies above 1 MB are left out.")
@click.option("--request-body", is_flag=True, help="Write exactly the request's body.")
@click.option("--response-body", is_flag=True, help="Write exactly the response's body.")
@click.option(
    "--raw",
    is_flag=True,
    help="As on the wire: content codings kept. Transfer coding is always removed. Without a body flag: both messages, "
    "with one CRLF between the request and the response, and without trailers (they are in `show` and in --json).",
)
@click.option(
    "--view",
    metavar="NAME",
    default="",
    shell_complete=_complete_view,
    help="Show bodies in this view (`wireglass views` lists them); raw: as text, as they came. Without it the one "
    "that fits best is taken.",
)
@click.option(
    "--messages",
    "all_messages",
    is_flag=True,
    help="All messages of a stream, whole; with --json one object a line. Without it the first 200 are listed.",
)
@click.option("--follow", is_flag=True, help="The same, and each new message until the stream ends, or Ctrl-C.")
@home_option
def command(
    home: Home,
    id: int,
    as_json: bool,
    request_body: bool,
    response_body: bool,
    raw: bool,
    view: str,
    all_messages: bool,
    follow: bool,
) -> None:
    """Show everything about one exchange: ID is its number in `wireglass ls`.

    A body whose content coding is damaged is written as on the wire. On a terminal control characters are shown
    escaped, elsewhere (a file, a pipe) the bytes are exact."""
    if as_json + request_body + response_body > 1:
        raise UsageError("--json, --request-body and --response-body exclude each other.", "Take one of them.")
    if (all_messages or follow) and (request_body or response_body or raw):
        raise UsageError("--messages and --follow show no bodies.", "Leave out --raw and the flags for bodies.")
    if view and (as_json or raw or all_messages or follow):
        raise UsageError("--view is for the bodies that people read.", "Leave out --json, --raw, --messages, --follow.")
    if view:
        shown_body.check_view(view)
    reader = open_record(home)
    if reader is None:
        raise NotFound(f"no exchange {id}: nothing is recorded in {where(home)}.", how_to_start(home))
    record = reader.get(id)
    if all_messages or follow:
        call = _call(home, reader, record)
        messages.write(reader, record, as_json=as_json, live=follow, text=call.text if call else text_of)
    elif as_json:
        request = body.read(reader, record, "request", BODY_IN_JSON, raw=raw)
        response = body.read(reader, record, "response", BODY_IN_JSON, raw=raw)
        call = _call(home, reader, record)
        certificates = _certificates(reader, record)
        click.echo(to_line(record_object(record, request, response, certificates, call.object() if call else None)))
    elif request_body or response_body:
        side: Side = "request" if request_body else "response"
        if view in ("", RAW):
            reason = body.write_exact(reader, record, side, raw=raw)
        else:
            reason = shown_body.write(reader, record, side, home.path, view)
        if reason:
            say(reason)
            raise click.exceptions.Exit(1)
    elif raw:
        body.write(_raw(reader, record))
    else:
        for line in _for_people(reader, record, home.path, view):
            click.echo(line)


def _call(home: Home, reader: Reader, record: Record) -> Call | None:
    """What is known of a call of gRPC; None for other exchanges, which need not wait for the imports."""
    if dialect_of(record) is None:
        return None
    from wireglass.cli.grpc import Call

    return Call.of(home, reader, record)


def _certificates(reader: Reader, record: Record) -> list[dict[str, Any]]:
    tls = record.detail.server.tls if record.detail.server else None
    if not tls or not tls.certificates:
        return []
    # 45 ms beside the 130 that `show` takes without it, and plain HTTP has no certificates.
    from wireglass.cli.certificate import describe

    return [describe(hash, reader.certificate(hash)) for hash in tls.certificates]


def _request_line(record: Record) -> bytes:
    return b" ".join((record.summary.method.encode(), record.detail.target, record.detail.request_version.encode()))


def _status_line(record: Record) -> bytes:
    return f"{record.detail.response_version} {record.summary.status} ".encode() + record.detail.reason


def _raw(reader: Reader, record: Record) -> Iterator[bytes]:
    """Both messages as they passed (RFC 9112 2.1), the transfer coding and with it the trailers removed; a CRLF between
    them, or a status line would stand at the end of a body's last line. What nobody sent is left out."""
    detail = record.detail
    if record.summary.method:
        yield from (_request_line(record), b"\r\n", _fields(detail.request_headers), b"\r\n")
        yield from reader.body(record, "request")
    if detail.informational or detail.response_version:
        yield b"\r\n"
    for one in detail.informational:
        yield from (f"{detail.response_version} {one.status}\r\n".encode(), _fields(one.headers), b"\r\n")
    if detail.response_version:
        yield from (_status_line(record), b"\r\n", _fields(detail.response_headers), b"\r\n")
        yield from reader.body(record, "response")


def _fields(headers: Headers) -> bytes:
    return b"".join(b"%s: %s\r\n" % field for field in headers)


def _for_people(reader: Reader, record: Record, home: Path, view: str) -> Iterator[str]:
    summary, detail = record.summary, record.detail
    took = "" if summary.duration_ms is None else f", {summary.duration_ms:.1f} ms"
    yield _title(f"Exchange {summary.id}: {summary.state}{took}")
    yield from _pairs(
        ("url", summary.url),
        ("operation", summary.operation),
        ("started", f"{local_time(summary.started)} ({iso_time(summary.started)})"),
        ("sessions", ", ".join(summary.sessions)),
        ("marked", " ".join(filter(None, (summary.color, "starred" if summary.star else "")))),
        ("noted", summary.note),
        ("error", f"{with_hints(summary.error, home)} ({summary.error_kind})" if summary.error else ""),
        *(("note", note) for note in detail.notes if summary.method),
    )
    yield ""
    call = _call(Home(home), reader, record)
    if call:
        yield from call.for_people()
    yield _title("Request")
    if summary.method:
        yield from _message(reader, record, "request", home, view)
    else:
        yield "not a readable request"
        yield from map(one_line, detail.notes)
        yield ""
    for one in detail.informational:
        yield _title(f"Informational response {one.status}")
        yield from map(_field, one.headers)
        yield ""
    yield _title("Response")
    tunnelled = summary.protocol == "tunnel"
    if tunnelled and not (summary.request_size or summary.response_size):
        yield "none: no byte has passed through the tunnel"
        yield ""
    elif summary.status is None:
        yield "none yet" if summary.state == "open" else "none"
        yield ""
    elif tunnelled:
        yield "a tunnel: its bytes were passed on untouched, and are not kept"
        yield f"  from the client  {size(summary.request_size)}"
        yield f"  from the server  {size(summary.response_size)}"
        yield ""
    elif not detail.response_version:
        yield f"no response from the server: answered by Wireglass with {summary.status}"
        yield ""
        yield from _body(reader, record, "response", home, view)
    else:
        yield from _message(reader, record, "response", home, view)
    if split_sides(record):
        yield _title("Messages")
        yield from messages.listed(reader, record, home, call.line if call else text_of)
        yield ""
    named = ("dns", "connect", "tls", "send", "wait", "receive")
    phases = [(name, getattr(detail.timings, name)) for name in named]
    if taken := [(name, f"{ms:9.1f} ms") for name, ms in phases if ms is not None]:
        yield _title("Timings")
        yield from _pairs(*taken)
        yield ""
    yield _title("Connections")
    yield from _connection("client", summary.protocol, detail.client)
    yield from _connection("server", "", detail.server)
    for certificate in _certificates(reader, record)[:1]:
        yield ""
        yield _title("Server certificate")
        yield from _pairs(
            ("subject", certificate["subject"]),
            ("issuer", certificate["issuer"]),
            (
                "valid",
                f"{certificate['not_before']} to {certificate['not_after']}" if certificate["not_before"] else "",
            ),
            ("names", ", ".join(certificate["names"])),
            ("sha-256", certificate["sha256"]),
            ("error", certificate["error"]),
        )


def _message(reader: Reader, record: Record, side: Side, home: Path, view: str) -> Iterator[str]:
    of_request = side == "request"
    detail = record.detail
    # HTTP/2 has no reason, and a space at the end of a line is seen by nobody.
    yield from_wire(_request_line(record) if of_request else _status_line(record)).rstrip(" ")
    yield from map(_field, record.headers(side))
    yield ""
    yield from _body(reader, record, side, home, view)
    trailers = detail.request_trailers if of_request else detail.response_trailers
    if trailers:
        yield _title("Trailers")
        yield from map(_field, trailers)
        yield ""


def _body(reader: Reader, record: Record, side: Side, home: Path, view: str) -> Iterator[str]:
    if view or side not in split_sides(record):  # its messages have a section of their own
        yield from shown_body.lines(reader, record, side, home, view)


def _connection(name: str, protocol: str, endpoint: Endpoint | None) -> Iterator[str]:
    if endpoint is None:
        return
    number = f"connection {endpoint.number}" if endpoint.number else ""
    yield from _pairs((name, ", ".join(filter(None, (endpoint.peer, f"our side {endpoint.local}", protocol, number)))))
    if tls := endpoint.tls:
        alpn, sni = tls.alpn and f"ALPN {tls.alpn}", tls.sni and f"SNI {tls.sni}"
        yield from _pairs((f"{name} tls", ", ".join(filter(None, (tls.version, tls.cipher, alpn, sni)))))


def _pairs(*pairs: tuple[str, str | None]) -> Iterator[str]:
    for name, value in pairs:
        if value:
            yield f"  {name:<10} {one_line(value)}"


def _field(field: tuple[bytes, bytes]) -> str:
    return f"{from_wire(field[0])}: {from_wire(field[1])}"


def _title(text: str) -> str:
    return click.style(text, bold=True)
