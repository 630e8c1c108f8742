"""Lists, searches and counts over stores of several sizes, as they are for one who works with them.

Everything runs that runs for a user: the program with its indexer on that home, two sessions (one with a filter), live
traffic through the proxy, a subscriber of the feed. Each thing is asked ``RUNS`` times, of another value each time
where there are several, through the API and through a ``Reader`` in a process of its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from bench import load, million, tools
from bench.api import Api
from bench.origin import Nginx
from bench.subscribers import subscribed
from wireglass.query import parse
from wireglass.store import Reader
from wireglass.store.search.find import _cursor

SIZES = (10_000, 100_000)
"""The default; a million takes some ten minutes to be made and indexed."""

RUNS = 20
PAGE = 100
RATE = 200.0
"""Requests a second through the proxy meanwhile."""

FILTER = "status:200 type:json size:>1k"
"""Of the second session: keeps some 40 of 100 of what the origin answers."""

APPROXIMATE = 0.1
"""Seconds a count is given to say about how many."""

EXACT = 60.0
"""Seconds it is given to say exactly how many, and for all runs of one of them together."""

MEMORY = 300_000_000
OPEN = 1000.0
_INDEXED = 3600.0


class Times(msgspec.Struct):
    """Milliseconds, of ``runs``."""

    p50: float
    p95: float
    runs: int


class Measure(msgspec.Struct):
    """One thing that was asked."""

    name: str
    wanted: float
    """Milliseconds; 0: nothing was said about it."""
    api: Times | None
    reader: Times | None
    found: float
    """Rows of a page, or what was counted, on average."""


class Counted(msgspec.Struct):
    """How a count comes about."""

    name: str
    api: Times
    api_exact: bool
    api_off: float
    """How much the last answer was from the exact one, as a share of it; likewise ``off``."""
    about: Times
    """Given ``APPROXIMATE`` seconds."""
    off: float
    exact: Times | None
    """None: not within ``EXACT``."""
    number: int


class Size(msgspec.Struct):
    """One store."""

    exchanges: int
    """Made; what came meanwhile is besides."""
    live: int
    made: float
    """Seconds; 0: it was there."""
    indexed: float
    """Seconds from the start of the program until everything was in the index; 0: it was there."""
    started: float
    """Milliseconds from starting the program until it said that it runs."""
    database: int
    """Bytes, of database and write-ahead log; likewise the index."""
    index: int
    memory: int
    """Resident bytes of the main process at the end, and the most it ever had."""
    most_memory: int
    indexer_memory: int
    lag_p50: float
    """Changes that the index had not seen, at each page asked of the API."""
    lag_most: int
    measures: list[Measure]
    counts: list[Counted]


def measure(folder: Path, server: Nginx, size: int, runs: int, ready: Path | None) -> Size:
    """``ready``: a store of that size, perhaps indexed, which is copied."""
    store = folder / "home" / "store"
    _refuse_without_room(folder, size)
    store.parent.mkdir(mode=0o700)
    made = make_store(store, size, ready)
    tool = tools.Wireglass()
    begun = time.monotonic()
    port = tool.start(folder, server)
    started = 1000 * (time.monotonic() - begun)
    try:
        api = Api(tool.run.api, tool.run.token)
        indexed = time.monotonic() - begun if await_index(api) else 0.0
        api.post("/api/sessions", {"name": "filtered", "options": {"filter": FILTER}})
        with _traffic(port, server.plain) as stop, subscribed(tool.run.api, tool.run.token, 1, stalled=False) as one:
            asking = _Asking(api, store, size, runs)
            measures = asking.measures()
            counts = asking.counts()
            asking.close()
            live = stop()
            if one.finish(int(api.get("/api/status")["seq"])).heard[0][0].failed:
                raise RuntimeError("the subscriber of the feed was lost")
        pids = tool.processes()
        return Size(
            size,
            live,
            made,
            indexed,
            started,
            _bytes(store, "wireglass.db"),
            _bytes(store, "search.db"),
            tools.memory(pids["main"]),
            tools.memory(pids["main"], "VmHWM"),
            tools.memory(pids["indexer"]),
            *asking.lag(),
            measures,
            counts,
        )
    finally:
        tool.stop()


class _Asking:
    """What is asked, of one running Wireglass."""

    def __init__(self, api: Api, store: Path, size: int, runs: int) -> None:
        self._api = api
        self._store = store
        self._size = size
        self._runs = runs
        self._reader = Reader(store)
        self._random = random.Random(1)
        self._lags: list[int] = []

    def close(self) -> None:
        self._reader.close()

    def lag(self) -> tuple[float, int]:
        ordered = sorted(self._lags)
        return ordered[len(ordered) // 2], ordered[-1]

    def measures(self) -> list[Measure]:
        newest = self._reader.newest_id()
        choose = self._random.choice
        sessions = [one.name for one in self._reader.sessions() if one.name.startswith("million")]
        hosts = million.HOSTS
        some = [self._random.randrange(self._size) + 1 for _ in range(self._runs)]
        rare = [f'"order {number:09d}"' for number in some]
        values = [f"header:x-request-id={value}" for id in some if (value := self._request_id(id))]
        mixed = [f"host:{choose(hosts)} status:{choose(('4xx', '5xx'))} type:json method:GET" for _ in some]
        return [
            self._opening(),
            self._pages("page at the start", 50, [""], [""]),
            self._pages("page in the middle", 50, [""], [_before(newest // 2 + at) for at in range(self._runs)]),
            self._pages("page at the end", 50, [""], [_before(PAGE + 1 + at) for at in range(self._runs)]),
            self._pages("status", 100, [f"status:{one}" for one in million.STATUSES[1:]]),
            self._pages("host", 100, [f"host:{host}" for host in hosts]),
            self._pages("method", 100, [f"method:{method}" for method in million.METHODS[1:]]),
            self._pages("host, status, type, method", 100, mixed),
            self._pages("a session", 100, [f'session:"{name}"' for name in sessions]),
            self._pages("a session and a status", 100, [f'session:"{name}" status:5xx' for name in sessions]),
            self._pages("the session with a filter", 100, ["session:filtered"]),
            self._pages("text: in one body", 200, rare),
            self._pages("text: in ten", 200, ["needleten"]),
            self._pages("text: in one of 1,000", 200, ["needlethousand"]),
            self._pages("text: in most", 200, list(million.WORDS)),
            self._pages("text: nowhere", 200, [f'"order {10**8 + number:09d} none"' for number in some]),
            self._pages("header value: in one", 200, values),
            self._pages("header value: in a third", 200, ["header:cache-control=max-age=3600"]),
        ]

    def counts(self) -> list[Counted]:
        return [
            self._count("everything", ""),
            self._count("status", "status:4xx"),
            self._count("host, status", "host:api.example.com status:5xx"),
            self._count("text: in one of 1,000", "needlethousand"),
            self._count("text: in most", "customer"),
        ]

    def _opening(self) -> Measure:
        times = []
        for _ in range(self._runs):
            begun = time.perf_counter()
            with Reader(self._store) as reader:
                reader.page(1)
            times.append(time.perf_counter() - begun)
        return Measure("opening (reader, first row)", OPEN, None, _times(times), 1)

    def _pages(self, name: str, wanted: float, queries: list[str], cursors: list[str] | None = None) -> Measure:
        """First pages of ``queries``, in turn; or of one, behind each of ``cursors``."""
        api, reader, rows = [], [], 0
        for number in range(self._runs):
            query = queries[number % len(queries)]
            cursor = cursors[number % len(cursors)] if cursors else ""
            taken, answer = self._api.timed("/api/exchanges", query=query, limit=PAGE, cursor=cursor)
            api.append(taken)
            page = msgspec.json.decode(answer)
            self._lags.append(page["lag"]["changes"])
            rows += len(page["items"])
            begun = time.perf_counter()
            self._reader.find(parse(query, time.time()), PAGE, cursor or None)
            reader.append(time.perf_counter() - begun)
        return Measure(name, wanted, _times(api), _times(reader), rows / self._runs)

    def _count(self, name: str, query: str) -> Counted:
        node = parse(query, time.time())
        api, about = [], []
        exact: list[float] = []
        api_exact = True
        for _ in range(self._runs):
            taken, answer = self._api.timed("/api/count", query=query)
            api.append(taken)
            said = msgspec.json.decode(answer)
            api_exact &= said["exact"]
        for _ in range(self._runs):
            begun = time.perf_counter()
            first = self._reader.count(node, APPROXIMATE)
            about.append(time.perf_counter() - begun)
        deadline = time.monotonic() + EXACT
        counted = first
        while len(exact) < self._runs and (not exact or time.monotonic() < deadline):
            begun = time.perf_counter()
            counted = self._reader.count(node, EXACT)
            if not counted.exact:
                break
            exact.append(time.perf_counter() - begun)
        return Counted(
            name,
            _times(api),
            api_exact,
            _off(said["exchanges"], counted.exchanges),
            _times(about),
            _off(first.exchanges, counted.exchanges),
            _times(exact) if exact else None,
            counted.exchanges,
        )

    def _request_id(self, id: int) -> str:
        headers = self._reader.get(id).detail.response_headers
        return next((value.decode("latin-1") for name, value in headers if name.lower() == b"x-request-id"), "")


def _off(said: int, true: int) -> float:
    return abs(said - true) / max(true, 1)


def _before(id: int) -> str:
    """What a page that ended with this exchange gives for the next."""
    return _cursor(id, oldest_first=False)


def _times(seconds: list[float]) -> Times:
    ordered = sorted(seconds)
    return Times(
        1000 * ordered[len(ordered) // 2],
        1000 * ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)],
        len(ordered),
    )


def make_store(store: Path, size: int, ready: Path | None) -> float:
    if ready is not None:
        subprocess.run(["cp", "-a", "--reflink=auto", f"{ready}/", str(store)], check=True)
        return 0.0
    begun = time.monotonic()
    # In a process of its own: what filling takes up must not be measured here.
    subprocess.run([sys.executable, million.__file__, str(size), str(store)], check=True)
    return time.monotonic() - begun


def await_index(api: Api) -> bool:
    """False where it was complete at once."""
    waited = False
    deadline = time.monotonic() + _INDEXED
    while True:
        lag = api.get("/api/exchanges", limit=1)["lag"]
        if lag["ready"] and not lag["changes"]:
            return waited
        if time.monotonic() > deadline:
            raise RuntimeError(f"the index is still {lag['changes']:,} changes behind after {_INDEXED:g} s")
        waited = True
        time.sleep(0.5)


@contextmanager
def _traffic(proxy: int, origin: int) -> Iterator[Callable[[], int]]:
    """``RATE`` requests a second from another process; what it gives ends them, and says how many were answered."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_ask_on, args=(load.Target(proxy, origin, tls=False, prefix="/search"), theirs), daemon=True
    )
    process.start()
    theirs.close()
    if not ours.poll(30):
        raise RuntimeError("the traffic could not begin")
    ours.recv()

    def stop() -> int:
        ours.send("stop")
        return int(ours.recv())

    try:
        yield stop
    finally:
        process.kill()
        process.join()


def _ask_on(target: load.Target, pipe: Connection) -> None:
    pipe.send("begun")
    pipe.send(load.pace(target, RATE, lambda: not pipe.poll()).answered)


def _bytes(store: Path, name: str) -> int:
    total = 0
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            total += (store / f"{name}{suffix}").stat().st_size
    return total


def _refuse_without_room(folder: Path, size: int) -> None:
    wanted = size * 5_000 + 1_000_000_000
    if (free := shutil.disk_usage(folder).free) < wanted:
        raise RuntimeError(
            f"{wanted / 1e9:.1f} GB are needed in {folder} for {size:,} exchanges, {free / 1e9:.1f} are free"
        )
