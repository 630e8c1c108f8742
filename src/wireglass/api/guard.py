"""Who may ask: stands before everything else of the API and knows nothing of what it does.

A web page in the user's browser can send requests to any port of this machine. What keeps it out: it does not know
the token; the ``Host`` it sends is a name (DNS rebinding) or its ``Origin`` is another; and there is no cookie that a
browser would add by itself (RFC 6265 8.5: cookies do not keep ports apart).
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

import msgspec

from wireglass.api import web
from wireglass.api.problem import Problem

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
"""Of ASGI 3 (https://asgi.readthedocs.io/en/latest/specs/main.html)."""

OPEN = frozenset(
    {"/favicon.ico", "/api/docs", "/api/docs.js", "/api/docs.css", "/api/openapi.json", web.PREVIEW, *web.PATHS}
)
"""What is the same for everybody, and so needs no token: nothing of a record is there."""

FEED = "/api/feed"
"""A WebSocket's token is in its first message: browsers let no page set headers there."""

DOWNLOADS = "/api/downloads/"
"""Below it are files whose names nobody can guess, each for one request: a browser that downloads sends no token."""

_METHODS = b"GET, POST, PUT, PATCH, DELETE"

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)

_NO_TOKEN = Problem(
    "no_token",
    "This needs the token of the running Wireglass.",
    "Send it as `Authorization: Bearer TOKEN`; it is in run.json in the home, and in the address that `up` prints on a "
    "terminal.",
)


def own_hosts(host: str, port: int) -> frozenset[str]:
    """The values of ``Host`` that mean us, for what listens at ``host``: its own name and those of loopback."""
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host.lower()}
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


def is_token(given: str, token: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


class Guard:
    """An ASGI application around another one."""

    def __init__(
        self,
        app: Application,
        token: str,
        hosts: Iterable[str],
        *,
        port: int,
        remote: bool,
        origins: Iterable[str] = (),
    ) -> None:
        """``hosts``: ``own_hosts``; ``remote``: others may come as well, by any IP address that is ours (an address
        cannot be rebound, a name can); ``origins``: foreign ones that may read, of the extension."""
        self._app = app
        self._token = token
        self._hosts = frozenset(hosts)
        self._port = port
        self._remote = remote
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        fields = _Fields(scope["headers"])
        refused = self._why_refused(scope, fields)
        origin = fields.one(b"origin")
        foreign = origin if origin in self._origins and refused is None else None
        sending = _with_headers(send, foreign)
        if refused is not None:
            await _answer(scope, receive, sending, *refused)
        elif foreign and scope["type"] == "http" and scope["method"] == "OPTIONS":
            await _preflight(sending, fields)
        elif self._needs_token(scope) and not is_token(_bearer(fields.one(b"authorization")), self._token):
            await _answer(scope, receive, sending, 401, _NO_TOKEN)
        else:
            await self._app(scope, receive, sending)

    def _needs_token(self, scope: Scope) -> bool:
        path = scope["path"]
        if scope["type"] == "websocket":
            return path not in OPEN and path != FEED
        return path not in OPEN and not path.startswith((web.ASSETS, web.EXCHANGE, DOWNLOADS))

    def _why_refused(self, scope: Scope, fields: _Fields) -> tuple[int, Problem] | None:
        host = fields.one(b"host").lower()
        if not self._is_ours(host):
            return 421, Problem(
                "wrong_host",
                f"The request is for {host[:200]!r}, which is not an address of this API.",
                f"Ask for http://127.0.0.1:{self._port}/.",
                "Host",
            )
        origin = fields.one(b"origin")
        # A browser leaves Origin out of GETs that read nothing across origins (image, script, link), and says in
        # Sec-Fetch-Site where they came from (https://www.w3.org/TR/fetch-metadata/).
        site = fields.one(b"sec-fetch-site")
        if origin:
            foreign = origin.lower() != f"http://{host}" and origin not in self._origins
        else:
            foreign = site in ("cross-site", "same-site") and not self._is_visit(fields)
        if foreign:
            return 403, Problem(
                "wrong_origin",
                f"A page of {origin[:200] or 'another site'!r} must not use this API.",
                "Open the address that `wireglass up` prints.",
                "Origin",
            )
        return None

    def _is_visit(self, fields: _Fields) -> bool:
        """A link that is followed: shows a page of ours, and tells the other site nothing."""
        return fields.one(b"sec-fetch-mode") == "navigate" and fields.one(b"sec-fetch-dest") == "document"

    def _is_ours(self, host: str) -> bool:
        if host in self._hosts:
            return True
        if not self._remote:
            return False
        name, colon, port = host.rpartition(":")
        if not colon or port != str(self._port):
            return False
        try:
            ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
        except ValueError:
            return False
        return True


class _Fields:
    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            self._values.setdefault(name.lower(), []).append(value)

    def one(self, name: bytes) -> str:
        """Empty where there is none; of several nobody can say which counts, and so all of them with commas."""
        return b", ".join(self._values.get(name, ())).decode("latin-1").strip()


def _bearer(value: str) -> str:
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _with_headers(send: Send, foreign: str | None) -> Send:
    """Every response gets the headers that it has not set itself."""

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = list(message.get("headers", ()))
            there = {name.lower() for name, _ in headers}
            headers += [field for field in _HEADERS if field[0] not in there]
            if foreign:
                headers += [(b"access-control-allow-origin", foreign.encode()), (b"vary", b"Origin")]
            message["headers"] = headers
        await send(message)

    return sending


async def _preflight(send: Send, fields: _Fields) -> None:
    headers = [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", b"authorization, content-type"),
        (b"access-control-max-age", b"600"),
    ]
    if fields.one(b"access-control-request-private-network") == "true":
        headers.append((b"access-control-allow-private-network", b"true"))
    await send(_start("http.response.start", 204, headers))
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _answer(scope: Scope, receive: Receive, send: Send, status: int, problem: Problem) -> None:
    body = msgspec.json.encode(problem)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="wireglass"'))
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        kind = "websocket.http.response"
    await send(_start(f"{kind}.start", status, headers))
    await send({"type": f"{kind}.body", "body": body, "more_body": False})


def _start(type: str, status: int, headers: list[tuple[bytes, bytes]]) -> Message:
    return {"type": type, "status": status, "headers": headers}
