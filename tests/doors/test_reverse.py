"""``--mode reverse:URL``: a port that stands for one server, for clients that know no proxies."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.doors.conftest import NAMES, Authority
from tests.peers.client import Client, client_context
from tests.peers.http2_nghttpd import TEXT, Nghttpd
from tests.peers.installed import installed
from tests.peers.network import ELSEWHERE, HERE, apart
from tests.peers.nginx import Nginx
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass, running
from tests.peers.waiting import wait_for
from tests.peers.websocket_echo import echo_server
from websockets.sync.client import connect

Start = Callable[..., Wireglass]


def ports(program: Wireglass) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode((program.home / "run.json").read_bytes())["ports"]
    return found


def port(program: Wireglass, number: int = 1) -> str:
    """``host:port`` of the mode with that number, from 1."""
    listen: str = ports(program)[number]["listen"]
    return listen


def curl(program: Wireglass, *arguments: str) -> tuple[str, str]:
    """The body, and status with the version that was spoken."""
    command = [installed("curl"), "-sS", "--max-time", "30", "--noproxy", "*", "--cacert", str(program.ca_path)]
    command += ["-w", r"%{stderr}%{http_code} %{http_version}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def nghttpd(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[dict[str, Nghttpd]]:
    """In clear, which it takes HTTP/2 alone in, and over TLS."""
    root = tmp_path_factory.mktemp("nghttpd")
    leaf = root / "leaf.pem"
    authority.ca.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(str(leaf))
    servers = {"h2c": Nghttpd(root / "clear"), "https": Nghttpd(root / "tls", leaf)}
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="module")
def wireglass(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, nghttpd: dict[str, Nghttpd]
) -> Iterator[Wireglass]:
    """Its first mode stands for nghttpd in clear, its second for that over TLS."""
    modes = [f"--mode=reverse:{scheme}://{server.authority}@127.0.0.1:0" for scheme, server in nghttpd.items()]
    with running(tmp_path_factory.mktemp("reverse"), *modes, trust=authority.path) as program:
        yield program


@pytest.mark.parametrize("kind", ["http", "https"])
def test_curl_in_all_its_ways(
    start: Start, origin: Origin, tls_origin: Origin, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = origin if kind == "http" else tls_origin
    there.on("/moved", fixed(b"", b"Location: https://elsewhere.example/x", status=b"302 Found"))
    monkeypatch.setenv("WIREGLASS_MODE", f"reverse:{there.url}")
    program = start()
    own = port(program)
    assert curl(program, f"http://{own}/a?b=c") == ("/a?b=c\n", "200 1.1")
    assert curl(program, f"https://{own}/b") == ("/b\n", "200 1.1")
    assert curl(program, "--http2", f"https://localhost:{own.rpartition(':')[2]}/c") == ("/c\n", "200 1.1")
    assert curl(program, "-d", "x" * 100_000, f"http://{own}/e") == ("/e\n" + "x" * 100_000, "200 1.1")
    shown, _ = curl(program, "-D-", "-o", "/dev/null", f"http://{own}/moved")
    assert "\nLocation: https://elsewhere.example/x" in shown
    assert {call.request.get("host") for call in there.calls} == {there.authority.encode()}
    for path in ("/a?b=c", "/b", "/c", "/e", "/moved"):
        row = program.row(f"{there.url}{path}")
        assert row.error is None
        assert f"in reverse mode, asked on {own}" in program.show(row.id)["notes"]
    program.stop()


@pytest.mark.parametrize("number", [1, 2])
def test_http2_to_a_server_that_speaks_it(wireglass: Wireglass, nghttpd: dict[str, Nghttpd], number: int) -> None:
    """Over TLS the client is offered what the server speaks; and what a client does not speak is translated."""
    own = port(wireglass, number)
    for flag, url, version in (
        ("--http2", f"https://{own}", "2"),
        ("--http1.1", f"https://{own}", "1.1"),
        ("--http2-prior-knowledge", f"http://{own}", "2"),
    ):
        assert curl(wireglass, flag, f"{url}/files/text?{number}{version}") == (TEXT.decode(), f"200 {version}")
    scheme = "http" if number == 1 else "https"
    server = nghttpd["h2c" if number == 1 else "https"]
    row = wireglass.row(f"{scheme}://{server.authority}/files/text?{number}2")
    assert (row.protocol, row.status) == ("http/2", 200)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nghttp_and_h2load_run_clean(wireglass: Wireglass, number: int, scheme: str) -> None:
    url = f"{scheme}://{port(wireglass, number)}/files/text"
    command = [installed("nghttp"), "-v", "--no-verify-peer", "--timeout=30", url]
    done = subprocess.run(command, capture_output=True, timeout=60)
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode())
    assert done.returncode == 0 and ":status: 200" in said, said
    before = len(wireglass.ls())
    done = subprocess.run([installed("h2load"), "-n1000", "-c10", "-m10", url], capture_output=True, timeout=120)
    said = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert "1000 succeeded, 0 failed, 0 errored, 0 timeout" in said, said
    assert "status codes: 1000 2xx" in said
    wait_for(
        lambda: [row.status for row in wireglass.ls()[before:] if row.state == "done"] == [200] * 1000 or None,
        "a thousand more in the record",
    )


def test_http2_in_clear_to_a_server_of_http1(start: Start, nginx: Nginx) -> None:
    program = start("--mode", f"reverse:{nginx.url}")
    own = port(program)
    for path in ("/one", "/two"):
        _, said = curl(program, "--http2-prior-knowledge", "-o", "/dev/null", f"http://{own}{path}")
        assert said == f"{curl(program, '-o', '/dev/null', f'http://{own}{path}')[1][:3]} 2"
        assert {row.error for row in program.rows(f"{nginx.url}{path}")} == {None}


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_websockets(start: Start, authority: Authority, scheme: str) -> None:
    with echo_server(authority.server_context()) as server:
        program = start("--mode", f"reverse:{server.url}")
        trust = client_context(program.ca_path) if scheme == "wss" else None
        uri = f"{scheme}://{port(program)}/echo"
        with connect(uri, ssl=trust, proxy=None, open_timeout=20) as socket:
            for message in ("hello", b"bytes" * 100_000):
                socket.send(message)
                assert socket.recv(20) == message
        row = program.row(f"{server.url}/echo")
        assert (row.status, row.protocol, row.error) == (101, "websocket", None)
        program.stop()


def test_what_it_says_at_the_start(start: Start, origin: Origin) -> None:
    program = start("--mode", f"reverse:{origin.url}@127.0.0.1:0", "--mode", "regular@127.0.0.1:0")
    first, second, third = ports(program)
    assert (first["listen"], first["target"]) == (program.proxy, "")
    assert (second["target"], third["target"]) == (origin.url, "")
    own = second["listen"]
    with Client(third["listen"]) as client:
        assert client.get(f"{origin.url}/x").status == 200
    said = program.stop()
    assert f"  Server: http://{own} and https://{own} stand for {origin.url}\n" in said
    assert f"  Proxy:  {third['listen']}, too\n" in said


def test_modes_with_several_workers(start: Start, origin: Origin) -> None:
    program = start("--workers", "2", "--mode", f"reverse:{origin.url}", listen="localhost:0")
    for number in range(20):
        assert curl(program, f"http://{port(program)}/{number}")[0] == f"/{number}\n"
    program.stop()


def test_a_taken_port_names_its_mode(tmp_path: Path, wireglass: Wireglass) -> None:
    mode = f"reverse:http://a@{port(wireglass)}"
    done = subprocess.run(
        [COMMAND, "up", "--home", tmp_path / "home", "--listen", "127.0.0.1:0", "--mode", mode],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "is taken by the Wireglass of" in done.stderr
    assert "choose another port with --mode reverse:http://a@127.0.0.1:" in done.stderr


def test_one_port_for_two_is_an_error(tmp_path: Path) -> None:
    words = ["--listen", "127.0.0.1:18080", "--mode", "reverse:http://a@127.0.0.1:18080"]
    done = subprocess.run([COMMAND, "up", "--home", tmp_path, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "127.0.0.1:18080 is the address of --listen already" in done.stderr


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_down(start: Start, scheme: str) -> None:
    program = start("--mode", f"reverse:{scheme}://127.0.0.1:9")
    own = port(program)
    assert curl(program, "-o", "/dev/null", f"http://{own}/")[1] == "502 1.1"
    assert curl(program, "-o", "/dev/null", "--http1.1", f"https://{own}/")[1] == "502 1.1"
    version = "2" if scheme == "https" else "1.1"
    assert curl(program, "-o", "/dev/null", "--http2", f"https://{own}/")[1] == f"502 {version}"
    assert {row.error_kind for row in program.ls()} == {"connection_refused"}


def test_a_page_whose_name_was_made_to_point_here_reads_nothing(start: Start, origin: Origin) -> None:
    program = start("--mode", f"reverse:{origin.url}")
    own = port(program)
    number = own.rpartition(":")[2]
    for flags in ([], ["--http2-prior-knowledge"]):
        resolve = ["--resolve", f"rebound.example:{number}:127.0.0.1"]
        _, said = curl(program, *flags, *resolve, f"http://rebound.example:{number}/")
        assert said.startswith("403 ")
    _, said = curl(program, "--resolve", f"rebound.example:{number}:127.0.0.1", f"https://rebound.example:{number}/")
    assert said.startswith("403 ")
    assert not origin.calls


def test_others_reach_a_server_of_this_machine_only_if_that_is_allowed(start: Start) -> None:
    """An open reverse port is no way to this machine's loopback by itself."""

    def attack() -> None:
        with Origin() as origin:
            for flag, status in (("--no-allow-remote-loopback", 403), ("--allow-remote-loopback", 200)):
                program = start("--mode", f"reverse:{origin.url}@0.0.0.0:0", flag)
                with Client(f"{HERE}:{port(program).rpartition(':')[2]}", source=ELSEWHERE) as client:
                    client.send(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % HERE.encode())
                    assert client.answer().status == status
                assert f"Everybody in the network can ask {origin.url}" in program.stderr()
                program.stop()

    apart(attack)
