"""``wireglass browser``: a real browser, started by the real command, on pages of a real HTTPS server."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec
import pytest
from playwright.sync_api import Error, sync_playwright
from tests.doors.conftest import Authority
from tests.peers import chromium
from tests.peers.chromium import BrowserCommand
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Row, Wireglass, children
from tests.peers.waiting import wait_for

from wireglass.app.home import Run

CHROMIUM = " -- --headless=new --remote-debugging-port=0"
FIREFOX = " -- --headless"
HTML = b"Content-Type: text/html"
PAGE = b"<!doctype html><link rel=icon href=data:,><title>t</title><script>fetch('/seen').then(a=>a.text())</script>"

Browse = Callable[..., BrowserCommand]


@pytest.fixture
def browse(tmp_path: Path, authority: Authority) -> Iterator[Browse]:
    started: list[BrowserCommand] = []

    def begin(*arguments: str) -> BrowserCommand:
        started.append(BrowserCommand(tmp_path / "home", *arguments, trust=authority.path))
        return started[-1]

    yield begin
    for command in started:
        command.clear()


@pytest.fixture
def page(tls_origin: Origin) -> str:
    """The URL of a page that asks for /seen once it has been accepted, by the name that browsers leave unproxied."""
    tls_origin.on("/", fixed(PAGE, HTML))
    tls_origin.on("/seen", fixed(b"ok", b"Content-Type: text/plain"))
    return f"https://localhost:{tls_origin.port}/"


def seen(origin: Origin, command: BrowserCommand) -> None:
    def look() -> bool:
        assert command.process.poll() is None, command.said
        return bool(origin.calls_of("/seen"))

    wait_for(look, "the page's own request", 60)


def close(command: BrowserCommand) -> None:
    """As a person closes the last window."""
    address = command.devtools()
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(address)
        browser.new_browser_cdp_session().send("Browser.close")


def recorded(home: Path, origin: Origin) -> list[Row]:
    """Without the connections to ``origin`` that a starting Chromium gives up inside the handshake, to open others at
    once: seen in two of some 60 starts. That the certificate is accepted is what the exchanges prove."""
    given_up = ("CONNECT", f"localhost:{origin.port}", "client_distrust")
    return [row for row in Wireglass(home).ls() if (row.method, row.url, row.error_kind) != given_up]


def no_profile_left(home: Path) -> bool:
    return not list(home.glob("browsers/*"))


def test_chromium_is_captured_and_trusts_the_ca(browse: Browse, page: str, tls_origin: Origin, tmp_path: Path) -> None:
    """No capture runs before: one is started, and ends with the browser."""
    command = browse(f"{page} --browser {chromium.chromium()}{CHROMIUM}")
    seen(tls_origin, command)
    [profile] = (tmp_path / "home" / "browsers").iterdir()
    assert profile.stat().st_mode & 0o777 == 0o700
    close(command)
    assert command.end() == 0, command.said
    rows = recorded(tmp_path / "home", tls_origin)
    assert [(row.method, row.url, row.status, row.state) for row in rows] == [
        ("GET", page, 200, "done"),
        ("GET", f"{page}seen", 200, "done"),
    ]
    assert no_profile_left(tmp_path / "home")
    assert re.search(r"Recorded \d exchanges", command.said)
    assert ("without its sandbox" in command.said) == (os.geteuid() == 0)


def test_firefox_is_captured_and_trusts_the_ca(browse: Browse, page: str, tls_origin: Origin, tmp_path: Path) -> None:
    command = browse(f"{page} --browser {chromium.firefox()}{FIREFOX}")
    seen(tls_origin, command)
    assert command.end(signal.SIGINT) == 130, command.said
    rows = recorded(tmp_path / "home", tls_origin)
    assert {(row.method, row.url, row.status) for row in rows} == {("GET", page, 200), ("GET", f"{page}seen", 200)}
    assert no_profile_left(tmp_path / "home")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_closes_the_browser(
    browse: Browse,
    start: Callable[..., Wireglass],
    page: str,
    tls_origin: Origin,
    tmp_path: Path,
    sent: signal.Signals,
    code: int,
) -> None:
    """And a capture that ran before goes on."""
    running = start(home=tmp_path / "home")
    command = browse(f"{page} --browser {chromium.chromium()}{CHROMIUM}")
    seen(tls_origin, command)
    browsers = children(command.process.pid)
    assert browsers
    assert command.end(sent) == code, command.said
    assert not [pid for pid in browsers if Path(f"/proc/{pid}").exists()]
    assert no_profile_left(tmp_path / "home")
    assert running.row(f"{page}seen").status == 200
    assert running.process.poll() is None


def test_a_browser_ends_with_the_program_that_was_asked_for_it(
    start: Callable[..., Wireglass], tls_origin: Origin, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it ends: nobody is left who could close it, and its proxy is gone."""
    with monkeypatch.context() as patch:
        for name, value in chromium.desktop(tmp_path / "bin").items():
            patch.setenv(name, value)
        running = start()
    run = msgspec.json.decode((running.home / "run.json").read_bytes(), type=Run)
    asked = Request(
        f"http://{run.ui}/api/browsers",
        msgspec.json.encode({"name": "chromium", "url": page}),
        {"Authorization": f"Bearer {run.token}", "Content-Type": "application/json"},
    )
    with urlopen(asked, timeout=30) as answer:
        assert answer.status == 201
    wait_for(lambda: tls_origin.calls_of("/seen"), "the page's own request", 60)
    [profile] = (running.home / "browsers").iterdir()
    assert started_with(profile)
    running.process.kill()
    wait_for(lambda: not profile.exists(), "the profile to be removed")
    assert not started_with(profile)


def started_with(path: Path) -> list[int]:
    """Processes that have ``path`` in their command line."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(path) in line.read_bytes():
                found.append(int(line.parent.name))
    return found


def test_two_at_once_do_not_meet(browse: Browse, page: str, tls_origin: Origin, tmp_path: Path) -> None:
    first = browse(f"{page}?1 --browser {chromium.chromium()}{CHROMIUM}")
    wait_for(lambda: len(tls_origin.calls_of("/seen")) == 1, "the first page", 60)
    second = browse(f"{page}?2 --browser {chromium.chromium()}{CHROMIUM}")
    wait_for(lambda: len(tls_origin.calls_of("/seen")) == 2, "the second page", 60)
    assert len(list((tmp_path / "home" / "browsers").iterdir())) == 2
    for command in (second, first):
        close(command)
        assert command.end() == 0, command.said
    assert {row.url for row in recorded(tmp_path / "home", tls_origin)} == {f"{page}?1", f"{page}?2", f"{page}seen"}
    assert no_profile_left(tmp_path / "home")


def test_our_own_page_is_shown_and_not_recorded(browse: Browse, tmp_path: Path) -> None:
    """It comes where no URL is given."""
    command = browse(f"--browser {chromium.chromium()}{CHROMIUM}")
    address = command.devtools()
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(address)
        [page] = browser.contexts[0].pages
        page.wait_for_url("http://wireglass.internal/")
        page.get_by_text("Trust its certificate").wait_for()
        browser.new_browser_cdp_session().send("Browser.close")
    assert command.end() == 0, command.said
    assert Wireglass(tmp_path / "home").ls() == []
    assert "Recorded no exchange" in command.said


def test_others_are_verified(browse: Browse, tmp_path: Path) -> None:
    """The trust is for our CA alone: a server of another, reached directly, is refused."""
    with Origin(Authority(tmp_path).server_context("localhost")) as other:
        # Of a flag given twice the last counts, so that one's own argument wins.
        command = browse(f"--browser {chromium.chromium()}{CHROMIUM} --proxy-bypass-list=localhost")
        address = command.devtools()
        with sync_playwright() as playwright:
            page = playwright.chromium.connect_over_cdp(address).contexts[0].new_page()
            with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
                page.goto(f"https://localhost:{other.port}/")
        assert other.calls == []


def run(
    tmp_path: Path, *arguments: str, path: str | None = None, screen: bool = True
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WIREGLASS_LISTEN": "127.0.0.1:0", **({"PATH": path} if path is not None else {})}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    if screen:
        environment["DISPLAY"] = ":9"  # there need not be one
    words = [str(COMMAND), "browser", "--home", str(tmp_path / "home"), *arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)


def test_no_browser_is_found(tmp_path: Path) -> None:
    for arguments in ([], ["--list"], ["--browser", "brave"]):
        done = run(tmp_path, *arguments, path=str(tmp_path))
        assert (done.returncode, done.stdout) == (1, "")
        assert "not found" in done.stderr or "No browser was found" in done.stderr
        assert "--browser PATH" in done.stderr
    assert not (tmp_path / "home").exists()  # no capture was started for it


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://", "https://a:b:c/", "about:blank", "http://a\nb/"])
def test_a_url_that_cannot_be_captured(tmp_path: Path, url: str) -> None:
    done = run(tmp_path, url)
    assert done.returncode == 2
    assert "is not a URL that can be captured" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_browser_that_does_not_start_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'cannot open display' >&2\nexit 7\n")
    broken.chmod(0o700)
    done = run(tmp_path, "example.com", "--browser", str(broken))
    assert done.returncode == 1
    said = "wireglass: broken ended with exit code 7. The last it said:\n  cannot open display\n"
    assert done.stderr.endswith(said), done.stderr
    assert no_profile_left(tmp_path / "home")
    assert run(tmp_path, "-q", "example.com", "--browser", str(broken), "--", "--x").stderr == said


def test_a_screen_that_is_not_there(tmp_path: Path) -> None:
    """Said before anything is started for it."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho 'heard' >&2\n")
    program.chmod(0o700)
    done = run(tmp_path, path=str(tmp_path), screen=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no screen for Chromium" in done.stderr
    assert "-- --headless=new`" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "home").exists()
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run(tmp_path, "--", "--headless", path=path, screen=False)
    assert (done.returncode, "heard" in done.stderr.splitlines()) == (0, True)
    done = run(tmp_path, "--quiet", "--", "--headless", path=path, screen=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_capture_that_runs_keeps_its_settings(tmp_path: Path, start: Callable[..., Wireglass]) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    running = start(home=tmp_path / "home")
    done = run(tmp_path, "--quiet", "--session", "mine", "--browser", str(program))
    assert done.returncode == 0
    assert f"proxy on {running.proxy}) and keeps its own settings: " in done.stderr
    assert "--session" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_two_urls(tmp_path: Path) -> None:
    done = run(tmp_path, "example.com", "--session", "x", "--headless")
    assert "No such option" in done.stderr
    done = run(tmp_path, "example.com", "-")
    assert done.returncode == 2
    assert "What is for the browser stands behind --: wireglass browser example.com -- -" in done.stderr
    assert "browser --help" in done.stderr


def test_list_as_json(tmp_path: Path) -> None:
    for name in ("brave-browser", "firefox-esr"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o700)
    done = run(tmp_path, "--list", "--json", path=str(tmp_path))
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"name": "brave", "title": "Brave", "path": str(tmp_path / "brave-browser")},
        {"name": "firefox", "title": "Firefox", "path": str(tmp_path / "firefox-esr")},
    ]
