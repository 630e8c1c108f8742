"""The API on a real store, served on a port of this machine by a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

import msgspec
from websockets.sync.client import ClientConnection, connect

from wireglass.app.home import Home
from wireglass.app.serving import Behind, api_served
from wireglass.capture import LocalControl, Sessions
from wireglass.errors import NotFound, UsageError
from wireglass.model import (
    Batch,
    Browser,
    Closed,
    Detail,
    Door,
    Environment,
    Headers,
    Message,
    Opened,
    OwnAddress,
    SessionOptions,
    Summary,
)
from wireglass.net import Authority
from wireglass.settings import Settings
from wireglass.store import open_store

TOKEN = "a-token-of-the-tests"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class TestDoors:
    """Doors that open nothing."""

    __test__ = False

    def __init__(self) -> None:
        self._doors = {1: Door(1, "regular@127.0.0.1:8080", "127.0.0.1:8080", "open")}

    def list(self) -> list[Door]:
        return list(self._doors.values())

    async def start(self, mode: str) -> Door:
        if not mode.startswith("regular@"):
            raise UsageError(f"{mode!r} is no mode.", "Write regular@HOST:PORT.")
        number = max(self._doors) + 1
        self._doors[number] = Door(number, mode, mode.removeprefix("regular@"), "open")
        return self._doors[number]

    async def open(self, id: int) -> Door:
        return self._change(id, "open")

    async def stop(self, id: int) -> Door:
        return self._change(id, "stopped")

    async def remove(self, id: int) -> None:
        self._find(id)
        if id == 1:
            raise UsageError("The first door stays.")
        del self._doors[id]

    def _change(self, id: int, state: Any) -> Door:
        self._doors[id] = msgspec.structs.replace(self._find(id), state=state)
        return self._doors[id]

    def _find(self, id: int) -> Door:
        if id not in self._doors:
            raise NotFound(f"There is no door {id}.")
        return self._doors[id]


class TestLaunch:
    """One browser, which is never started."""

    __test__ = False

    def __init__(self) -> None:
        self._browser = Browser("firefox", "Firefox", "/usr/bin/firefox")

    async def browsers(self) -> list[Browser]:
        return [self._browser]

    async def start_browser(self, name: str, url: str) -> Browser:
        if name != self._browser.name:
            raise NotFound(f"The browser {name!r} is not installed here.")
        self._browser = msgspec.structs.replace(self._browser, running=self._browser.running + 1)
        return self._browser

    async def environment(self) -> Environment:
        return Environment({"http_proxy": "http://127.0.0.1:8080", "grpc_proxy": None}, "", "")

    async def addresses(self) -> list[OwnAddress]:
        return [OwnAddress("192.0.2.1", "eth0", "network", None, None, "", "")]


class Api:
    """``with Api(folder) as api``. ``session`` records from the start."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", **settings: Any) -> None:
        self.home = Home(folder / "home")
        self.settings = Settings(home=self.home.path, **settings)
        self.notices: list[str] = []
        self._host = host
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._seq = 0
        self._key = 0
        self._keys: dict[int, int] = {}

    def __enter__(self) -> Self:
        self.home.make()
        self.authority = Authority.load_or_create(self.home.ca)
        self.store = open_store(self.home.store, lambda trouble: None)
        self.sessions = Sessions()
        self.control = LocalControl(self.store, self.home.store, self.sessions)
        self.session = self.control.start_session("test", "proxy", SessionOptions())
        self._run_number = self.store.begin_run()
        self._socket = socket.create_server((self._host, 0))
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        assert self._ready.wait(30)
        if self._failure is not None:
            self._thread.join(30)
            self.store.close()
            raise self._failure
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._thread.is_alive():
            return
        assert self._loop and self._stop
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self.store.close()
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._socket.close()
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        behind = Behind(
            self.home,
            self.store,
            self.control,
            TestDoors(),
            TestLaunch(),
            self.settings,
            TOKEN,
            self.authority.certificate_path,
        )
        async with api_served([self._socket], behind, self.notices.append):
            self._ready.set()
            await self._stop.wait()

    # asking

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = TOKEN,
        headers: dict[str, str] | None = None,
        below: str = "/api",
    ) -> Answer:
        """``path`` stands below ``below``; ``body``: bytes as they are, else JSON."""
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        data = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        if data is not None:
            fields["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, f"{below}{path}", data, fields | (headers or {}))
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.ask("GET", f"{path}?{urlencode(parameters, doseq=True)}" if parameters else path)
        assert answer.status == 200, answer
        return answer.json

    @contextlib.contextmanager
    def feed(self, query: str = "", after: int | None = None, **options: Any) -> Iterator[Said]:
        with connect(f"ws://127.0.0.1:{self.port}/api/feed", compression=None, **options) as socket:
            said = Said(socket)
            said.subscribe(query, after)
            yield said

    # recording

    def exchange(
        self,
        url: str = "http://a.test/",
        *,
        method: str = "GET",
        status: int | None = 200,
        type: str = "text/plain",
        request: bytes = b"",
        response: bytes = b"",
        request_headers: Headers | None = None,
        response_headers: Headers | None = None,
        key: int = 0,
        started: float = 0.0,
    ) -> None:
        """One that has ended; ``key``: that of one that was ``opened``."""
        summary = self._summary(url, method, started)
        ended = msgspec.structs.replace(
            summary,
            status=status,
            type=type,
            state="done" if status else "failed",
            error=None if status else "broken",
            error_kind=None if status else "upstream_closed",
            request_size=len(request),
            response_size=len(response),
            duration_ms=1.5,
        )
        detail = _detail(request_headers, response_headers or [(b"Content-Type", type.encode())])
        self.submit(
            Closed(
                key or self._next_key(),
                ended,
                detail,
                [request] if request else [],
                [response] if response else [],
                len(request),
                len(response),
            )
        )

    def exchanges(self, urls: Iterable[str]) -> None:
        """Ended ones in one batch: each batch waits for its commit."""
        closed = []
        for url in urls:
            summary = msgspec.structs.replace(self._summary(url, "GET", 0.0), status=200, state="done", duration_ms=1.5)
            closed.append(Closed(self._next_key(), summary, _detail(None, []), [], [], 0, 0))
        self.submit(*closed)

    def opened(self, url: str = "http://a.test/", method: str = "GET") -> int:
        key = self._next_key()
        self.submit(Opened(key, self._summary(url, method, 0.0), _detail(None, [])))
        return key

    def submit(self, *messages: Message) -> None:
        self._seq += 1
        done = threading.Event()
        self.store.submit(Batch(self._run_number, self._seq, list(messages)), (self.session.id,), done.set)
        assert done.wait(30)

    def _next_key(self) -> int:
        self._key += 1
        return self._run_number << 40 | self._key

    @staticmethod
    def _summary(url: str, method: str, started: float) -> Summary:
        host = url.split("/")[2]
        return Summary(method, url, host, started or time.time(), client="127.0.0.1:5")


def _detail(request: Headers | None, response: Headers | None) -> msgspec.Raw:
    detail = Detail(
        target=b"/",
        request_headers=request or [(b"Host", b"a.test")],
        response_version="HTTP/1.1" if response else "",
        reason=b"OK" if response else b"",
        response_headers=response or [],
    )
    return msgspec.Raw(msgspec.msgpack.encode(detail))


class Said:
    """A feed, read."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def subscribe(self, query: str = "", after: int | None = None, token: str = TOKEN) -> None:
        self.socket.send(json.dumps({"token": token, "query": query, "after": after}))

    def next(self, *kinds: str, seconds: float = 30) -> Any:
        """The next message of one of these kinds; heartbeats are passed over unless they are asked for."""
        deadline = time.monotonic() + seconds
        while True:
            message = json.loads(self.socket.recv(max(0.01, deadline - time.monotonic())))
            if message["type"] in kinds:
                return message
            assert message["type"] == "heartbeat", message

    def items(self, count: int) -> list[tuple[str, str | int]]:
        """(what, URL or id) of the next ``count`` items."""
        found: list[tuple[str, str | int]] = []
        while len(found) < count:
            for item in self.next("changes")["items"]:
                exchange = item.get("exchange")
                found.append((item["what"], exchange["url"] if exchange else item["id"]))
        return found
