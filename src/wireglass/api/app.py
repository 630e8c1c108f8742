"""The application: all paths, one error shape, and the guard in front of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar._asgi.routing_trie.types import RouteTrieNode
from litestar.di import Provide
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme

from wireglass import __version__
from wireglass.api import (
    bodies,
    connecting,
    days,
    downloads,
    exchanges,
    exporting,
    feed_messages,
    feed_socket,
    files,
    overview,
    queries,
    sessions,
    system,
    taking,
    web,
)
from wireglass.api.guard import Application, Guard, own_hosts
from wireglass.api.openapi import document
from wireglass.api.problem import Problem, problem_of
from wireglass.api.services import Services
from wireglass.api.shape import ExchangeShape
from wireglass.content.showing import Shown
from wireglass.errors import WireglassError
from wireglass.formats.code import Snippet
from wireglass.model import Browser, Door, Environment, Missing, OwnAddress, SavedFilter, Session
from wireglass.store import Count, Page, Usage

BODY_LIMIT = 4 * 2**20
"""Bytes of a request's body; an import has a limit of its own."""

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    # sent
    Problem,
    system.Status,
    Door,
    system.SettingShown,
    system.CertificateAuthority,
    Usage,
    Missing,
    SavedFilter,
    sessions.Removed,
    Session,
    sessions.SessionStats,
    Page,
    exchanges.Marked,
    ExchangeShape,
    Shown,
    bodies.MessagePage,
    bodies.ViewChoice,
    queries.Checked,
    Count,
    queries.Stats,
    overview.Overview,
    days.Day,
    days.Days,
    downloads.Download,
    exporting.SecretsPage,
    taking.CodeLanguage,
    Snippet,
    Browser,
    Environment,
    OwnAddress,
    feed_messages.Subscribed,
    feed_messages.Changes,
    feed_messages.Gap,
    feed_messages.Heartbeat,
    feed_messages.Failed,
    # received
    system.DoorStart,
    system.DoorChange,
    system.FilterToSave,
    system.Prune,
    connecting.BrowserStart,
    sessions.SessionStart,
    sessions.SessionChange,
    exchanges.MarkChange,
    exporting.ExportStart,
    feed_messages.Subscribe,
)

_PAGES = Path(__file__).parent / "pages"

_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

_CLIENT_LEFT = "client disconnected prematurely"
"""Of ``litestar.connection.Request.stream``."""

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_type"}
_HINTS = {
    404: "/api/docs lists the paths.",
    405: "/api/docs says which methods a path has.",
    413: "Send less at a time.",
}


def make_app(
    services: Services, address: tuple[str, int], *, remote: bool = False, origins: tuple[str, ...] = ()
) -> Application:
    """An ASGI application that answers at ``address`` (host and port, as bound). ``remote``: others may come as well,
    and so by names and addresses that are not loopback's; ``origins``: of the paired extension, which may read."""
    app = _litestar(services)
    return Guard(app, services.token, own_hosts(*address), port=address[1], remote=remote, origins=origins)


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document, as it is published."""
    return document(_litestar(None), STRUCTS)


def _litestar(services: Services | None) -> Litestar:
    def provided() -> Services:
        assert services is not None
        return services

    @functools.cache
    def published() -> bytes:
        return encoded(document(app, STRUCTS))

    @get("/api/openapi.json", include_in_schema=False, sync_to_thread=True)
    def get_openapi() -> Response[bytes]:
        return Response(published(), media_type=MediaType.JSON)

    app = Litestar(
        [
            Router(
                "/api",
                route_handlers=[
                    system.router,
                    sessions.router,
                    exchanges.router,
                    queries.router,
                    overview.router,
                    days.router,
                    files.router,
                    exporting.router,
                    taking.list_languages,
                    connecting.router,
                    feed_socket.router,
                ],
                security=[{"token": []}],
            ),
            get_openapi,
            *_pages(),
            *web.handlers,
        ],
        dependencies={"api": Provide(provided, sync_to_thread=False)},
        exception_handlers={
            WireglassError: _wireglass_error,
            HTTPException: _http_error,
            InternalServerException: _gone_or_mistake(services),
            Exception: _mistake(services),
        },
        request_max_body_size=BODY_LIMIT,
        openapi_config=OpenAPIConfig(
            title="Wireglass",
            version=__version__,
            description="Everything that Wireglass records, and everything that can be asked of it while it runs.",
            license=License(name="MIT", identifier="MIT"),
            components=Components(
                security_schemes={
                    "token": SecurityScheme(
                        type="http", scheme="bearer", description="The token in run.json of the running Wireglass."
                    )
                }
            ),
            path="/api/unused",
            render_plugins=[],
            use_handler_docstrings=True,
        ),
        logging_config=None,
        debug=False,
    )
    _without_options(app.asgi_router.root_route_map_node)
    return app


def _without_options(node: RouteTrieNode) -> None:
    """What litestar answers to OPTIONS by itself names a part of the methods alone; so it is 405, with all of them."""
    node.asgi_handlers.pop("OPTIONS", None)
    for child in node.children.values():
        _without_options(child)


def encoded(document: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _pages() -> list[Any]:
    def page(path: str, file: str, type: str) -> Any:
        content = (_PAGES / file).read_bytes()

        @get(path, include_in_schema=False, sync_to_thread=False)
        def shown() -> Response[bytes]:
            return Response(content, media_type=type, headers=_PAGE_HEADERS)

        return shown

    return [
        page("/api/docs", "docs.html", "text/html; charset=utf-8"),
        page("/api/docs.js", "docs.js", "text/javascript; charset=utf-8"),
        page("/api/docs.css", "docs.css", "text/css; charset=utf-8"),
    ]


def _wireglass_error(request: Request[Any, Any, Any], error: WireglassError) -> Response[Problem]:
    return _response(error.http_status, problem_of(error))


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    status = error.status_code
    field = ""
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        field = str(first.get("key", ""))
        detail = str(first.get("message", detail))
    code = _CODES.get(status, "usage" if status < 500 else "error")
    message = detail if status != 404 else f"There is nothing at {request.url.path[:200]!r}."
    problem = Problem(code, message, _HINTS.get(status, "/api/docs says what may stand here."), field)
    headers = error.headers
    if status == 405 and headers:
        headers = {"allow": ", ".join(name for name in headers["allow"].split(", ") if name.isupper())}
    return _response(status, problem, headers)


def _mistake(services: Services | None) -> Callable[[Request[Any, Any, Any], Exception], Response[Problem]]:
    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
        if services is not None:
            services.mistake(error)
        return _response(500, Problem("mistake", "Wireglass met a mistake of its own.", "Please report it."))

    return answer


def _gone_or_mistake(services: Services | None) -> Callable[[Request[Any, Any, Any], Exception], Response[Problem]]:
    """Litestar has one exception for its own mistakes, whose text is for nobody outside, and for a client that left in
    the middle of what it sent."""
    mistake = _mistake(services)

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
        if isinstance(error, HTTPException) and error.detail == _CLIENT_LEFT:
            return _response(400, Problem("client_closed", "The client left before all of the request was here."))
        return mistake(request, error)

    return answer


def _response(status: int, problem: Problem, headers: dict[str, str] | None = None) -> Response[Problem]:
    return Response(problem, status_code=status, headers=headers, media_type=MediaType.JSON)
