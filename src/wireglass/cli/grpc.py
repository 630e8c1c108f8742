"""What ``show`` says of a call of gRPC, gRPC-Web or Connect besides what passed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import click

from wireglass.app.home import Home
from wireglass.app.protos import names_for
from wireglass.cli.text import one_line
from wireglass.content.grpc import Dialect, dialect_of, method_of
from wireglass.content.grpc_status import Status, connect_status, detail_text, status_of, web_trailers
from wireglass.content.grpc_text import message_text
from wireglass.content.protobuf_names import Names
from wireglass.content.stream import StreamMessage, messages
from wireglass.model import Record
from wireglass.store import Reader

_LINE = 2000
"""Characters of a message that are decoded for a list: more than it shows, as it is indented."""


class Call:
    def __init__(self, names: Names, reader: Reader, record: Record, dialect: Dialect) -> None:
        self.names = names
        self.method = method_of(record.summary.url)
        self._reader = reader
        self._record = record
        self._dialect = dialect

    @classmethod
    def of(cls, home: Home, reader: Reader, record: Record) -> Call | None:
        """None for exchanges that are no calls."""
        dialect = dialect_of(record)
        return cls(names_for(home, reader, record.summary.host), reader, record, dialect) if dialect else None

    def text(self, message: StreamMessage) -> str:
        """The whole of it, with its type and what to know about it as comments of the text format."""
        shown = message_text(message, self._dialect, self.method, message.side, self.names)
        about = [f"# {one}" for one in (shown.type, *shown.notes) if one and one != message.note]
        return "\n".join([*about, shown.text] if shown.text else about)

    def line(self, message: StreamMessage) -> str:
        """For a list: the beginning, on one line."""
        shown = message_text(message, self._dialect, self.method, message.side, self.names, _LINE)
        return " ".join(map(_without_comment, shown.text.split("\n")))

    def for_people(self) -> Iterator[str]:
        """A section: method, status, details."""
        yield click.style(self._dialect.name, bold=True)
        yield f"  method     {one_line(self.method) or 'none in the URL'}"
        status = self._status()
        if status is None:
            open = self._record.summary.state == "open"
            yield f"  status     {'none yet' if open else 'none was sent'}"
        else:
            yield f"  status     {one_line(' '.join(filter(None, (status.code, status.name))))}"
            if status.message:
                yield f"  message    {one_line(status.message)}"
            for detail in status.details:
                yield f"  detail     {one_line(detail.type)}"
                yield from (f"    {one_line(line)}" for line in detail_text(detail, self.names).split("\n") if line)
            if status.note:
                yield f"  note       {one_line(status.note)}"
        for note in self.names.notes:
            yield f"  note       {one_line(note)}"
        yield ""

    def object(self) -> dict[str, Any]:
        """For ``show --json``."""
        status = self._status()
        return {
            "dialect": self._dialect.name,
            "method": self.method or None,
            "status": status.code if status else None,
            "status_name": (status.name or None) if status else None,
            "message": (status.message or None) if status else None,
            "details": [
                {"type": one.type, "value": base64.b64encode(one.value).decode("ascii")}
                for one in (status.details if status else ())
            ],
        }

    def _status(self) -> Status | None:
        detail = self._record.detail
        if not self._dialect.end_flag:
            return status_of(detail.response_trailers, detail.response_headers)
        frame = b""
        for message in messages(self._record, b"", (), self._reader.body(self._record, "response")):
            if message.kind == "trailers":
                frame = message.data
        if self._dialect.name == "Connect":
            return connect_status(frame) if frame else None
        return status_of(web_trailers(frame), detail.response_headers, detail.response_trailers)


def _without_comment(line: str) -> str:
    """Behind a comment nothing else can stand on the line. A quotation mark at the end belongs to a value."""
    return line.strip() if line.endswith('"') else (line.rpartition("  # ")[0] or line).strip()
