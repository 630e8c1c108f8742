"""Missing, in Chromium: why something is not in the record, and what to do about it."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable

import pytest
import trustme
from playwright.sync_api import Page, expect
from tests.peers.origin import Origin, fixed
from tests.peers.program import Wireglass
from tests.ui.axe import faults
from tests.ui.pages.missing import MissingPage
from tests.ui.pages.shell import Shell
from tests.ui.pages.traffic import TrafficPage


@pytest.fixture
def ask(origin: Origin) -> Callable[[Wireglass], None]:
    """One request through the proxy, which nobody waits to see in the record."""
    origin.on("/quiet", fixed(b"x"))
    return lambda program: curl(program, f"http://127.0.0.1:{origin.port}/quiet")


def curl(program: Wireglass, *arguments: str, fails: bool = False) -> None:
    command = ["curl", "-sS", "--noproxy", "", "-x", program.proxy, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert bool(done.returncode) == fails, done.stderr


def test_where_all_is_kept_it_says_so(page: Page, wireglass: Wireglass) -> None:
    missing = MissingPage(Shell(page, wireglass)).open()
    expect(missing.main.get_by_role("heading", name="Nothing is missing")).to_be_visible()


def test_without_a_session_one_is_started(
    start: Callable[..., Wireglass], page: Page, ask: Callable[[Wireglass], None]
) -> None:
    program = start("--no-session")
    missing = MissingPage(Shell(page, program)).open()
    ask(program)
    expect(missing.row("No session", "127.0.0.1")).to_contain_text("/quiet")
    missing.press("Start a session")
    expect(missing.reason("No session")).to_contain_text("A session is there now.")
    expect(missing.shell.status_bar).to_contain_text("Recording:")


def test_a_paused_session_is_resumed(
    start: Callable[..., Wireglass], page: Page, ask: Callable[[Wireglass], None]
) -> None:
    program = start("--session", "checkout")
    program.ask("session", "pause", "checkout")
    missing = MissingPage(Shell(page, program)).open()
    ask(program)
    ask(program)
    expect(missing.row("Paused", "127.0.0.1")).to_contain_text("checkout")
    expect(missing.reason("Paused")).to_contain_text("2 times")
    missing.press("Resume checkout")
    expect(missing.reason("Paused")).to_contain_text("No session is paused now.")
    expect(missing.shell.status_bar.get_by_role("link", name="Recording: checkout")).to_be_visible()


def test_what_a_filter_left_out_by_session_and_host(
    start: Callable[..., Wireglass], page: Page, ask: Callable[[Wireglass], None]
) -> None:
    program = start("--session", "narrow")
    program.ask("session", "set", "narrow", "--filter", "host:example.com")
    missing = MissingPage(Shell(page, program)).open()
    ask(program)
    expect(missing.row("Filtered out", "127.0.0.1")).to_be_visible()
    missing.of_session("narrow")
    expect(missing.row("Filtered out", "127.0.0.1")).to_be_visible()
    missing.find_host("127.0")
    expect(missing.row("Filtered out", "127.0.0.1")).to_be_visible()
    assert faults(page) == []
    missing.find_host("example.org")
    expect(missing.main).to_contain_text("Nothing of example.org is missing")
    missing.find_host("")
    missing.press("See the capture filters")
    missing.shell.is_at("Sessions")


def test_connections_that_were_not_read_are_shown(
    start: Callable[..., Wireglass], page: Page, ask: Callable[[Wireglass], None]
) -> None:
    """Not trusted, passed through, refused: each leads to what is in the record of it, and to what can be done."""
    program = start("--passthrough", "localhost", "--refuse", "refused.example")
    missing = MissingPage(Shell(page, program)).open()
    traffic = TrafficPage(page, program)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with Origin(context) as origin:
        origin.on("/unread", fixed(b"x"))
        ask(program)  # kept, and so in no reason
        curl(program, f"https://127.0.0.1:{origin.port}/pinned", fails=True)
        curl(program, "--insecure", f"https://localhost:{origin.port}/unread")
        curl(program, "https://refused.example/", fails=True)
    expect(missing.row("Certificate not accepted", "127.0.0.1")).to_contain_text("does not trust the CA")
    expect(missing.row("Refused", "refused.example:443")).to_contain_text("--refuse")
    expect(missing.row("Passed through unread", "localhost")).to_contain_text("passthrough")
    for button, host in (
        ("Show the connections", "127.0.0.1"),
        ("Show the tunnels", "localhost"),
        ("Show the exchanges", "refused.example"),
    ):
        missing.press(button)
        traffic.shows(host)
        missing.shell.go("Missing")
    missing.press("Trust the certificate")
    missing.shell.is_at("Connect")
