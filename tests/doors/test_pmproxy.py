"""``pmproxy`` from end to end: its lines, its files, its messages and its signals."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.doors.conftest import Authority
from tests.peers import load
from tests.peers.client import Client
from tests.peers.http2 import Code, rst_stream
from tests.peers.http2_client import Http2Client
from tests.peers.origin import Origin, fixed
from tests.peers.pmproxy import COMMAND, Connect, Pmproxy, answering, silent
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for

Begin = Callable[..., Pmproxy]
FORM = ("Content-Type: application/x-www-form-urlencoded", "Cookie: a=b", "X-Own: 1")


@pytest.fixture
def begin(tmp_path: Path, authority: Authority) -> Iterator[Begin]:
    with contextlib.ExitStack() as stack:

        def one(*arguments: str, **options: object) -> Pmproxy:
            program = Pmproxy(tmp_path, *arguments, trust=authority.path, **options)  # type: ignore[arg-type]
            stack.callback(program.clear)
            return program

        yield one
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


def post(client: Client, url: str, body: bytes, *lines: str, method: str = "POST") -> None:
    host = url.split("/")[2]
    head = [f"{method} {url} HTTP/1.1", f"Host: {host}", *lines, f"Content-Length: {len(body)}", "", ""]
    client.send("\r\n".join(head).encode("latin-1") + body)
    assert client.answer(method).status == 200


def urls(program: Pmproxy, name: str = "default.postman_collection") -> list[str]:
    collection = program.collection(name)
    assert collection["order"] == [request["id"] for request in collection["requests"]]
    return [request["url"] for request in collection["requests"]]


CUT = "The body is not as it was sent: it had not all come when it was answered."


def descriptions(program: Pmproxy) -> list[str]:
    return [request["description"] for request in program.collection()["requests"]]


def test_the_lines_and_the_file(begin: Begin, origin: Origin, tls_origin: Origin) -> None:
    """As PostmanProxy 0.1.5 printed them, one after the other."""
    with Connect() as peer:
        program = begin("save", "--tcp_connection", "true", "--tcp_port", str(peer.port))
        with Client(program.proxy) as client:
            for _ in range(2):
                post(client, f"{origin.url}/form?q=1", b"k=v&k=w", *FORM)
            post(client, f"{origin.url}/plain", b"\xc3\xa4")
            client.get(f"{origin.url}/a/path/of/more/than/thirty/characters")
        with Client(program.proxy) as client:
            assert client.connect(tls_origin.authority).status == 200
            client.secure("localhost", program.home / "ca" / "ca.pem")
            client.get("/secret", f"Host: {tls_origin.authority}")
        wait_for(lambda: program.stdout().count("Sent response") == 5, "the last line of the last request")
        assert program.save() == 0
        messages = peer.messages
    texts = [json.dumps(message) for message in messages]
    host = f"Host: {origin.authority}"
    form = [
        "application/x-www-form-urlencoded",
        "Data mode is urlencoded",
        *(host, *FORM, "Content-Length: 7", ""),
        "{'host': '', 'methods': '', 'restricted_headers': False}",
    ]
    after = ["received data: OK", "Sent to Postman", "Sent response"]
    rules = form[-1]
    port = program.proxy.rpartition(":")[2]
    assert program.stdout().splitlines() == [
        *(f"Proxy running at {port}", "Press Ctrl+C to stop the proxy"),
        *(*form, texts[0], *after),
        *(*form, "Duplicate request", texts[1], *after),
        *("Data mode is raw", host, "Content-Length: 2", "", rules, texts[2], *after),
        *(host, "", rules, texts[3], *after),
        *(f"Host: {tls_origin.authority}", "", rules, texts[4], *after),
        "Press Ctrl+C again to save the collection",
        "You pressed Ctrl+C! Here is the collection file",
        "None",
    ]
    collection = program.collection()
    assert {name: type(value).__name__ for name, value in collection.items()} == {
        **dict.fromkeys(("id", "name"), "str"),
        **dict.fromkeys(("folders", "requests", "order"), "list"),
        "timestamp": "int",
        "synced": "bool",
    }
    assert collection["name"] == "default" and collection["folders"] == [] and collection["synced"] is False
    assert collection["requests"] == [messages[0], *messages[2:]], "what was sent is what is in the file"
    assert {message["collectionId"] for message in messages} == {collection["id"]}
    assert messages[0]["data"] == [{"key": "k", "value": "v", "type": "text"}]
    assert messages[0]["headers"] == "Content-Type: application/x-www-form-urlencoded\nX-Own: 1\n"
    assert messages[2]["data"] == "ä" and messages[3]["data"] == []
    assert messages[3]["name"] == "/a/path/of/more/than/thirty/ch"
    assert messages[4]["url"] == f"{tls_origin.url}/secret", "TLS on another port than 443 is https, too"
    text = (program.folder / "default.postman_collection").read_bytes()
    assert text.isascii() and not text.endswith(b"\n")
    assert program.stderr().count("\n") == 2, program.stderr()
    assert "4 requests (duplicates left out: 1) saved as" in program.stderr()


@pytest.mark.parametrize(
    ("options", "file", "kept"),
    [
        ((), "default", ["GET 127.0.0.1", "POST 127.0.0.1", "PUT localhost"]),
        (("--name", "api"), "api", ["GET 127.0.0.1", "POST 127.0.0.1", "PUT localhost"]),
        (("--path", "out"), "outdefault", ["GET 127.0.0.1", "POST 127.0.0.1", "PUT localhost"]),
        (("--path", "folder"), "folder/default", ["GET 127.0.0.1", "POST 127.0.0.1", "PUT localhost"]),
        (("--host", "localhost"), "default", ["PUT localhost"]),
        (("--host", "LOCALHOST"), "default", []),
        (("--methods", " get,Put"), "default", ["GET 127.0.0.1", "PUT localhost"]),
        (("--methods", "GET", "--host", "localhost"), "default", []),
    ],
)
def test_options(
    begin: Begin, origin: Origin, tmp_path: Path, options: tuple[str, ...], file: str, kept: list[str]
) -> None:
    (tmp_path / "folder").mkdir()
    program = begin("whatever", *options)
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/")
        post(client, f"{origin.url}/", b"x")
        client.get(f"http://localhost:{origin.port}/", method="PUT")
    assert program.save() == 0
    requests = program.collection(f"{file}.postman_collection")["requests"]
    assert [f"{one['method']} {one['url'].split('/')[2].split(':')[0]}" for one in requests] == kept
    assert program.stdout().count(f"Host: {origin.authority}") == 2, "every request is printed, also what is left out"


@pytest.mark.parametrize(("value", "kept"), [("false", False), ("true", True), ("False", True), ("no", True)])
def test_restricted_headers(begin: Begin, origin: Origin, value: str, kept: bool) -> None:
    program = begin("save", "--restricted_headers", value)
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/", "cookie: a", "COOKIE: b", "X-Own: 1", "User-Agent: c")
    assert program.save() == 0
    [request] = program.collection()["requests"]
    whole = f"Host: {origin.authority}\ncookie: a\nCOOKIE: b\nX-Own: 1\nUser-Agent: c\n"
    assert request["headers"] == (whole if kept else "X-Own: 1\n")
    assert origin.call("/").request.get("user-agent") == b"c", "what is sent on has them all"


@pytest.mark.parametrize("arguments", [("proxy",), ("proxy", "--tcp_connection", "false"), ("save", "--tcp_c", "0")])
def test_who_sends(begin: Begin, origin: Origin, arguments: tuple[str, ...]) -> None:
    with Connect(answering(b"\x1b]0;title\x07\xff")) as peer:
        program = begin(*arguments, "--tcp_port", str(peer.port))
        with Client(program.proxy) as client:
            client.get(f"{origin.url}/1")
        assert program.save() == 0
        assert [message["url"] for message in peer.messages] == [f"{origin.url}/1"]
    assert r"received data: \x1b]0;title\x07ÿ" in program.stdout(), "a peer does not write to the terminal"


def test_nobody_listens(begin: Begin, origin: Origin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    program = begin("proxy", "--tcp_port", str(port))
    with Client(program.proxy) as client:
        for number in range(3):
            client.get(f"{origin.url}/{number}")
    assert program.save() == 0
    assert program.stdout().count("Sent to Postman") == 3, "as it always said"
    assert len(urls(program)) == 3
    assert program.stderr().count("does not take requests: Connection refused") == 1
    assert f"3 of 3 requests were not sent to 127.0.0.1:{port}." in program.stderr()
    assert program.stderr().count("not sent to") == 1, "once"


def test_a_silent_peer_stalls_nothing(begin: Begin, origin: Origin) -> None:
    """Not the proxy, not the end, not the file."""
    with Connect(silent) as peer:
        program = begin("proxy", "--tcp_port", str(peer.port))
        with Client(program.proxy) as client:
            for number in range(200):
                client.get(f"{origin.url}/{number}")
        wait_for(lambda: peer.messages, "the first one")
        program.interrupt()
        wait_for(lambda: "still to be sent" in program.stderr(), "what is left to be told")
        program.interrupt()
        assert program.process.wait(30) == 0
        assert len(urls(program)) == 200
    left = re.search(r"(\d+) of 200 requests were not sent", program.stderr())
    assert left and 200 - int(left[1]) <= len(peer.messages) < 200
    assert program.stdout().splitlines()[-3:] == [
        "Press Ctrl+C again to save the collection",
        "You pressed Ctrl+C! Here is the collection file",
        "None",
    ]


def test_two_at_once_while_something_is_in_flight(begin: Begin, origin: Origin) -> None:
    """Its 5 seconds are cut short; its request had come, and is in the file."""
    program = begin("save")
    origin.on("/slow", lambda call: silent(call.sock))
    with Client(program.proxy) as client:
        client.send(f"GET {origin.url}/slow HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        wait_for(lambda: origin.calls_of("/slow"), "the request")
        program.interrupt()
        wait_for(lambda: "Finishing what is in flight" in program.stderr(), "it to wait")
        program.interrupt()
        assert program.process.wait(4) == 0
    assert urls(program) == [f"{origin.url}/slow"]
    assert program.stdout().splitlines()[-3:] == [
        "Press Ctrl+C again to save the collection",
        "You pressed Ctrl+C! Here is the collection file",
        "None",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("when", ["running", "asked for the second"])
def test_sigterm_saves(begin: Begin, origin: Origin, when: str, number: int) -> None:
    """So does a terminal that is closed."""
    program = begin("save")
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/1")
    if when != "running":
        program.interrupt()
        program.wait_for_line("Press Ctrl+C again to save the collection")
    program.process.send_signal(number)
    assert program.process.wait(30) == 0
    assert urls(program) == [f"{origin.url}/1"]
    assert program.stdout().splitlines()[-2:] == ["Here is the collection file", "None"]


def test_many_interrupts_never_leave_a_part_of_a_file(begin: Begin, origin: Origin) -> None:
    program = begin("save")
    (program.folder / "default.postman_collection").write_text("the old one")
    with Client(program.proxy) as client:
        for number in range(300):
            client.get(f"{origin.url}/{number}")

    def ended() -> bool:
        if "None" not in program.stdout().splitlines():
            program.interrupt()
        return program.process.poll() is not None

    wait_for(ended, "the end")
    assert program.process.returncode == 0
    assert len(urls(program)) == 300
    assert not [*program.folder.glob("*.part"), *program.folder.glob(".*.part")]


def test_what_the_client_did_not_send_whole_is_no_request(begin: Begin, origin: Origin) -> None:
    program = begin("save")
    with Client(program.proxy) as client:
        client.send(
            f"POST {origin.url}/cut HTTP/1.1\r\nHost: {origin.authority}\r\nContent-Length: 9\r\n\r\nx".encode()
        )
        wait_for(lambda: origin.calls_of("/cut"), "its head to come")
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/whole")
    assert program.save() == 0
    assert urls(program) == [f"{origin.url}/whole"]
    assert "1 more are left out" in program.stderr()


def test_no_server_is_a_request_all_the_same(begin: Begin) -> None:
    """The old one took it before it was sent on. Of a body that had not all come there is what had, and a word."""
    program = begin("save")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    url = f"http://{host}/"
    with Client(program.proxy) as client:
        assert client.get(url).status == 502
    for line in ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Content-Length: 9\r\n\r\npart"):
        with Client(program.proxy) as client:
            client.send(f"POST {url} HTTP/1.1\r\nHost: {host}\r\n{line}".encode())
            assert client.answer("POST").status == 502
    assert program.save() == 0
    assert "Sent response" not in program.stdout()
    assert [(one["url"], one["data"]) for one in program.collection()["requests"]] == [
        (url, []),
        (url, "hello"),
        (url, "part"),
    ]
    assert descriptions(program) == ["", "", CUT]
    assert "left out" not in program.stderr()


def test_one_that_was_answered_before_it_had_come_whole(begin: Begin, origin: Origin) -> None:
    program = begin("save")
    answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    origin.on("/large", lambda call: call.sock.sendall(answer))
    head = f"POST {origin.url}/large HTTP/1.1\r\nHost: {origin.authority}\r\nContent-Length: 99999\r\n\r\n"
    with Client(program.proxy) as client:
        client.send(f"{head}part".encode())
        assert client.answer("POST").status == 413
    assert program.save() == 0
    assert descriptions(program) == [CUT]
    assert "1 of them have a body that is not as it was sent" in program.stderr()


def test_a_stream_that_was_reset_in_the_middle_is_no_request(begin: Begin, tls_origin: Origin) -> None:
    """HTTP/2 needs no length that would tell."""
    program = begin("save")
    trust = program.home / "ca" / "ca.pem"
    with Http2Client.through(program.proxy, tls_origin.authority, trust).start() as client:
        stream = client.request("/cut", "POST", end=False)
        client.upload(stream, b"half", end=False)
        wait_for(lambda: tls_origin.calls_of("/cut"), "its head to come")
        client.send(rst_stream(stream, Code.CANCEL))
        client.round_trip()
    assert program.save() == 0
    assert urls(program) == []
    assert "1 more are left out" in program.stderr()


def test_a_file_that_cannot_be_written_goes_elsewhere(begin: Begin, origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    program = begin("save", "--path", "gone", "--name", "my api")
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/1")
    (tmp_path / "gone").rmdir()
    assert program.save() == 1
    [spare] = (program.home / "pmproxy").iterdir()
    assert urls(program, f"home/pmproxy/{spare.name}") == [f"{origin.url}/1"]
    assert re.fullmatch(r"my_api-\d{8}-\d{6}\.postman_collection", spare.name)
    said = program.stderr()
    assert "gone/my api.postman_collection could not be written: No such file or directory" in said
    assert str(spare) in said and "ls --session 'pmproxy my api " in said


def test_the_file_is_for_this_user_alone(begin: Begin, origin: Origin) -> None:
    """It has passwords and, if asked for, cookies; and a link that lies in its place leads nowhere."""
    program = begin("save")
    (program.folder / "target").write_text("mine")
    file = program.folder / "default.postman_collection"
    file.symlink_to("target")
    assert program.save() == 0
    assert (program.folder / "target").read_text() == "mine"
    assert not file.is_symlink() and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert urls(program) == []


def test_a_reader_that_goes_away_ends_the_printing_alone(begin: Begin, origin: Origin) -> None:
    reads, writes = os.pipe()
    program = begin("save", stdout=writes)
    os.close(writes)
    with os.fdopen(reads, "rb") as lines:
        assert lines.readline().startswith(b"Proxy running at ")
    with Client(program.proxy) as client:
        for number in range(20):
            client.get(f"{origin.url}/{number}")
    program.interrupt()
    wait_for(lambda: not (program.home / "run.json").exists(), "the proxy to stop")
    program.interrupt()
    assert program.process.wait(30) == 0
    assert len(urls(program)) == 20
    assert "Traceback" not in program.stderr() and "Exception" not in program.stderr()


def test_a_reader_that_does_not_read_holds_up_no_end(begin: Begin, origin: Origin) -> None:
    reads, writes = os.pipe()
    with os.fdopen(reads, "rb"):
        program = begin("save", stdout=writes)
        os.close(writes)
        with Client(program.proxy) as client:
            for number in range(40):
                client.get(f"{origin.url}/{number}", f"X-Long: {'x' * 4000}")
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(30) == 0
    assert len(urls(program)) == 40


@pytest.mark.parametrize("numbers", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)])
def test_a_full_pipe_holds_up_no_end(begin: Begin, numbers: tuple[int, ...]) -> None:
    """Without any traffic: it is the first lines that nobody reads."""
    reads, writes = os.pipe()
    with os.fdopen(reads, "rb"):
        os.set_blocking(writes, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writes, b"x")
        os.set_blocking(writes, True)
        program = begin("save", stdout=writes)
        os.close(writes)
        for number in numbers:
            program.process.send_signal(number)
            wait_for(lambda: not (program.home / "run.json").exists(), "the end of the proxy")
        assert program.process.wait(12) == 0
    assert urls(program) == []


def test_many_interrupts_to_the_end_of_the_process(begin: Begin) -> None:
    """Saved is 0, however many come when it is."""
    program = begin("save")
    while program.process.poll() is None:
        program.interrupt()
    assert program.process.returncode == 0
    assert urls(program) == []


def test_sigterm_before_it_has_begun(tmp_path: Path) -> None:
    """A word and a code of ours."""
    env = {**os.environ, "WIREGLASS_HOME": str(tmp_path / "home")}
    program = "import os, signal, sys; from wireglass.cli import pmproxy; from wireglass.app.signals import Signals;"
    program += "s = Signals(); s.begin(); os.kill(os.getpid(), signal.SIGTERM);"
    program += "sys.exit(pmproxy.main(['save', '--port', '0'], s))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "pmproxy: Stopped before there was anything to save.\n"


def test_a_home_in_use(begin: Begin, start: Callable[..., Wireglass], tmp_path: Path) -> None:
    start()
    env = {**os.environ, "WIREGLASS_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [COMMAND, "save", "--port", "0"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "is in use by Wireglass (pid " in done.stderr and "WIREGLASS_HOME=DIR" in done.stderr


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = {**os.environ, "WIREGLASS_HOME": str(tmp_path / "home")}
        done = subprocess.run(
            [COMMAND, "save", "--port", port], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(rf"Port {port} on 127\.0\.0\.1 is taken by .* with --port \d+\.\n", done.stderr)


def test_it_listens_on_loopback_alone(begin: Begin) -> None:
    assert begin("save").proxy.startswith("127.0.0.1:")


def test_bind(begin: Begin) -> None:
    assert begin("save", "--bind", "::1").proxy.startswith("[::1]:")


def test_what_is_open_or_unusual_is_said(begin: Begin) -> None:
    program = begin("save", "--bind", "0.0.0.0", "--insecure")
    wait_for(lambda: "No server has to prove who it is" in program.stderr(), "--insecure")
    assert "Everybody in the network can send requests through this proxy" in program.stderr()


def test_insecure(begin: Begin, authority: Authority) -> None:
    """Servers are verified, as the old one did not."""
    with Origin(authority.server_context("elsewhere.test")) as wrong:
        for options, status in (((), 502), (("--insecure",), 200)):
            program = begin("save", *options)
            with Client(program.proxy) as client:
                assert client.connect(wrong.authority).status == 200
                client.secure("localhost", program.home / "ca" / "ca.pem")
                assert client.get("/", f"Host: {wrong.authority}").status == status
            assert program.save() == 0


def test_filter(begin: Begin, origin: Origin) -> None:
    """One Ctrl-C ends it; nothing is saved, and every other option is as if it were not there."""
    with Connect() as peer:
        program = begin("filter", "--name", "x", "--path", "nowhere/", "--tcp_c", "true", "--tcp_p", str(peer.port))
        origin.on("/moved", fixed(b"", b"Location: /there", status=b"302 Found"))
        with Client(program.proxy) as client:
            answer = client.get(f"{origin.url}/moved", "Postman-Cookie: a=b", "X: 1", "POSTMAN-Origin: http://o.test")
            assert answer.get("postman-location") == b"/there" and answer.get("location") is None
            client.get(f"{origin.url}/plain", "Postman-Content-Length: 7")
        wait_for(lambda: program.stdout().count("###") == 4, "both")
        program.interrupt()
        assert program.process.wait(30) == 0
        assert peer.messages == []
    request = origin.call("/moved").request
    assert request.get("cookie") == b"a=b" and request.get("origin") == b"http://o.test"
    lines = program.stdout().splitlines()
    assert lines[0] == "Press Ctrl+C to stop the proxy"
    assert lines[1:4] == ["Found postman-cookie", "Found postman-origin", "###Incoming headers###"]
    assert "Postman-Location: /there" in lines and not any(line.startswith("Location") for line in lines)
    assert lines.count("###Incoming headers###") == 2
    assert [*program.folder.glob("*collection*")] == []


def test_what_passed_is_in_the_record(begin: Begin, origin: Origin) -> None:
    """With its response, in a session of its own."""
    program = begin("save", "--name", "api")
    with Client(program.proxy) as client:
        client.get(f"{origin.url}/1")
    assert program.save() == 0
    reading = Wireglass(program.home)
    [row] = reading.ls()
    assert (row.url, row.status) == (f"{origin.url}/1", 200)
    [session] = row.sessions
    assert re.fullmatch(r"pmproxy api \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", session)


def test_terminal_controls_of_a_request_are_shown(begin: Begin, origin: Origin) -> None:
    """THREAT_MODEL.md: what a peer sent moves no cursor."""
    program = begin("save")
    with Client(program.proxy) as client:
        post(client, f"{origin.url}/", b"x", "Content-Type: a\xc2\x9b31m", "X-Title: \xe2\x80\xae")
    assert program.save() == 0
    out = program.stdout()
    assert r"a\x9b31m" in out and r"X-Title: \u202e" in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)


@pytest.mark.alone
def test_a_thousand_requests_a_second(begin: Begin) -> None:
    """For 10 seconds, sent to a peer as they come: the file and the peer have each once."""
    count, rate, clients = 10_000, 1000, 16

    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with load.Server() as server:
            crowd = await load.crowd(program.proxy, clients)
            begun = loop.time()
            numbers = iter(range(count))

            async def ask(client: load.Client) -> None:
                for number in numbers:
                    await asyncio.sleep(begun + number / rate - loop.time())
                    assert (await client.ask(server.get(f"/{number}"))).startswith(b"HTTP/1.1 200 OK")

            await asyncio.gather(*map(ask, crowd))
            for client in crowd:
                client.close()
            return loop.time() - begun

    with Connect() as peer:
        program = begin("save", "--tcp_connection", "true", "--tcp_port", str(peer.port))
        taken = load.run(main, 60)
        assert program.save(60) == 0
        sent = [message["url"].rpartition("/")[2] for message in peer.messages]
    assert sorted(sent, key=int) == [str(number) for number in range(count)]
    assert sorted(url.rpartition("/")[2] for url in urls(program)) == sorted(sent)
    assert taken < 2 * count / rate, "the proxy did not keep up"
    assert "not sent" not in program.stderr()
