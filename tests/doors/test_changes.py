"""The record is searched and changed from the command line, through the capture that runs and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.peers.client import Client
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for

Start = Callable[..., Wireglass]


@pytest.fixture
def recorded(start: Start, origin: Origin) -> Wireglass:
    """Exchanges 1 to 4, of which 2 is an order and 3 is not found."""
    program = start()
    for number, (body, code) in enumerate(
        ((b"one", 200), (b'{"text": "order id 7"}', 200), (b"", 404), (b"four", 200)), 1
    ):
        url = origin.on(f"/{number}", fixed(body, b"Content-Type: application/json", status=b"%d X" % code))
        with Client(program.proxy) as client:
            assert client.get(url).status == code
        program.row(url)
    return program


def _ids(program: Wireglass, *query: str) -> list[int]:
    return [json.loads(line)["id"] for line in program.ask("ls", "--json", *query).splitlines()]


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_the_record_is_changed(recorded: Wireglass, running: bool) -> None:
    """Marked, noted, deleted by number and by query, pruned; filters are saved."""
    program = recorded
    if not running:
        program.stop()
    assert _ids(program, 'body:"order id"') == [2]
    assert _ids(program, "status:404", "or", "body:four") == [3, 4]
    program.ask("mark", "1", "2", "--color", "blue", "--star")
    program.ask("note", "2", "the order")
    assert _ids(program, "color:blue") == [1, 2]
    assert _ids(program, "note:order", "is:starred") == [2]
    program.ask("filters", "save", "lost", "status:404")
    assert _ids(program, "--filter", "lost") == [3]
    program.ask("filters", "rm", "lost")
    assert program.ask("filters", "ls", "--json") == b""
    program.ask("rm", "1", "--yes")
    assert _ids(program) == [2, 3, 4]
    program.ask("rm", "--query", "path:/3", "--yes")
    assert _ids(program) == [2, 4]
    assert program.ask("ls", "--count") == b"2\n"
    assert program.ask("prune", "--count", "1", "--dry-run").startswith(b"1 exchange ")
    program.ask("prune", "--count", "1")
    assert _ids(program) == [2]  # the star keeps it, though 4 is newer


def test_a_mistake_is_told_by_the_running_capture_as_without_it(recorded: Wireglass) -> None:
    for way in (("ls", "statsu:5"), ("tail", "statsu:5"), ("rm", "--query", "statsu:5", "-y")):
        done = subprocess.run([COMMAND, *way, "--home", recorded.home], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[1:] == ["  statsu:5", "  ^^^^^^"]


@contextmanager
def _asking(program: Wireglass, *urls: str) -> Iterator[None]:
    """Again and again: who follows sees what comes after it has begun."""
    over = threading.Event()

    def ask() -> None:
        with Client(program.proxy) as client:
            while not over.wait(0.05):
                for url in urls:
                    client.get(url)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("query", ["status:404", "body:needle", "response_header:x-wanted", "-path:/hay"])
def test_tail_shows_what_matches(start: Start, origin: Origin, query: str) -> None:
    program = start()
    hay = origin.on("/hay", fixed(b"hay", b"Content-Type: text/plain"))
    wanted = origin.on(
        "/wanted", fixed(b"a needle", b"Content-Type: text/plain", b"X-Wanted: 1", status=b"404 Not Found")
    )
    follow: list[str | Path] = [COMMAND, "tail", query, "--json", "--home", program.home]
    with (
        _asking(program, hay, wanted),
        subprocess.Popen(follow, stdout=subprocess.PIPE, start_new_session=True) as tail,
    ):
        assert tail.stdout
        rows = [json.loads(tail.stdout.readline()) for _ in range(5)]
        os.killpg(tail.pid, signal.SIGINT)
        tail.stdout.read()
        assert tail.wait(30) == 0
    assert {row["url"] for row in rows} == {wanted}


def test_why_it_is_not_there(start: Start, origin: Origin) -> None:
    program = start("--no-session")
    with Client(program.proxy) as client:
        for _ in range(3):
            client.get(origin.on("/x", fixed(b"x")))

    def told() -> list[dict[str, object]]:
        return [json.loads(line) for line in program.ask("missing", "--json").splitlines()]

    [row] = wait_for(told, "what is missing")
    wait_for(lambda: told()[0]["count"] == 3, "all of it")
    assert (row["reason"], row["host"]) == ("no_session", "127.0.0.1")
    assert "session start" in str(row["remedy"])
    assert program.ls() == []
