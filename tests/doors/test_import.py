"""``wireglass import``: what other programs have written, into a record that is in use, and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from tests.doors.conftest import Authority
from tests.formats.har_files import differences, entry, har_of
from tests.peers import mitmproxy, network_panel
from tests.peers.chromium import chromium
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for

MESSAGES = [
    {"type": "send", "time": 1714979289.5, "opcode": 1, "data": "grüß"},
    {"type": "receive", "time": 1714979290.25, "opcode": 2, "data": "AAEC/w=="},
]
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.fixture
def program(tmp_path: Path, authority: Authority) -> Iterator[Wireglass]:
    program = Wireglass(tmp_path / "home", trust=authority.path)
    yield program
    program.clear()


def _import(home: Path, file: Path, *arguments: str) -> dict[str, Any]:
    command: list[str | Path] = [COMMAND, "import", file, "--json", "--home", home, *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    session: dict[str, Any] = json.loads(done.stdout)
    return session


def _messages(program: Wireglass, number: int) -> list[tuple[str, str]]:
    lines = program.ask("show", str(number), "--messages", "--json").splitlines()
    return [(one["side"], one.get("text") or one["base64"]) for one in map(json.loads, lines)]


def _numbers(program: Wireglass) -> list[int]:
    return [row.id for row in program.ls()]


def test_a_file_of_mitmproxy(program: Wireglass, tmp_path: Path) -> None:
    file = tmp_path / "mitmproxy.har"
    mitmproxy.write_har(file)
    assert _import(program.home, file)["note"] == "HAR by mitmproxy 12.2.3"
    plain, socket, failed = program.ls()
    assert (plain.method, plain.url, plain.status, plain.type) == ("GET", "http://address:22/path", 200, "text/html")
    assert program.body(plain.id, "response", raw=False) == "<p>grüße</p>".encode()
    assert (socket.protocol, socket.status) == ("websocket", 101)
    assert _messages(program, socket.id) == [
        ("request", "aGVsbG8gYmluYXJ5"),
        ("request", "hello text"),
        ("response", "it's me"),
    ]
    assert failed.state == "failed"


def test_a_file_of_playwright(program: Wireglass, origin: Origin, tmp_path: Path) -> None:
    """Chromium's traffic, as its automation records it."""
    origin.on("/", fixed(b"<script>fetch('/api', {method: 'POST', body: '{}'})</script>", b"Content-Type: text/html"))
    origin.on("/api", fixed(b'{"a": 1}', b"Content-Type: application/json", b"Set-Cookie: s=1; Path=/"))
    file = tmp_path / "playwright.har"
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = browser.new_context(record_har_path=file, record_har_content="embed")
        page = context.new_page()
        with page.expect_response("**/api") as answered:
            page.goto(origin.url)
        answered.value.finished()
        context.close()
        browser.close()
    _import(program.home, file)
    [document] = program.rows(f"{origin.url}/")
    [call] = program.rows(f"{origin.url}/api")
    assert (document.status, document.type, call.method, call.type) == (200, "text/html", "POST", "application/json")
    shown = program.show(call.id)
    assert (shown["request"]["body"]["data"], shown["response"]["body"]["data"]) == ("{}", '{"a": 1}')
    assert ["set-cookie", "s=1; Path=/"] in [[name.lower(), value] for name, value in shown["response"]["headers"]]


def test_a_file_of_the_developer_tools(program: Wireglass, tmp_path: Path) -> None:
    """Through Chromium's own reader and writer, ours on both sides of them."""
    coded = [{"name": "Content-Encoding", "value": "br"}, {"name": "Content-Type", "value": "application/json"}]
    ours = tmp_path / "ours.har"
    ours.write_bytes(
        har_of(
            entry(
                _resourceType="fetch",
                response={"headers": coded},
                content={"text": '{"ä": 1}', "mimeType": "application/json"},
            ),
            entry(
                startedDateTime="2024-05-06T07:08:10.123Z",
                _resourceType="websocket",
                _webSocketMessages=MESSAGES,
                request={"url": "wss://example.test/chat"},
                response={"status": 101, "headers": []},
                content={"text": ""},
            ),
            entry(
                startedDateTime="2024-05-06T07:08:11.123Z",
                _resourceType="image",
                response={"headers": [{"name": "Content-Type", "value": "image/png"}]},
                content={"encoding": "base64", "text": "gAH/", "mimeType": "image/png", "size": 3},
            ),
        )
    )
    theirs = tmp_path / "chrome.har"
    theirs.write_text(network_panel.open_har(ours, 3, export=True).har)
    assert _import(program.home, theirs)["note"].startswith("HAR by WebInspector ")
    fetched, socket, picture = program.ls()
    assert program.body(fetched.id, "response", raw=False) == '{"ä": 1}'.encode()
    assert _messages(program, socket.id) == [("request", "grüß"), ("response", "AAEC/w==")]
    assert (program.body(picture.id, "response"), picture.type) == (b"\x80\x01\xff", "image/png")


def test_into_a_record_that_is_in_use(program: Wireglass, origin: Origin, tmp_path: Path) -> None:
    """A running capture does the work; a damaged file says the same as without one."""
    file = tmp_path / "some.har"
    file.write_bytes(har_of(*[entry(request={"url": f"http://a.test/{number}"}) for number in range(50)]))
    program.start()
    assert _import(program.home, file)["exchanges"] == 50
    file.write_bytes(har_of(entry(), {}))
    done = subprocess.run([COMMAND, "import", file, "--home", program.home], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert f"{file}: Entry 2 (log.entries[1], line 1, column " in done.stderr.decode()
    subprocess.run(["curl", "-sS", "-x", f"http://{program.proxy}", f"{origin.url}/live"], check=True)
    program.row(f"{origin.url}/live")
    assert len(program.ls()) == 51
    assert "Traceback" not in program.stop()


@pytest.mark.parametrize("running", [False, True])
def test_ctrl_c_in_the_middle_leaves_nothing(running: bool, program: Wireglass, tmp_path: Path) -> None:
    file = tmp_path / "large.har"
    text = json.dumps(entry(content={"text": "x" * 5000}))
    with file.open("w") as out:
        out.write('{"log": {"entries": [' + text)
        for _ in range(20_000):
            out.write("," + text)
        out.write("]}}")
    if running:
        program.start()
    store = program.home / "store" / "wireglass.db"
    importing = subprocess.Popen(
        [COMMAND, "import", file, "--home", program.home], stderr=subprocess.PIPE, start_new_session=True
    )

    def grown() -> bool:
        """Some of it is in the store."""
        log = store.with_name(store.name + "-wal")
        return log.exists() and log.stat().st_size > 2_000_000

    wait_for(grown, "the import to be on its way")
    os.killpg(importing.pid, signal.SIGINT)
    assert importing.wait(60) == 130
    wait_for(lambda: not list(program.home.rglob("upload-*")), "the capture to be done with the file")
    assert program.ask("session", "ls", "--json").count(b'"source":"import"') == 0
    assert _numbers(program) == []
    if running:
        assert "Traceback" not in program.stop()
    importing.communicate()


def test_memory_does_not_depend_on_the_file(program: Wireglass, tmp_path: Path) -> None:
    """128 MB in one body, and 40 MB in small ones."""
    file = tmp_path / "large.har"
    head, tail = json.dumps(entry(content={"text": "@"})).split("@")
    with file.open("w") as out:
        out.write('{"log": {"entries": [' + head)
        for _ in range(128):
            out.write("0123456789abcde\\n" * 2**16)
        out.write(tail)
        small = json.dumps(entry(content={"text": "y" * 3000}))
        for _ in range(10_000):
            out.write("," + small)
        out.write("]}}")
    assert file.stat().st_size > 160_000_000
    command = [sys.executable, "-c", PEAK, str(COMMAND), "import", str(file), "--home", str(program.home)]
    done = subprocess.run(command, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout.split()[-1]) < 120_000_000
    assert len(program.body(1, "response")) == 128 * 16 * 2**16


def test_real_traffic_there_and_back(program: Wireglass, origin: Origin, tmp_path: Path) -> None:
    """What the proxy has recorded: exported, imported and exported again it is the same file but for ids."""
    origin.on("/text", fixed("größe".encode(), b"Content-Type: text/plain; charset=utf-8", b"X-Latin: caf\xe9"))
    origin.on("/bytes", fixed(bytes(range(256)), b"Content-Type: application/octet-stream"))
    program.start()
    proxied = ["curl", "-sS", "-o", "/dev/null", "-x", f"http://{program.proxy}"]
    for more in (
        ["/text"],
        ["/bytes", "--data", "a=1&b=2"],
        ["/none", "-H", "Cookie: a=1; b"],
        ["/text?x=1", "--head"],
    ):
        subprocess.run([*proxied, origin.url + more[0], *more[1:]], check=True)
    subprocess.run([*proxied, "http://127.0.0.1:1/refused"], check=True)
    wait_for(lambda: len([row for row in program.ls() if row.state != "open"]) == 5, "all to be recorded")
    program.stop()
    files = [tmp_path / "1.har", tmp_path / "2.har"]
    program.ask("export", "--with-secrets", "-o", str(files[0]))
    other = Wireglass(tmp_path / "other")
    _import(other.home, files[0])
    other.ask("export", "--with-secrets", "-o", str(files[1]))
    first, second = (json.loads(file.read_bytes()) for file in files)
    for one in (*first["log"]["entries"], *second["log"]["entries"]):
        del one["_id"], one["_sessions"]
    assert len(first["log"]["entries"]) == 5
    assert differences(first, second) == []
