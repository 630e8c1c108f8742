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

EXCHANGE = "/exchange/"
"""Below it each exchange has its page."""

ASSETS = "/assets/"

PREVIEW = "/preview"
"""The frame in which the UI shows captured pages. It has no script of its own, and is the same for everybody: what is
shown stays in the browser, as a frame in this frame (``srcdoc``), which takes over the policy of this one."""

_READ = [HttpMethod.GET, HttpMethod.HEAD]

_PAGE = {
    # `blob:` images are captured ones; nothing inline, so what a body smuggles in does not run.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}

_PREVIEW = {
    # Styles may be inline, as captured pages have them; nothing runs, nothing is loaded, nothing is sent, and a link or
    # a refresh leads nowhere (`frame-src` holds for where a frame goes by itself).
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
    "x-dns-prefetch-control": "off",
}

_PREVIEW_PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Preview</title>
<style>html, body, iframe { display: block; width: 100%; height: 100%; margin: 0; border: 0; background: #fff }</style>
</html>
"""

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
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Wireglass: the web UI is not built</title>
<style>body {{ max-width: 40em; margin: 20vh auto 0; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif }}</style>
<h1>The web UI is not built</h1>
<p>Wireglass records all the same, and <code>wireglass ls</code> shows what.
{HOW_TO_BUILD} Then load this page again.</p>
<p>The API is there: <a href="/api/docs">/api/docs</a></p>
</html>
""".replace("`make setup`", "<code>make setup</code>")


@route([*PATHS, f"{EXCHANGE}{{exchange_id:int}}"], http_method=_READ, include_in_schema=False)
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


@route(PREVIEW, http_method=_READ, include_in_schema=False)
async def preview() -> Response[bytes]:
    return Response(_PREVIEW_PAGE, media_type="text/html", headers=_PREVIEW)


handlers: list[Any] = [page, page_asset, preview]
