"""Parameters that many paths have, with the words that document them."""

from __future__ import annotations

import time
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter, SkipValidation

from wireglass.api.problem import BadBody, Problem
from wireglass.api.services import Services
from wireglass.errors import UnsupportedType
from wireglass.query import parse
from wireglass.query.tree import Node

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps as it is (RFC 8259 6)."""

Asked: TypeAlias = Request[Any, Any, Any]

T = TypeVar("T")

QUERY_LIMIT = 4096
"""Characters of a query."""

Api: TypeAlias = NamedDependency[SkipValidation[Services]]
Id: TypeAlias = Annotated[int, PathParameter(ge=1, le=LARGEST, description="The exchange's number.")]
SessionId: TypeAlias = Annotated[int, PathParameter(ge=1, le=LARGEST, description="The session's number.")]
Query: TypeAlias = Annotated[
    str,
    QueryParameter(
        name="query",  # a handler's argument of this name would be all parameters together
        max_length=QUERY_LIMIT,
        description="In the query language of `wireglass ls`; empty: everything.",
        required=False,
    ),
]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1000, description="At most so many.", required=False)]

_ERRORS = {
    400: "What was asked cannot be done as asked; `field` says which part of it.",
    401: "The token is missing or wrong.",
    403: "The request comes from a page of another origin.",
    404: "There is no such thing.",
    413: "The body is larger than it may be.",
    415: "The body is no JSON.",
    421: "The request's `Host` is not an address of this API.",
    422: "The file cannot be read; the message names the place.",
    426: "What is asked for is a WebSocket.",
    500: "A mistake in Wireglass, or the store cannot be read.",
    503: "A limit is reached, or Wireglass is stopping.",
    507: "There is no room in the store.",
}


def errors(*codes: int) -> dict[int, ResponseSpec]:
    """The documentation of errors, those that every path has included."""
    named = sorted({400, 401, 403, 421, 500, 503, *codes})
    return {
        code: ResponseSpec(data_container=Problem, description=_ERRORS[code], generate_examples=False) for code in named
    }


READ = errors()
READ_ONE = errors(404)
CHANGE = errors(413, 507)
CHANGE_ONE = errors(404, 413, 507)
SEND = errors(413, 415, 507)
"""With a body."""
SEND_ONE = errors(404, 413, 415, 507)


async def received(request: Asked, type: type[T]) -> T:
    """The JSON body of a request, read strictly: litestar's own reading takes 0 for false. Raises UsageError."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise UnsupportedType(f"The body is of type {media[:100]!r}.", "Send JSON, as application/json.")
    try:
        return msgspec.json.decode(await request.body(), type=type)
    except (msgspec.DecodeError, RecursionError) as error:
        reason, _, place = str(error).partition(" - at `")
        raise BadBody(f"The body cannot be read: {reason}.", place.removeprefix("$").strip("`.")) from None


def parsed(query: str) -> Node:
    """Raises QueryError."""
    return parse(query, time.time())
