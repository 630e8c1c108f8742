"""The web UI: one page at each of its paths, and what it is made of. It is the same for everybody; what it shows it
asks the API for, with the token."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import Annotated, Any

from litestar import HttpMethod, Response, route
from litestar.params import PathParameter

from wireglass.api.web_files import HOW_TO_BUILD, asset, index
from wireglass.errors import NotFound

PATHS = (
    "/",
    "/compare",
    "/connect",
    "/history",
    "/missing",
    "/overview",
    "/sessions",
    "/settings",
    "/traffic",
)
"""Those of ``ui/src/shell/routes.ts``."""

ASSETS = "/assets/"

_READ = [HttpMethod.GET, HttpMethod.HEAD]

_PAGE = {
    # `blob:` frames and images are the previews of bodies; nothing inline, so what a body smuggles in does not run.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}

_FOR_LONG = {"cache-control": "public, max-age=31536000, immutable"}
"""The names hold a hash of the content."""

# litestar adds the charset to those of text.
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

_MISSING = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Wireglass: the web UI is not built</title>
<h1>The web UI is not built</h1>
<p>Wireglass records all the same, and <code>wireglass ls</code> shows what.
{HOW_TO_BUILD} Then load this page again.</p>
<p>The API is there: <a href="/api/docs">/api/docs</a></p>
</html>
""".replace("`make setup`", "<code>make setup</code>")


@route(list(PATHS), http_method=_READ, include_in_schema=False)
async def page() -> Response[bytes]:
    content = await asyncio.to_thread(index)
    if content is None:
        return Response(_MISSING.encode(), status_code=503, media_type="text/html")
    return Response(content, media_type="text/html", headers=_PAGE)


@route("/assets/{name:str}", http_method=_READ, include_in_schema=False)
async def page_asset(name: Annotated[str, PathParameter()]) -> Response[bytes]:
    content = await asyncio.to_thread(asset, name)
    if content is None:
        raise NotFound(f"The web UI has no file {name[:200]!r}.", "Load the page again: it may have been built anew.")
    media = _TYPES.get(PurePath(name).suffix, "application/octet-stream")
    return Response(content, media_type=media, headers=_FOR_LONG)


handlers: list[Any] = [page, page_asset]
