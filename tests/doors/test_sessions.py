"""Sessions of the real program, with traffic: every request is in a session or counted as missing, exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from tests.peers.client import Client
from tests.peers.http import Ended
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for

Start = Callable[..., Wireglass]
CLIENTS = 4


def sessions(program: Wireglass) -> dict[str, Any]:
    lines = program.ask("session", "ls", "--json").splitlines()
    return {one["name"]: one for one in map(msgspec.json.decode, lines)}


def missing(program: Wireglass) -> dict[tuple[str | None, str], int]:
    """By session and reason."""
    found: dict[tuple[str | None, str], int] = {}
    for line in program.ask("missing", "--json").splitlines():
        row = msgspec.json.decode(line)
        found[row["session"], row["reason"]] = found.get((row["session"], row["reason"]), 0) + row["count"]
    return found


def paths(program: Wireglass, session: str) -> set[str]:
    return {row.url.rpartition("/")[2] for row in program.ls() if session in row.sessions}


class Traffic:
    """Clients that ask one after the other, each URL once, until they are stopped."""

    def __init__(self, program: Wireglass, origin: Origin) -> None:
        self._program = program
        self._origin = origin
        self._stop = threading.Event()
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.broken = 0
        self._threads = [threading.Thread(target=self._work, args=(name,), daemon=True) for name in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _work(self, name: int) -> None:
        number = 0
        with Client(self._program.proxy) as client:
            while not self._stop.is_set():
                number += 1
                path = f"{name}-{number}"
                self.asked.append(path)
                try:
                    assert client.get(f"{self._origin.url}/{path}").status == 200
                except (OSError, Ended):
                    self.broken += 1
                    return
                self.answered.append(path)

    def more(self, count: int = 40) -> None:
        """Returns when so many more are answered."""
        upto = len(self.answered) + count
        wait_for(lambda: len(self.answered) >= upto or self.broken, "more traffic", 60)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)


@pytest.fixture
def traffic(origin: Origin) -> Iterator[Callable[[Wireglass], Traffic]]:
    begun: list[Traffic] = []

    def begin(program: Wireglass) -> Traffic:
        begun.append(Traffic(program, origin))
        return begun[-1]

    yield begin
    for one in begun:
        one.stop()


def test_counts_are_exact_between_the_commands(start: Start, origin: Origin) -> None:
    """Nothing is waited for: what was answered before a command is in the store when it returns."""
    program = start("--session", "main")
    with Client(program.proxy) as client:

        def ask(*names: str) -> None:
            for name in names:
                assert client.get(f"{origin.url}/{name}").status == 200

        ask("a1", "a2")
        program.ask("session", "pause", "main")
        assert sessions(program)["main"]["exchanges"] == 2
        ask("lost1", "lost2", "lost3")
        program.ask("session", "start", "side", "--filter", "path:/b*")
        assert missing(program) == {("main", "paused"): 3}
        ask("b1", "c1")
        program.ask("session", "resume", "main")
        ask("b2", "c2")
        assert program.ask("session", "clear", "main", "--yes").endswith(b" of session 'main'.\n")
        ask("b3", "c3")
        program.ask("session", "stop", "side")
        program.ask("session", "rename", "side", "other")
        ask("b4")
        program.ask("session", "stop", "main")
        ask("lost4")
        program.ask("session", "start", "main")
        ask("b5")
    program.stop()
    assert paths(program, "other") == {"b1", "b2", "b3"}
    assert paths(program, "main") == {"b3", "c3", "b4", "b5"}
    assert missing(program) == {("main", "paused"): 3, ("other", "filtered"): 1, (None, "no_session"): 1}
    rows = sessions(program)
    assert {name: (row["state"], row["exchanges"], row["missing"]) for name, row in rows.items()} == {
        "main": ("ended", 4, 3),
        "other": ("ended", 3, 1),
    }


def test_counts_are_exact_with_traffic_running(start: Start, traffic: Callable[[Wireglass], Traffic]) -> None:
    """The two filters exclude each other, so that what was dropped is nowhere else."""
    program = start("--session", "main", "--workers", "2")
    program.ask("session", "set", "main", "--filter", "-path:/*1")
    running = traffic(program)
    running.more()
    program.ask("session", "start", "ones", "--filter", "path:/*1")
    running.more()
    program.ask("session", "pause", "main")
    asked_by_pause = set(running.asked)
    running.more()
    answered_by_resume = set(running.answered)
    program.ask("session", "resume", "main")
    running.more()
    program.ask("session", "stop", "ones")
    running.more()
    answered_by_clear = set(running.answered)
    said = program.ask("session", "clear", "main", "--yes").decode()
    asked_by_clear = set(running.asked)
    running.more()
    running.stop()
    program.stop()
    assert not running.broken
    dropped = int(said.split()[1].replace(",", ""))
    lost = missing(program)
    main, ones = paths(program, "main"), paths(program, "ones")
    assert len(main) + len(ones) + dropped + sum(lost.values()) == len(running.answered)
    rows = sessions(program)
    assert (rows["main"]["exchanges"], rows["ones"]["exchanges"]) == (len(main), len(ones))
    assert {reason for _, reason in lost} == {"filtered"}
    assert ones and all(path.endswith("1") for path in ones)
    assert main and not any(path.endswith("1") for path in main)
    assert not main & answered_by_clear
    assert main >= {path for path in set(running.answered) - asked_by_clear if not path.endswith("1")}
    paused = {path for path in answered_by_resume - asked_by_pause if not path.endswith("1")}
    assert paused and not paused & main
    assert lost["ones", "filtered"] >= len(paused)


def test_a_restart_goes_on_where_it_was(start: Start, origin: Origin) -> None:
    """Without a session nothing is kept, and counted; a name that was there goes on, with its filter."""
    program = start("--session", "main")
    program.ask("session", "set", "main", "--filter", "path:/k*", "--retention-count", "100")
    with Client(program.proxy) as client:
        assert client.get(f"{origin.url}/k1").status == 200
        assert client.get(f"{origin.url}/x1").status == 200
    program.stop()
    assert sessions(program)["main"]["state"] == "ended"
    again = start("--session", "main", home=program.home)
    with Client(again.proxy) as client:
        assert client.get(f"{origin.url}/k2").status == 200
        assert client.get(f"{origin.url}/x2").status == 200
    again.stop()
    third = start("--no-session", home=program.home)
    assert "Recording nothing yet" in third.stdout()
    with Client(third.proxy) as client:
        assert client.get(f"{origin.url}/k3").status == 200
    third.stop()
    assert paths(third, "main") == {"k1", "k2"}
    assert missing(third) == {("main", "filtered"): 2, (None, "no_session"): 1}


def test_a_session_that_a_kill_left_is_ended(start: Start, origin: Origin) -> None:
    program = start("--session", "main")
    with Client(program.proxy) as client:
        assert client.get(f"{origin.url}/a").status == 200
    program.row(f"{origin.url}/a")
    program.kill("main", "proxy")
    program.process.wait(30)
    again = start("--session", "other", home=program.home)
    again.stop()
    rows = sessions(again)
    assert rows["main"]["state"] == "ended"
    assert rows["main"]["exchanges"] == 1
    assert rows["main"]["started"] <= rows["main"]["ended"] <= rows["other"]["started"]


def test_what_a_session_does_not_want_is_not_kept(start: Start, origin: Origin) -> None:
    program = start("--no-session")
    program.ask("session", "start", "light", "--no-response-bodies", "--no-cookies")
    with Client(program.proxy) as client:
        assert client.get(f"{origin.url}/a", "Cookie: sid=topsecret").status == 200
    row = program.row(f"{origin.url}/a")
    shown = program.show(row.id)
    program.stop()
    assert row.response_size > 0
    assert shown["response"]["body"]["kept"] == 0
    assert "topsecret" not in str(shown)
    for file in (program.home / "store").rglob("*"):
        assert not file.is_file() or b"topsecret" not in file.read_bytes()


def test_it_says_what_cannot_be_done(start: Start) -> None:
    program = start("--session", "main")
    for arguments, words in (
        (("session", "start", "main"), "already"),
        (("session", "delete", "main", "--yes"), "Stop it"),
        (("session", "pause", "nobody"), "no session"),
        (("session", "start", "x", "--filter", "hots:a"), "host"),
    ):
        with pytest.raises(AssertionError, match=words):
            program.ask(*arguments)
    program.stop()
