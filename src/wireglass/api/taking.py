"""/api/languages and the code of an exchange: a request to send again, from a program or a shell."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.params import QueryParameter

from wireglass.api.parameters import READ, READ_ONE, Api, Id
from wireglass.errors import UsageError
from wireglass.formats.code import BY_ID, LANGUAGES, Request, Snippet, request_of
from wireglass.formats.redacted import redacted
from wireglass.redact import Found, Redactor
from wireglass.store import Reader


class CodeLanguage(msgspec.Struct, frozen=True):
    """A language or tool in which a request can be had as code."""

    id: str
    name: str
    syntax: str
    """How it is highlighted."""


_ALL = [CodeLanguage(language.id, language.name, language.syntax) for language in LANGUAGES]


@get("/languages", operation_id="listLanguages", responses=READ, sync_to_thread=False, tags=["exchanges"])
def list_languages() -> list[CodeLanguage]:
    """The languages of `/api/exchanges/{exchange_id}/code`, in the order of menus."""
    return _ALL


@get("/{exchange_id:int}/code", operation_id="getCode", responses=READ_ONE)
async def get_code(
    api: Api,
    exchange_id: Id,
    language: Annotated[
        str, QueryParameter(max_length=100, description="One of `/api/languages`.", required=False)
    ] = "curl",
    secrets: Annotated[
        Literal["keep", "redact"],
        QueryParameter(
            description="keep: the code does what the client did; redact: a placeholder in the place of each secret.",
            required=False,
        ),
    ] = "keep",
) -> Snippet:
    """The request as code that sends it again."""
    wanted = BY_ID.get(language)
    if wanted is None:
        raise UsageError(f"There is no language {language!r}.", f"There are {', '.join(BY_ID)}.")

    def write(reader: Reader) -> Snippet:
        return wanted.snippet(_request(reader, exchange_id, api.redactor() if secrets == "redact" else None))

    return await api.readers.ask(write)


def _request(reader: Reader, id: int, redactor: Redactor | None) -> Request:
    record = reader.get(id)
    if redactor is None:
        return request_of(record, lambda: reader.body(record, "request"))
    shared = redacted(record, reader.body, reader.timeline, redactor, Found())
    return request_of(shared.record, lambda: shared.body("request"))
