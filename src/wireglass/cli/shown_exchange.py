"""An exchange as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wireglass.api.shape import text_of
from wireglass.app.home import Home
from wireglass.cli import messages, shown_body
from wireglass.cli.hint import with_hints
from wireglass.cli.shape import iso_time
from wireglass.cli.table import local_time
from wireglass.cli.text import from_wire, one_line, size
from wireglass.content.grpc import dialect_of
from wireglass.content.stream import split_sides
from wireglass.model import Endpoint, Record, Side
from wireglass.store import Reader

if TYPE_CHECKING:
    from wireglass.cli.grpc import Call


def for_people(reader: Reader, record: Record, home: Path, view: str) -> Iterator[str]:
    """Line by line; ``view``: of both bodies, empty for the one that fits best."""
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
    call = call_of(Home(home), reader, record)
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
    for certificate in certificates_of(reader, record)[:1]:
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


def call_of(home: Home, reader: Reader, record: Record) -> Call | None:
    """What is known of a call of gRPC; None for other exchanges, which need not wait for the imports."""
    if dialect_of(record) is None:
        return None
    from wireglass.cli.grpc import Call

    return Call.of(home, reader, record)


def certificates_of(reader: Reader, record: Record) -> list[dict[str, Any]]:
    tls = record.detail.server.tls if record.detail.server else None
    if not tls or not tls.certificates:
        return []
    # 45 ms beside the 130 that `show` takes without it, and plain HTTP has no certificates.
    from wireglass.cli.certificate import describe

    return [describe(hash, reader.certificate(hash)) for hash in tls.certificates]


def request_line(record: Record) -> bytes:
    return b" ".join((record.summary.method.encode(), record.detail.target, record.detail.request_version.encode()))


def status_line(record: Record) -> bytes:
    return f"{record.detail.response_version} {record.summary.status} ".encode() + record.detail.reason


def _message(reader: Reader, record: Record, side: Side, home: Path, view: str) -> Iterator[str]:
    of_request = side == "request"
    detail = record.detail
    # HTTP/2 has no reason, and a space at the end of a line is seen by nobody.
    yield from_wire(request_line(record) if of_request else status_line(record)).rstrip(" ")
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
