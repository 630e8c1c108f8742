"""/api/export, /api/downloads and /api/secrets: what a query finds, as a file, and where secrets are."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from wireglass import __version__
from wireglass.api.downloads import Download
from wireglass.api.parameters import (
    LARGEST,
    QUERY_LIMIT,
    READ,
    READ_ONE,
    SEND,
    Api,
    Asked,
    Limit,
    Query,
    parsed,
    received,
)
from wireglass.api.services import Services
from wireglass.errors import NotFound
from wireglass.formats import har
from wireglass.formats.redacted import redacted_records, secrets_of
from wireglass.model import Record
from wireglass.query import Node
from wireglass.redact import Finding, Found, Redactor
from wireglass.store import Reader

SECRETS_TIME = 2.0
"""Seconds that one look for secrets may take; what was found by then is given, and where to go on."""

_WINDOW = 20_000
"""Ids looked through by one query of the store."""

_PIECE = 256 * 1024


class ExportStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the parameters of `GET /api/export`."""

    query: Annotated[str, msgspec.Meta(max_length=QUERY_LIMIT)] = ""
    format: Literal["har"] = "har"
    secrets: Literal["redact", "keep"] = "redact"


class ExchangeSecrets(msgspec.Struct, frozen=True):
    """Where secrets are in one exchange, without any of them."""

    id: int
    count: int
    """More than are listed where there are many."""
    secrets: list[Finding]


class SecretsPage(msgspec.Struct, frozen=True):
    items: list[ExchangeSecrets]
    next: int | None
    """`after` of the next page; null at the end."""


@get(
    "/export",
    operation_id="exportExchanges",
    responses=READ,
    tags=["files"],
    media_type="application/json",
)
async def export(
    api: Api,
    wanted: Query = "",
    format: Annotated[Literal["har"], QueryParameter(description="HTTP Archive 1.2.", required=False)] = "har",
    secrets: Annotated[
        Literal["redact", "keep"],
        QueryParameter(description="redact: a placeholder in the place of each secret.", required=False),
    ] = "redact",
) -> Stream:
    """What a query finds, oldest first, as a file that browsers and other tools open. Secrets are redacted unless they
    are asked for."""
    return Stream(
        await _pieces(api, wanted, secrets),
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="wireglass.{format}"'},
    )


@post("/export", operation_id="startExport", opt={"body": ExportStart}, responses=SEND, tags=["files"], status_code=201)
async def start_export(api: Api, request: Asked) -> Download:
    """The same for a browser, which downloads a file without the token: at the address that this gives, once."""
    wanted = await received(request, ExportStart)
    return api.downloads.offer(await _pieces(api, wanted.query, wanted.secrets))


@get("/downloads/{name:str}", operation_id="fetchDownload", responses=READ_ONE, tags=["files"])
async def fetch_download(
    api: Api, name: Annotated[str, PathParameter(description="The end of the `path` of a download.")]
) -> Stream:
    """The file of a download that was begun, once. It needs no token."""
    # Without a name: that of the link counts.
    headers = {"content-disposition": "attachment"}
    return Stream(api.downloads.take(name), media_type="application/json", headers=headers)


async def _pieces(api: Services, query: str, secrets: Literal["redact", "keep"]) -> AsyncIterator[bytes]:
    node = parsed(query)

    def pieces(reader: Reader) -> Iterator[bytes]:
        return _together(_har(reader, node, api.redactor() if secrets == "redact" else None))

    return await api.readers.stream(pieces)


@get("/secrets", operation_id="listSecrets", responses=READ, tags=["queries"])
async def list_secrets(
    api: Api,
    wanted: Query = "",
    after: Annotated[
        int, QueryParameter(ge=0, le=LARGEST, description="Exchanges behind this one.", required=False)
    ] = 0,
    limit: Limit = 100,
) -> SecretsPage:
    """Where secrets are in what a query finds, oldest first: place, kind, length, and a hash that is the same for equal
    ones. Never the secrets."""
    node = parsed(wanted)
    return await api.readers.ask(lambda reader: _secrets(reader, node, api.redactor(), after, limit))


def _secrets(reader: Reader, node: Node, redactor: Redactor, after: int, limit: int) -> SecretsPage:
    deadline = time.monotonic() + SECRETS_TIME
    items: list[ExchangeSecrets] = []
    for record in _records(reader, node, after):
        found = secrets_of(record, reader.body, reader.timeline, redactor)
        if found.count:
            items.append(ExchangeSecrets(record.summary.id, found.count, found.items))
        if len(items) == limit or time.monotonic() > deadline:
            return SecretsPage(items, record.summary.id)
    return SecretsPage(items, None)


def _har(reader: Reader, node: Node, redactor: Redactor | None) -> Iterator[bytes]:
    records = _records(reader, node)
    if redactor is None:
        return har(records, reader.body, __version__, reader.timeline)
    parts = redacted_records(records, reader.body, reader.timeline, redactor, Found())
    return har(parts[0], parts[1], __version__, parts[2])


def _records(reader: Reader, node: Node, after: int = 0) -> Iterator[Record]:
    """Oldest first; what is recorded meanwhile is left out, or the end might never come."""
    newest = reader.newest_id()
    for first in range(after + 1, newest + 1, _WINDOW):
        for id in reader.matching_ids(node, first, min(first + _WINDOW - 1, newest)):
            try:
                yield reader.get(id)
            except NotFound:  # deleted meanwhile
                continue


def _together(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


router = Router("/", route_handlers=[export, start_export, fetch_download, list_secrets])
