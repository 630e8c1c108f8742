"""Nothing lost: what the origin answered more than a second before a kill is in the store afterwards.

A hundred SIGKILLs at random moments under load, on the same homes over and over; the origin's log is the witness.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.peers.client import Client
from tests.peers.http import Ended
from tests.peers.origin import Call, Origin
from tests.peers.program import Row, Wireglass, alive
from tests.peers.waiting import wait_for

pytestmark = pytest.mark.alone

KILLS = 100
HOMES = 4
"""At the same time, because a round is mostly waiting for its moment; the kills are shared out among them."""
CLIENTS = 8
GRACE = 1.0
"""Seconds: what was answered longer ago than this is safe."""
WAYS = (("main",), ("proxy",), ("main", "proxy"))


class Load:
    """Clients that ask one after the other until they are stopped. Every URL is new."""

    def __init__(self, proxy: str, origin: Origin, prefix: str) -> None:
        self._proxy = proxy
        self._origin = origin
        self._prefix = prefix
        self._stop = threading.Event()
        self._pace = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(name,), daemon=True) for name in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._pace.set()
        for thread in self._threads:
            thread.join(20)

    def _work(self, name: int) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                with Client(self._proxy, timeout=5) as client:
                    while not self._stop.is_set():
                        client.get(f"{self._origin.url}/{self._prefix}/{name}/{number}")
                        number += 1
                        # A moderate pace: the origin is written in Python as well, and shares the processor.
                        self._pace.wait(0.01)
            except (Ended, OSError):
                number += 1
                if self._pace.wait(0.02):
                    return


def content(path: str) -> bytes:
    size = 500_000 if path.endswith("00") else 300 * (len(path) + path.count("7"))
    return path.encode() + b"\n" + b"x" * size


def answer(call: Call) -> None:
    body = content(call.path)
    call.send_many(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body), 1)


def test_a_hundred_kills(start: Callable[..., Wireglass], tmp_path: Path) -> None:
    """Main process alone, proxy alone, both together, in turn. After each kill of the main process the next start
    replays; after each kill of a proxy alone the main process has to replace it on the same port."""
    seed = int(os.environ.get("SEED", "") or time.time_ns() % 1_000_000)
    print(f"seed {seed} (SEED={seed} repeats it)")
    with ThreadPoolExecutor(HOMES) as homes:
        for _ in homes.map(lambda home: _kills(start, tmp_path / f"home-{home}", seed, home), range(HOMES)):
            pass


def _kills(start: Callable[..., Wireglass], home: Path, seed: int, first: int) -> None:
    """Every ``HOMES``-th of the kills, from number ``first`` on."""
    chance = random.Random(f"{seed} {first}")
    expected: set[str] = set()
    program = start(home=home)
    for number in range(first, KILLS, HOMES):
        way = WAYS[number % len(WAYS)]
        safe = _kill_under_load(program, way, chance.uniform(1.15, 1.6), number)
        assert safe, f"round {number} had no answer that counts"
        expected |= safe
        if "main" in way:
            program = start(home=home)
    program.stop()
    rows = program.ls()
    lost = sorted(expected - {row.url for row in rows if row.state == "done"})
    print(f"{home.name}: {len(expected):,} exchanges had to be there, {len(rows):,} rows are")
    assert not lost, f"seed {seed}: {len(lost)} lost, such as {lost[:5]}"
    assert not [row for row in rows if row.state == "open"], "nothing stays open"
    assert len({row.url for row in rows}) == len(rows), "nothing is there twice"
    _opens_clean(home)
    had_to_be = [row for row in rows if row.url in expected]
    large = [row for row in had_to_be if row.response_size > 400_000]
    _bodies_are_whole(program, chance.sample(had_to_be, 30 // HOMES) + large[: 10 // HOMES])


def _kill_under_load(program: Wireglass, way: tuple[str, ...], seconds: float, number: int) -> set[str]:
    """One round: load for ``seconds``, then the kill. The URLs that have to be in the store."""
    with Origin() as origin:
        origin.default = answer
        load = Load(program.proxy, origin, f"k{number}")
        moment = time.monotonic() + seconds
        wait_for(lambda: time.monotonic() >= moment, "the moment of the kill", seconds + 1)
        old = program.pids
        killed = time.time()
        program.kill(*way)
        if way == ("proxy",):
            _goes_on(program, origin, number)
        load.stop()
        if "main" in way:
            wait_for(lambda: not any(map(alive, old["proxy"])), f"the proxies {old} to end without a main")
            program.clear()
        return {origin.url + call.path for call in origin.calls if 0 < call.answered < killed - GRACE}


def _goes_on(program: Wireglass, origin: Origin, number: int) -> None:
    """Traffic flows again, on the same port."""

    def asked() -> bool:
        try:
            with Client(program.proxy, timeout=5) as client:
                return client.get(f"{origin.url}/back/{number}").status == 200
        except (Ended, OSError):
            return False

    wait_for(asked, "the killed proxy to be replaced", 10)


def _opens_clean(home: Path) -> None:
    """Every database of the home passes SQLite's own check, and every body file holds what its name says."""
    databases = 0
    for path in filter(Path.is_file, home.rglob("*")):
        data = path.read_bytes()
        if data.startswith(b"SQLite format 3\0"):
            databases += 1
            with contextlib.closing(sqlite3.connect(path)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        elif len(path.name) == 64:
            assert hashlib.sha256(data).hexdigest() == path.name
    assert databases


def _bodies_are_whole(program: Wireglass, rows: list[Row]) -> None:
    """Each body is the one that was sent."""
    for row in rows:
        assert program.body(row.id, "response") == content(urlsplit(row.url).path), row
