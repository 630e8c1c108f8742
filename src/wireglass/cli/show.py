"""``wireglass show``"""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from wireglass.api.shape import text_of
from wireglass.app.home import Home
from wireglass.cli import body, code, messages, shown_body
from wireglass.cli.options import home_option
from wireglass.cli.record import Id, how_to_start, open_record, where
from wireglass.cli.shape import BODY_IN_JSON, record_object, to_line
from wireglass.cli.shown_exchange import call_of, certificates_of, for_people, request_line, status_line
from wireglass.cli.text import say
from wireglass.content.showing import RAW
from wireglass.errors import NotFound, UsageError
from wireglass.model import Headers, Record, Side
from wireglass.store import Reader


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
  wireglass show 12 --as curl                       the request, to send it again
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
@click.option(
    "--as",
    "language",
    metavar="LANGUAGE",
    default="",
    shell_complete=code.complete,
    help="The request as code that sends it again, secrets included: curl, python-httpx, go … (a wrong one lists all).",
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
    language: str,
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
    if language:
        code.check(
            language, alone=not (as_json or request_body or response_body or raw or view or all_messages or follow)
        )
    if view:
        shown_body.check_view(view)
    reader = open_record(home)
    if reader is None:
        raise NotFound(f"no exchange {id}: nothing is recorded in {where(home)}.", how_to_start(home))
    record = reader.get(id)
    if language:
        code.write(reader, record, language)
    elif all_messages or follow:
        call = call_of(home, reader, record)
        messages.write(reader, record, as_json=as_json, live=follow, text=call.text if call else text_of)
    elif as_json:
        request = body.read(reader, record, "request", BODY_IN_JSON, raw=raw)
        response = body.read(reader, record, "response", BODY_IN_JSON, raw=raw)
        call = call_of(home, reader, record)
        certificates = certificates_of(reader, record)
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
        for line in for_people(reader, record, home.path, view):
            click.echo(line)


def _raw(reader: Reader, record: Record) -> Iterator[bytes]:
    """Both messages as they passed (RFC 9112 2.1), the transfer coding and with it the trailers removed; a CRLF between
    them, or a status line would stand at the end of a body's last line. What nobody sent is left out."""
    detail = record.detail
    if record.summary.method:
        yield from (request_line(record), b"\r\n", _fields(detail.request_headers), b"\r\n")
        yield from reader.body(record, "request")
    if detail.informational or detail.response_version:
        yield b"\r\n"
    for one in detail.informational:
        yield from (f"{detail.response_version} {one.status}\r\n".encode(), _fields(one.headers), b"\r\n")
    if detail.response_version:
        yield from (status_line(record), b"\r\n", _fields(detail.response_headers), b"\r\n")
        yield from reader.body(record, "response")


def _fields(headers: Headers) -> bytes:
    return b"".join(b"%s: %s\r\n" % field for field in headers)
