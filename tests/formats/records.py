"""Records to export, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from tests.formats.schema import check

from wireglass.formats import har
from wireglass.model import BodyRef, Detail, Headers, Record, Side, Summary


def record(
    request: bytes | None = None,
    response: bytes | None = None,
    *,
    request_headers: Headers | None = None,
    response_headers: Headers | None = None,
    **summary: Any,
) -> Record:
    """An exchange that went well; its bodies are to be given to ``export`` again."""
    whole: dict[str, Any] = {
        "method": "GET",
        "url": "http://example.test/a",
        "host": "example.test",
        "started": 1_700_000_000.25,
        "status": 200,
        "request_size": len(request or b""),
        "response_size": len(response or b""),
        "duration_ms": 5.0,
        "state": "done",
        "id": 1,
    }
    detail = Detail(
        target=b"/a",
        request_headers=request_headers or [],
        response_version="HTTP/1.1",
        reason=b"OK",
        response_headers=response_headers or [],
    )
    made = Summary(**whole | summary)
    return Record(made, detail, _ref(made.request_size, request), _ref(made.response_size, response))


def _ref(size: int, body: bytes | None) -> BodyRef:
    kept = len(body or b"")
    return BodyRef(size, kept, "00" if kept else "")


def with_detail(record: Record, **changes: Any) -> Record:
    return msgspec.structs.replace(record, detail=msgspec.structs.replace(record.detail, **changes))


def export(
    *records: Record, request: bytes = b"", response: bytes = b"", read: Callable[..., Iterator[bytes]] | None = None
) -> list[dict[str, Any]]:
    """The entries of a valid file; bodies come in pieces of 100,000 bytes."""

    def pieces(_record: Record, side: Side) -> Iterator[bytes]:
        body = request if side == "request" else response
        for at in range(0, len(body), 100_000):
            yield body[at : at + 100_000]

    made = b"".join(har(records, read or pieces, "1.0"))
    file = json.loads(made.decode("utf-8"))
    check(file)
    entries: list[dict[str, Any]] = file["log"]["entries"]
    return entries
