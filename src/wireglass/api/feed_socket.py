"""/api/feed: the WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from litestar import Router, get, websocket
from litestar.connection import WebSocket
from litestar.exceptions import WebSocketDisconnect

from wireglass.api.feed import frame
from wireglass.api.feed_messages import Failed, Subscribe
from wireglass.api.parameters import Api, errors, parsed
from wireglass.api.problem import Problem, problem_of
from wireglass.api.services import Services
from wireglass.errors import UpgradeWanted, WireglassError
from wireglass.net import spawn
from wireglass.query.tree import Node

FIRST_MESSAGE = 10.0
"""Seconds until the first message, with the token."""

MOST = 200
"""Connections at a time that have shown the token; and as many that have not."""

# RFC 6455 7.4.2: codes of our own begin at 4000.
BAD_SUBSCRIPTION = 4400
UNAUTHORIZED = 4401
TOO_MANY = 4429
MISTAKE = 1011

_decode = msgspec.json.Decoder(Subscribe).decode


@get("/feed", operation_id="feed", responses=errors(426), tags=["feed"], status_code=200)
async def get_feed() -> None:
    """Changes as they come, over a WebSocket (RFC 6455). The first message is a `Subscribe` with the token; every
    answer is one of the messages named `Subscribed`, `Changes`, `Gap`, `Heartbeat` and `Failed`."""
    raise UpgradeWanted("The feed is a WebSocket.", "Connect to it with ws:// in place of http://.")


@websocket("/feed")
async def feed(socket: WebSocket[Any, Any, Any], api: Api) -> None:
    await socket.accept()
    if len(api.waiting) >= MOST:
        await socket.close(TOO_MANY, f"{MOST} connections have not sent the token yet")
        return
    conversation = _Conversation(api, socket)
    api.waiting.add(conversation)
    try:
        with contextlib.suppress(WebSocketDisconnect, OSError):
            await conversation.run()
    finally:
        api.waiting.discard(conversation)
        api.attending.discard(conversation)


class _Conversation:
    """With one client, until one of both ends it."""

    def __init__(self, api: Services, socket: WebSocket[Any, Any, Any]) -> None:
        self._api = api
        self._socket = socket
        self._told: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            async with asyncio.timeout(FIRST_MESSAGE):
                first = await self._socket.receive_data("text")
        except TimeoutError:
            await self._socket.close(UNAUTHORIZED, "the token did not come")
            return
        text: str | bytes = first
        known = False
        try:
            while True:
                node_or_problem = self._read(text, known=known)
                if isinstance(node_or_problem, Problem):
                    if not known and node_or_problem.code == "no_token":
                        await self._socket.close(UNAUTHORIZED, "the token is wrong")
                        return
                    await self._send(frame(Failed(node_or_problem)))
                    if self._told is None:
                        await self._socket.close(BAD_SUBSCRIPTION, "nothing is subscribed")
                        return
                else:
                    if not known and not await self._is_let_in():
                        return
                    known = True
                    await self._stop()
                    node, after = node_or_problem
                    self._told = spawn(self._tell(node, after))
                text = await self._socket.receive_data("text")
        finally:
            await self._stop()

    async def _is_let_in(self) -> bool:
        self._api.waiting.discard(self)
        if len(self._api.attending) >= MOST:
            await self._socket.close(TOO_MANY, f"{MOST} feeds are open already")
            return False
        self._api.attending.add(self)
        return True

    def _read(self, text: str | bytes, *, known: bool) -> tuple[Node, int | None] | Problem:
        try:
            wanted = _decode(text)
        except msgspec.DecodeError as error:
            return Problem("bad_message", f"That is no Subscribe: {error}.", "Send {token, query, after} as JSON.")
        if not known and not self._api.is_token(wanted.token):
            return Problem("no_token", "The token is missing or wrong.")
        try:
            return parsed(wanted.query), wanted.after
        except WireglassError as error:
            return problem_of(error)

    async def _tell(self, node: Node, after: int | None) -> None:
        try:
            await self._api.feed.attend(node, after, self._send)
        except WireglassError as error:
            with contextlib.suppress(WebSocketDisconnect, OSError):
                await self._send(frame(Failed(problem_of(error))))
                await self._socket.close(MISTAKE, error.code)
        except (WebSocketDisconnect, OSError):  # uvicorn's ClientDisconnected is an OSError
            pass
        except Exception as error:  # whatever it was, this client must not wait for ever
            self._api.mistake(error)
            with contextlib.suppress(Exception):
                await self._socket.close(MISTAKE, "a mistake in Wireglass")

    async def _stop(self) -> None:
        if self._told is not None:
            self._told.cancel()
            await asyncio.wait([self._told])
            self._told = None

    async def _send(self, text: str) -> None:
        await self._socket.send({"type": "websocket.send", "text": text, "bytes": None})


router = Router("/", route_handlers=[get_feed, feed])
