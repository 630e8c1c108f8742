"""/api/import and /api/export: whole files; and where secrets are."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.params import QueryParameter

from wireglass.api.parameters import Api, errors
from wireglass.api.sessions import NAME_LIMIT
from wireglass.errors import ClientClosed, StoreFull, TooLarge, UsageError
from wireglass.model import Session
from wireglass.net import spawn

IMPORT_LIMIT = 4 * 2**30
"""Bytes of a file that is taken in."""

_HELD = 2**20


@post(
    "/import",
    operation_id="importFile",
    responses=errors(413, 422, 507),
    tags=["files"],
    status_code=201,
    request_max_body_size=None,
)
async def import_file(
    api: Api,
    request: Request[Any, Any, Any],
    session: Annotated[
        str,
        QueryParameter(max_length=NAME_LIMIT, description="Name of its session; empty: one is made.", required=False),
    ] = "",
) -> Session:
    """Take in a HAR 1.2 file, the body of this request, into a session of its own: wholly or not at all."""
    try:
        descriptor, name = await asyncio.to_thread(tempfile.mkstemp, ".har", "upload-", api.tmp)
    except OSError as error:
        raise _no_room(api.tmp, error) from error
    path = Path(name)
    try:
        try:
            size = await _received(request, descriptor)
        except OSError as error:
            raise _no_room(api.tmp, error) from error
        if size == 0:
            raise UsageError("There is no file in this request.", "Send the HAR file as its body.")
        gone = threading.Event()
        waiting = spawn(_gone(request, gone))
        try:
            return await api.change_long(lambda control: control.import_file(path, session, partial(_go_on, gone)))
        finally:
            gone.set()  # also where this ends because Wireglass does, and nobody waits for the import any more
            waiting.cancel()
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _gone(request: Request[Any, Any, Any], gone: threading.Event) -> None:
    """Waits until the client leaves: whoever breaks an import off wants nothing of it to stay."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _go_on(gone: threading.Event, _done: int, _of: int) -> None:
    if gone.is_set():
        raise ClientClosed("The import was broken off: who sent the file has gone.")


def _no_room(folder: Path, error: OSError) -> StoreFull:
    return StoreFull(
        f"The file cannot be put into {folder} first: {error.strerror or error}.", "Make room on that disk."
    )


async def _received(request: Request[Any, Any, Any], descriptor: int) -> int:
    """The bytes of the body, which are in the file of ``descriptor`` then; that is closed."""
    size = 0
    held = bytearray()
    with os.fdopen(descriptor, "wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > IMPORT_LIMIT:
                raise TooLarge(
                    f"The file has more than {IMPORT_LIMIT} bytes.", "Import it in parts: each is a session of its own."
                )
            held += chunk
            if len(held) >= _HELD:
                await asyncio.to_thread(file.write, bytes(held))
                held.clear()
        await asyncio.to_thread(file.write, bytes(held))
    return size


router = Router("/", route_handlers=[import_file])
