"""A capture for the time of a block: found or begun, shared, and gone afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.client import Client
from tests.peers.origin import Origin
from tests.peers.program import alive
from tests.peers.waiting import wait_for

from wireglass.app.companion import capture
from wireglass.app.home import Home, Run
from wireglass.app.report import OPEN, reachable
from wireglass.errors import HomeNotWritable, UsageError
from wireglass.file_lock import try_lock
from wireglass.store import Reader


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIREGLASS_LISTEN", "127.0.0.1:0")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


def get(address: str, origin: Origin, path: str) -> int:
    with Client(address) as client:
        client.send(f"GET {origin.url}{path} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        return client.answer().status


def is_free(home: Path) -> bool:
    with (home / "lock").open("r+b") as lock:
        return try_lock(lock.fileno())


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:1", "127.0.0.1:1"),
        ("0.0.0.0:8080", "127.0.0.1:8080"),
        ("[::]:8080", "[::1]:8080"),
        ("10.0.0.7:80", "10.0.0.7:80"),
    ],
)
def test_the_address_is_one_that_can_be_connected_to(listen: str, address: str) -> None:
    assert reachable(listen) == address


def test_one_is_begun_and_ended(tmp_path: Path, origin: Origin) -> None:
    said: list[str] = []
    home = tmp_path / "home"
    with capture(home, say=said.append, flags={"session": "mine"}) as begun:
        assert begun.started_here
        assert begun.ca_certificate.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        assert begun.run == Home(home).running()
        assert get(begun.address, origin, "/one") == 200
        assert said == []
    assert said[-1] == "Recorded 1 exchange. Look: `wireglass ls`"
    assert not alive(begun.run.pid)
    assert is_free(home)
    assert Home(home).read_run() is None


def test_one_that_runs_is_used_and_left(tmp_path: Path, origin: Origin) -> None:
    """What is counted is what came during the block."""
    said: list[str] = []
    with capture(tmp_path, say=lambda _: None) as outer:
        assert get(outer.address, origin, "/before") == 200
        with Reader(tmp_path / "store") as reader:
            wait_for(lambda: reader.page(1), "the first exchange in the store")
        with capture(tmp_path, say=said.append) as inner:
            assert (inner.run, inner.started_here) == (outer.run, False)
            for number in range(3):
                assert get(inner.address, origin, f"/{number}") == 200
        assert get(outer.address, origin, "/after") == 200
    assert said == ["Recorded 3 exchanges. Look: `wireglass ls`"]


def test_one_that_runs_keeps_its_settings(tmp_path: Path, origin: Origin) -> None:
    with capture(tmp_path, say=lambda _: None, flags={"session": "first", "insecure": "true"}) as outer:
        assert outer.ignored == ""
        with capture(tmp_path, say=lambda _: None, flags={"session": "first", "insecure": "true"}) as inner:
            assert inner.ignored == ""
        with capture(tmp_path, say=lambda _: None, flags={"session": "x", "workers": "2"}) as inner:
            run = outer.run
            assert inner.ignored == (
                f"A capture runs already (pid {run.pid}, proxy on {run.listen}) and keeps its own settings: "
                "--session and --workers have no effect. To use them, stop that capture first."
            )


def test_failed_ones_are_counted_of_one_that_runs(tmp_path: Path, origin: Origin) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as sock:
        nobody = sock.getsockname()[1]
    with capture(tmp_path, say=lambda _: None) as outer:
        with capture(tmp_path, say=said.append), Client(outer.address) as client:
            assert client.get(f"{origin.url}/well").status == 200
            assert client.get(f"http://127.0.0.1:{nobody}/").status == 502
        with capture(tmp_path, say=said.append):
            assert get(outer.address, origin, "/after") == 200
    assert said == [
        "Recorded 2 exchanges, 1 of them failed. Look: `wireglass ls`",
        "Recorded 1 exchange. Look: `wireglass ls`",
    ]


def test_who_begins_it_may_leave_first(tmp_path: Path, origin: Origin) -> None:
    said: list[str] = []
    first = capture(tmp_path, say=said.append)
    begun = first.__enter__()
    with capture(tmp_path, say=said.append) as second:
        first.__exit__(None, None, None)
        assert alive(begun.run.pid)
        assert get(second.address, origin, "/still") == 200
    wait_for(lambda: not alive(begun.run.pid), "the end of the capture", 30)
    assert said[1].startswith("Recorded 1 exchange.")


def test_an_exception_ends_it_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), capture(tmp_path, say=lambda _: None) as begun:
        raise KeyboardInterrupt
    assert not alive(begun.run.pid)


def test_two_at_once(tmp_path: Path) -> None:
    """One begins it, the other one uses it."""
    both = threading.Barrier(2, timeout=60)
    seen: list[tuple[Run, bool]] = []
    faults: list[BaseException] = []

    def use() -> None:
        try:
            both.wait()
            with capture(tmp_path, say=lambda _: None) as found:
                seen.append((found.run, found.started_here))
                both.wait()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert faults == []
    assert seen[0][0] == seen[1][0]
    assert sorted(begun for _, begun in seen) == [False, True]
    wait_for(lambda: not alive(seen[0][0].pid), "the end of the capture", 30)


def test_a_taken_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: Origin) -> None:
    said: list[str] = []
    monkeypatch.setenv("WIREGLASS_LISTEN", f"127.0.0.1:{origin.port}")
    with capture(tmp_path, say=said.append) as begun:
        assert get(begun.address, origin, "/") == 200
        listen = begun.run.listen
    assert said[0].startswith(f"Port {origin.port} on 127.0.0.1 is taken by ")
    assert f"(pid {os.getpid()}). Recording goes on {listen} instead." in said[0]


@pytest.mark.parametrize(("listen", "warned"), [("0.0.0.0:0", True), ("127.0.0.1:0", False)])
def test_one_that_is_open_to_the_network_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listen: str, warned: bool
) -> None:
    """Of ``run`` and ``browser`` as well, which take where to listen from the environment or the file."""
    said: list[str] = []
    monkeypatch.delenv("WIREGLASS_LISTEN")
    (tmp_path / "config.toml").write_text(f'listen = "{listen}"')
    with capture(tmp_path, say=said.append) as begun:
        assert said == ([f"The proxy listens on {begun.run.listen}. {OPEN}"] if warned else [])


def test_what_up_would_refuse_is_raised(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("workers = 0")
    with pytest.raises(UsageError, match="workers") as caught, capture(tmp_path, say=lambda _: None):
        pass
    assert "config.toml" in caught.value.message


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "users").mkdir()
    with pytest.raises(HomeNotWritable, match="users"), capture(tmp_path, say=lambda _: None):
        pass


def test_a_run_file_left_behind_with_a_number_in_use(tmp_path: Path) -> None:
    """Its process is not the one that runs under that number now."""
    home = Home(tmp_path)
    home.make()
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        free = f"127.0.0.1:{nobody.getsockname()[1]}"
    home.write_run(Run(pid=os.getpid(), listen=free, started=1.0, version="0"))
    with capture(tmp_path, say=lambda _: None) as begun:
        assert begun.started_here
        assert begun.run.pid != os.getpid()


def test_one_that_dies_is_told_and_does_not_fail_the_block(tmp_path: Path) -> None:
    said: list[str] = []
    with capture(tmp_path, say=said.append) as begun:
        os.kill(begun.run.pid, signal.SIGKILL)
        wait_for(lambda: said, "a word about it")
    assert said[0].startswith("The capture has ended before the command")
    assert "signal 9" in said[1]


def test_it_does_not_outlive_a_killed_command(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom wireglass.app.companion import capture\n"
        "with capture(Path(sys.argv[1]), say=print) as begun:\n    print(begun.run.pid, flush=True)\n    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        process.kill()
        wait_for(lambda: not alive(pid), "the end of the capture", 30)
    assert is_free(tmp_path)
    assert Home(tmp_path).read_run() is None
