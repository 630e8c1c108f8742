"""Text that servers and clients choose: in a browser it must not become a page's script, in a terminal no command."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.peers.chromium import chromium
from tests.peers.client import Client
from tests.peers.origin import Origin, fixed, say
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for

INJECTED = "<img src=x onerror=window.ran=1><script>window.ran=1</script><svg/onload=window.ran=1>"
BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[8m\x9b5n\x90q\u202e\u2066"
"""Sets the title, clears, hides, makes the terminal answer (8 bit), begins a device control string, turns the line."""
IN_HEADERS = ESCAPES.encode()
DANGEROUS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = [
        "--disable-background-networking",
        "--proxy-bypass-list=<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags, headless=True)
        yield browser
        browser.close()


def refused_requests(origin: Origin) -> dict[str, bytes]:
    """What a client can put into a request so that the answer is ours."""
    injected = INJECTED.encode()
    host = injected.replace(b" ", b"/")
    return {
        "host": b"GET http://%b/ HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % (host, BROWSER.encode()),
        "name not found": b"GET http://%b.invalid/%b HTTP/1.1\r\nHost: y\r\n%b\r\n\r\n"
        % (b"x" * 9, host, BROWSER.encode()),
        "Host field": b"GET / HTTP/1.1\r\nHost: %b\r\n%b\r\n\r\n" % (injected, BROWSER.encode()),
        "method": b"%b %b/ HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % (host, origin.url.encode(), BROWSER.encode()),
        "field name": b"GET %b/ HTTP/1.1\r\nHost: x\r\n%b: 1\r\n%b\r\n\r\n"
        % (origin.url.encode(), injected, BROWSER.encode()),
        "length": b"GET %b/ HTTP/1.1\r\nHost: x\r\nContent-Length: %b\r\n%b\r\n\r\n"
        % (origin.url.encode(), injected, BROWSER.encode()),
    }


def test_what_a_request_holds_is_text_on_our_pages(wireglass: Wireglass, origin: Origin, browser: Browser) -> None:
    """Looked at by a browser without the policy that our header adds: the escaping alone must do."""
    page = browser.new_page()
    shown = []
    for what, request in refused_requests(origin).items():
        with Client(wireglass.proxy) as client:
            client.send(request)
            answer = client.answer()
        assert answer.status >= 400, what
        assert b"\r" not in (answer.get("Wireglass-Error") or b"")
        page.set_content(answer.body.decode())
        shown.append(page.inner_text("body"))
        assert page.evaluate("window.ran") is None, what
        assert page.locator("img, script, svg").count() == 0, what
    assert any("onerror=" in text for text in shown), "some page says what it was given"
    assert origin.calls == []
    page.close()


RESPONSES = {
    "/status-line": b"HTTP/1.1 %b\r\n\r\n",
    "/lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nX: %b\r\n\r\nxx",
    "/control": b"HTTP/1.1 200 OK\r\nX: \0%b\r\n\r\n",
    "/no-http": b"%b\r\n\r\n",
}


def test_what_a_server_sends_is_text_on_our_pages(wireglass: Wireglass, origin: Origin, browser: Browser) -> None:
    """Chromium asks through the proxy, and gets the page as people do."""
    context = browser.new_context(proxy={"server": f"http://{wireglass.proxy}"})
    page = context.new_page()
    for path, response in RESPONSES.items():
        url = origin.on(path, say(response % INJECTED.encode(), close=True))
        answer = page.goto(url)
        assert answer is not None
        assert (answer.status, "wireglass-error" in answer.headers) == (502, True), path
        assert "Answered by Wireglass" in page.inner_text("body")
        assert page.evaluate("window.ran") is None, path
        assert page.locator("img, script, svg").count() == 0, path
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    context.close()


def on_a_terminal(*command: str | Path, variables: Mapping[str, str] | None = None, until: str = "") -> str:
    """What reaches the terminal, without colours of ours; ``until`` is waited for, then Ctrl-C is sent."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "400", "PYTHONUNBUFFERED": "1", **(variables or {})}
    shown = b""
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, stdin=theirs, env=environ, start_new_session=True
    ) as process:
        os.close(theirs)
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # EIO: the last one with the terminal open has gone
                break
            if not data:
                break
            shown += data
            if until and until.encode() in shown:
                os.killpg(process.pid, signal.SIGINT)
                until = ""
        os.close(ours)
    return shown.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def harmless(shown: str) -> None:
    found = DANGEROUS.search(shown)
    assert found is None, shown[max(0, found.start() - 80) : found.end() + 20]


@pytest.fixture
def hostile(wireglass: Wireglass, origin: Origin) -> dict[str, int]:
    """Exchanges full of terminal commands: the ids, by what they are in."""
    urls = {
        "headers": origin.on(
            "/headers",
            fixed(
                IN_HEADERS, b"X-Title: " + IN_HEADERS, b"Content-Type: text/plain; x=" + IN_HEADERS, b"Server: \x9bq"
            ),
        ),
        "reason": origin.on("/reason", say(b"HTTP/1.1 200 " + IN_HEADERS + b"\r\nContent-Length: 0\r\n\r\n")),
        "malformed": origin.on("/malformed", say(b"HTTP/1.1 200 OK\r\nbad" + IN_HEADERS + b": 1\r\n\r\n", close=True)),
    }
    ids = {}
    for name, url in urls.items():
        with Client(wireglass.proxy) as client:
            client.get(url, "User-Agent: \xc2\x9b\xe2\x80\xae")
        ids[name] = wireglass.row(url).id
    before = len(wireglass.ls())
    for bad in (
        b"GET http://a/%b HTTP/1.1\r\n\r\n",
        b"%b http://b/ HTTP/1.1\r\n\r\n",
        b"GET http://%b/ HTTP/1.1\r\n\r\n",
    ):
        with Client(wireglass.proxy) as client:
            client.send(bad % IN_HEADERS)
            client.answer()
    wait_for(lambda: len(wireglass.ls()) == before + 3, "the refused requests in the record")
    return ids


def test_a_terminal_that_shows_the_record_gets_no_commands(wireglass: Wireglass, hostile: Mapping[str, int]) -> None:
    home = ("--home", wireglass.home)
    shown = on_a_terminal(COMMAND, "ls", *home)
    assert "/headers" in shown
    harmless(shown)
    for row in wireglass.ls()[-len(hostile) - 3 :]:
        harmless(on_a_terminal(COMMAND, "show", str(row.id), *home))
    for flags in (("--json",), ("--raw",), ("--response-body",), ("--request-body",)):
        harmless(on_a_terminal(COMMAND, "show", str(hostile["headers"]), *flags, *home))
    assert "\\x1b]0;owned\\x07" in on_a_terminal(COMMAND, "show", str(hostile["headers"]), *home)
    harmless(on_a_terminal(COMMAND, "ls", "--json", *home))


def test_a_terminal_that_follows_the_record_gets_no_commands(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/tail", fixed(b"", b"Content-Type: a/b" + IN_HEADERS, b"X: " + IN_HEADERS))
    over = threading.Event()

    def ask() -> None:
        with Client(wireglass.proxy) as client:
            while not over.wait(0.05):  # tail shows what comes after it has begun
                client.get(url)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        shown = on_a_terminal(COMMAND, "tail", "--home", wireglass.home, until="/tail")
    finally:
        over.set()
        asking.join()
    harmless(shown.replace("^C", ""))


def test_a_terminal_that_is_told_what_is_wrong_gets_no_commands(wireglass: Wireglass) -> None:
    """Of variables that somebody's project has set, and of words on a command line that was copied from a page."""
    home = ("--home", str(wireglass.home))
    variables = {"http_proxy": f"http://{ESCAPES}:1", "no_proxy": ESCAPES, "REQUESTS_CA_BUNDLE": f"/x{ESCAPES}"}
    shown = on_a_terminal(COMMAND, "doctor", *home, variables=variables)
    assert "no-proxy" in shown
    harmless(shown)
    for words in (
        ("run", *home, f"/none{ESCAPES}"),
        ("show", *home, ESCAPES),
        ("browser", *home, f"http://{ESCAPES}/"),
        ("browser", *home, "--browser", ESCAPES),
        ("export", *home, "--since", ESCAPES),
        ("device", *home, f"--{ESCAPES}"),
        ("up", "--listen", ESCAPES),
        ("up", "--session", ESCAPES),
        ("up", "--home", f"/dev/null/{ESCAPES}"),
        ("run", "--home", f"/dev/null/{ESCAPES}", "true"),
        (ESCAPES,),
    ):
        shown = on_a_terminal(COMMAND, *words)
        assert "wireglass: " in shown, words
        harmless(shown)
