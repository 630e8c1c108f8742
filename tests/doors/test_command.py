"""``wireglass up`` as a person meets it: starting, stopping, and being told what is wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers.client import Client, split_address
from tests.peers.http import Ended
from tests.peers.origin import Call, Origin, fixed
from tests.peers.program import COMMAND, Wireglass, alive
from tests.peers.waiting import wait_for

from wireglass.file_lock import try_lock

Start = Callable[..., Wireglass]


def fails(*arguments: str | Path) -> str:
    """The one line with which ``wireglass up`` refuses: exit code 2, nothing on standard output."""
    done = subprocess.run([COMMAND, "up", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def test_six_lines(start: Start, origin: Origin) -> None:
    """The start says in six lines how to send traffic, and what it says works."""
    program = start()
    wait_for(lambda: program.stdout().count("\n") >= 6, "six lines")
    assert program.stdout().count("\n") == 6
    assert program.proxy in program.stdout()
    assert str(program.ca_path) in program.stdout()
    assert program.stderr() == ""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("sign", ["lock", "proxy.log", "store/wireglass.db", "spool/*.spool"])
def test_interrupt_during_the_start(tmp_path: Path, sign: str, times: int) -> None:
    """Ctrl-C before it is ready, to the whole process group as a terminal sends it: no traceback anywhere, and the home
    can be used at once. A second one does not keep what has begun from being ended."""
    home = tmp_path / "home"
    with subprocess.Popen(
        [COMMAND, "up", "--listen", "127.0.0.1:0", "--home", home],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_for(lambda: list(home.glob(sign)), f"{sign} in the home")
            for _ in range(times):
                os.killpg(process.pid, signal.SIGINT)
            said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode in (0, 130), said
    assert "Traceback" not in "".join(said) and "wireglass:" not in said[1]
    log = home / "proxy.log"
    assert not log.exists() or log.read_bytes() == b""
    with (home / "lock").open("r+b") as lock:
        assert try_lock(lock.fileno())


def test_leftovers_of_killed_processes_are_removed(start: Start, tmp_path: Path) -> None:
    """A leaf's key and a half-written spool would lie there for ever."""
    home = tmp_path / "home"
    leftovers = [home / "tmp" / ".leaf.x.pem", home / "spool" / "00000009.new", home / "run.json.1.part"]
    for file in leftovers:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"left")
    start(home=home)
    assert not any(file.exists() for file in leftovers)


def test_interrupt_finishes_what_is_in_flight(start: Start, origin: Origin) -> None:
    """Ctrl-C in the middle of a response: the client still gets its end, the record is done, and the last line says
    how much was recorded."""
    inside, go_on = threading.Event(), threading.Event()

    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        inside.set()
        assert go_on.wait(20)
        call.send(b"other")

    url = origin.on("/in-flight", script)
    program = start()
    with Client(program.proxy) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        assert inside.wait(20)
        client.wire.head()
        program.interrupt()
        wait_for(lambda: _refuses(program.proxy), "no new connections after Ctrl-C")
        assert program.process.poll() is None
        go_on.set()
        got = b""
        while len(got) < 10:
            piece = client.wire.some()
            assert piece, f"cut off after {got!r}"
            got += piece
    said = program.stop()
    assert "Recorded 1 exchange" in said
    assert "Traceback" not in said
    assert not (program.home / "run.json").exists()
    assert [(row.url, row.state, row.response_size) for row in program.ls()] == [(url, "done", 10)]


def test_interrupt_is_bounded(start: Start, origin: Origin) -> None:
    """Ctrl-C while a response never ends: it waits for a while, not for ever; what came is in the record."""
    release = threading.Event()

    def script(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        release.wait(60)
        call.close()

    url = origin.on("/endless", script)
    program = start()
    with Client(program.proxy, timeout=60) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        client.wire.head()
        assert client.wire.some() == b"first"
        program.interrupt()
        program.process.wait(30)
    release.set()
    assert program.process.returncode == 0
    [row] = program.ls()
    assert (row.url, row.state) == (url, "failed")
    assert program.body(row.id, "response") == b"first"


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP], ids=["term", "hup"])
def test_other_signals_end_it_too(start: Start, sig: signal.Signals) -> None:
    """SIGTERM (service managers) and SIGHUP (a closed terminal) end it in order, and no process stays behind."""
    program = start()
    pids = [pid for role in program.pids.values() for pid in role]
    program.process.send_signal(sig)
    assert program.process.wait(20) in (0, -sig, 128 + sig)
    wait_for(lambda: not any(map(alive, pids)), "all processes to be gone")
    assert "Traceback" not in program.stderr()


def test_second_start_after_interrupt(start: Start, origin: Origin) -> None:
    """The home can be used again at once, by the same port; the record goes on."""
    first = start()
    with Client(first.proxy) as client:
        client.get(f"{origin.url}/one")
    first.stop()
    second = start(home=first.home, listen=first.proxy)
    assert second.proxy == first.proxy
    with Client(second.proxy) as client:
        client.get(f"{origin.url}/two")
    second.stop()
    rows = second.ls()
    assert [row.url for row in rows] == [f"{origin.url}/one", f"{origin.url}/two"]
    assert rows[0].sessions != rows[1].sessions, "each start has a session of its own"


def test_port_taken(tmp_path: Path) -> None:
    """One line with the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = fails("--listen", address, "--home", tmp_path / "home")
        assert address.rpartition(":")[2] in line
        assert f"(pid {os.getpid()})" in line
        other = line.partition("--listen ")[2].rstrip(".")
        assert other.startswith("127.0.0.1:")
        socket.create_server(("127.0.0.1", int(other.rpartition(":")[2]))).close()


def test_port_taken_by_the_wireglass_of_another_home(start: Start, tmp_path: Path) -> None:
    """Also where a proxy process is what the system finds on the port."""
    program = start("--workers", "2")
    line = fails("--listen", program.proxy, "--home", tmp_path / "other")
    assert f"is taken by the Wireglass of {program.home} (pid {program.process.pid})." in line


def test_certificates_for_programs_in_its_own_shell(tmp_path: Path) -> None:
    """Who has followed `wireglass ca` and starts it in the same shell is warned: no server would verify."""
    program = Wireglass(tmp_path / "home")
    program.ask("ca")
    (tmp_path / "none").mkdir()
    trusting = (f"SSL_CERT_FILE={program.ca_path}", f"SSL_CERT_DIR={tmp_path / 'none'}")
    for flags, warned in (((), True), (("--insecure",), False)):
        program = Wireglass(tmp_path / "home", *flags, prefix=("env", *trusting), output=tmp_path)
        program.err_path.unlink(missing_ok=True)
        try:
            program.start()
            said = program.stop()
        finally:
            program.clear()
        assert ("the certificate of this home alone: no server will verify" in said) == warned


def test_paths_are_said_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    done = subprocess.run(
        [COMMAND, "ls", "--home", "../x"], capture_output=True, text=True, timeout=30, cwd=tmp_path / "below"
    )
    assert done.returncode == 0
    assert f"Nothing is recorded in {tmp_path / 'x'}:" in done.stderr
    assert f"--home {tmp_path / 'x'}" in done.stderr
    assert ".." not in done.stderr


def test_home_in_use(start: Start) -> None:
    """One line that names the other by its process and port."""
    program = start()
    line = fails("--listen", "127.0.0.1:0", "--home", program.home)
    assert str(program.home) in line
    assert str(program.process.pid) in line
    assert program.proxy in line


def test_home_not_writable(tmp_path: Path) -> None:
    """One line that names the folder, also where the folder is a file."""
    file = tmp_path / "file"
    file.touch()
    assert str(file) in fails("--listen", "127.0.0.1:0", "--home", file)
    # /proc cannot be written even by root, whom permissions do not stop.
    assert "/proc/wireglass" in fails("--listen", "127.0.0.1:0", "--home", "/proc/wireglass")


def test_session_name(start: Start, origin: Origin) -> None:
    """--session names it; a second start with the same name goes on in it."""
    for path in ("/a", "/b"):
        program = start("--session", "Größe 1")
        with Client(program.proxy) as client:
            client.get(origin.url + path)
        assert "Größe 1" in program.stop()
    assert [row.sessions for row in program.ls()] == [["Größe 1"], ["Größe 1"]]


def test_body_limit(start: Start, origin: Origin) -> None:
    """--body-limit keeps the beginning; the client gets all, the size is the true one, and the record says so."""
    data = os.urandom(300_000)
    url = origin.on("/large", fixed(data))
    program = start("--body-limit", "100000")
    with Client(program.proxy) as client:
        assert client.get(url).body == data
    row = program.row(url)
    assert row.response_size == len(data)
    shown = program.show(row.id)["response"]["body"]
    assert shown["kept"] == 100_000
    assert shown["note"]
    done = subprocess.run(
        [COMMAND, "show", str(row.id), "--response-body", "--raw", "--home", program.home], capture_output=True
    )
    assert done.stdout == data[:100_000]


def test_two_workers(start: Start, origin: Origin) -> None:
    """--workers 2: two proxy processes share the port, and all is recorded, also when one of them is killed."""
    program = start("--workers", "2")
    workers = program.pids["proxy"]
    assert len(workers) == 2
    for number in range(40):
        with Client(program.proxy) as client:
            assert client.get(f"{origin.url}/workers/{number}").status == 200
    # What was answered within the last second may be lost with a killed proxy.
    wait_for(lambda: len(program.ls()) == 40, "forty rows")
    os.kill(workers[0], signal.SIGKILL)
    wait_for(lambda: len(set(program.pids["proxy"]) - {workers[0]}) == 2, "the killed proxy to be replaced")
    for number in range(40, 60):
        with Client(program.proxy) as client:
            assert client.get(f"{origin.url}/workers/{number}").status == 200
    program.stop()
    assert sorted(row.url for row in program.ls()) == sorted(f"{origin.url}/workers/{n}" for n in range(60))


@pytest.mark.parametrize("how", ["origin-form", "absolute", "localhost", "any", "connect"])
def test_asked_for_itself(start: Start, how: str) -> None:
    """A request to the proxy itself is answered, never forwarded to itself."""
    program = start()
    port = program.proxy.rpartition(":")[2]
    with Client(program.proxy) as client:
        if how == "connect":
            answer = client.connect(program.proxy)
            if answer.status == 200:
                client.send(f"GET / HTTP/1.1\r\nHost: {program.proxy}\r\n\r\n".encode())
                answer = client.answer()
        else:
            host = {"absolute": "127.0.0.1", "localhost": "localhost", "any": "0.0.0.0"}.get(how)
            answer = (
                client.get(f"http://{host}:{port}/", method="GET")
                if host
                else client.get("/", f"Host: {program.proxy}")
            )
        if how == "origin-form":
            assert answer.status < 500
        else:
            assert answer.status in (400, 403, 421, 508)
    program.stop()
    assert len(program.ls()) <= 1, "one question is one exchange at most"


def test_garbage(start: Start, origin: Origin) -> None:
    """Bytes that are no HTTP are answered with 400 or an end, and the next client is served."""
    program = start()
    for garbage in (
        b"\x00\xff\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"\r\n" * 100 + b"X" * 70_000,
    ):
        with Client(program.proxy) as client:
            client.send(garbage)
            client.sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(Ended, ConnectionResetError):
                assert client.answer().status in (400, 414, 431, 501)
    with Client(program.proxy) as client:
        assert client.get(f"{origin.url}/after").status == 200
    assert "Traceback" not in program.stop()


def _refuses(address: str) -> bool:
    host, port = split_address(address)
    with socket.socket() as sock:
        return sock.connect_ex((host, port)) != 0
