"""Connect, in Chromium: each way in is gone, and its card says so."""

from __future__ import annotations

import os
import shlex
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno
from playwright.sync_api import Page, expect, sync_playwright
from tests.peers import chromium
from tests.peers.client import Client
from tests.peers.network import DEVICE, HERE, apart
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass
from tests.ui.axe import faults
from tests.ui.conftest import launched
from tests.ui.pages.connect import Connect
from tests.ui.pages.shell import Shell


@pytest.fixture
def url(origin: Origin) -> str:
    origin.on("/hello", fixed(b"hello", b"Content-Type: text/html"))
    return f"http://127.0.0.1:{origin.port}/hello"


@pytest.fixture
def program(start: Callable[..., Wireglass]) -> Wireglass:
    """One of the test's own: cards turn green for good."""
    return start()


@pytest.fixture
def connect(program: Wireglass, page: Page) -> Connect:
    return Connect(Shell(page, program)).open()


@pytest.fixture
def only_chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desktop on which Chromium is the one browser."""
    for name, value in chromium.desktop(tmp_path / "bin").items():
        monkeypatch.setenv(name, value)


def test_a_browser_is_started_and_captured(
    only_chromium: None, start: Callable[..., Wireglass], page: Page, url: str
) -> None:
    connect = Connect(Shell(page, start())).open()
    connect.is_waiting(connect.browser)
    connect.start_browser("Chromium", url)
    connect.is_connected(connect.browser, url)
    expect(connect.browser).to_contain_text("Chromium is open")
    connect.is_waiting(connect.terminal)
    connect.is_waiting(connect.device)
    connect.follow(connect.browser, url)


def test_an_address_that_cannot_be_captured_is_told(
    only_chromium: None, start: Callable[..., Wireglass], page: Page, allowed: list[str]
) -> None:
    allowed.append("400")
    connect = Connect(Shell(page, start())).open()
    connect.start_browser("Chromium", "ftp://example.com/")
    expect(connect.browser.get_by_role("alert")).to_contain_text("is not a URL that can be captured")


def test_the_line_for_a_terminal_captures_what_is_started_there(connect: Connect, url: str) -> None:
    line = connect.line(connect.terminal, "bash, zsh")
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(["sh", "-c", f"{line}; curl -sS {url}"], env=clean, check=True, capture_output=True, timeout=60)
    connect.is_connected(connect.terminal, url)
    connect.is_connected(connect.client, url)
    connect.is_waiting(connect.browser)


def test_a_program_is_started_with_its_command(connect: Connect, url: str) -> None:
    command = shlex.split(connect.line(connect.program, "Python"))
    assert command[-2:] == ["python", "app.py"]
    script = f"import urllib.request; urllib.request.urlopen({url!r}).read()"
    wireglass, *words = command[:-2]
    assert wireglass == "wireglass"
    subprocess.run([COMMAND, *words, sys.executable, "-c", script], check=True, capture_output=True, timeout=60)
    connect.is_connected(connect.program, url)
    connect.is_waiting(connect.terminal)
    connect.is_waiting(connect.browser)


def test_without_an_open_door_it_says_so(connect: Connect) -> None:
    run = connect.shell.run
    done = connect.page.request.patch(
        f"http://{run.ui}/api/doors/1",
        headers={"Authorization": f"Bearer {run.token}"},
        data={"state": "stopped"},
    )
    assert done.ok
    expect(connect.shell.main.get_by_role("alert")).to_contain_text("No door is open")


def test_there_is_a_line_for_every_shell(connect: Connect, program: Wireglass) -> None:
    proxy = f"http://{program.proxy}"
    assert f"set -gx http_proxy '{proxy}'" in connect.line(connect.terminal, "fish")
    assert f"$env:http_proxy = '{proxy}'" in connect.line(connect.terminal, "PowerShell")
    assert f'set "http_proxy={proxy}"' in connect.line(connect.terminal, "cmd")


def test_a_command_for_programs_names_this_home(connect: Connect, program: Wireglass) -> None:
    assert connect.line(connect.program, "Java") == f"wireglass run --home {program.home} java -jar app.jar"


def test_with_a_password_a_terminal_is_given_a_command(start: Callable[..., Wireglass], page: Page) -> None:
    connect = Connect(Shell(page, start("--proxy-auth", "anna:secret"))).open()
    expect(connect.terminal).to_contain_text("the password of anna")
    expect(connect.terminal.get_by_role("code")).to_contain_text("wireglass run")
    assert "secret" not in connect.page.content()


def test_a_phone_is_shown_the_way_by_a_code_and_captured(start: Callable[..., Wireglass]) -> None:
    """In a network of its own, whose one address for others is known."""

    def work() -> None:
        with sync_playwright() as playwright, Origin(host="0.0.0.0") as origin:
            origin.on("/hello", fixed(b"hello"))
            connect = Connect(Shell(launched(playwright).new_page(), start())).open()
            expect(connect.device).to_contain_text(f"does not listen on {HERE}")
            dialog = connect.ask_for_a_door()
            expect(dialog).to_contain_text(f"Everybody who reaches {HERE}")
            dialog.get_by_role("button", name="Cancel").click()
            expect(connect.qr).to_be_hidden()
            connect.open_door()
            page = connect.device_page()
            modules = segno.make_qr(page, error="m").matrix_iter(border=4)
            assert connect.code() == [[module == 1 for module in row] for row in modules]
            with Client(f"{HERE}:{urlsplit(page).port}", source=DEVICE) as phone:
                answer = phone.get("/", f"Host: {urlsplit(page).netloc}", "User-Agent: Mozilla/5.0 (iPhone)")
                assert (answer.status, b"Certificate Trust Settings" in answer.body) == (200, True)
                connect.is_waiting(connect.device)
                url = f"http://{HERE}:{origin.port}/hello"
                assert phone.get(url).status == 200
            connect.is_connected(connect.device, url)
            connect.is_waiting(connect.browser)
            expect(connect.device).to_contain_text("Configure Proxy")
            connect.close_door()
            expect(connect.device).to_contain_text("other devices cannot reach it")

    apart(work)


def test_the_certificate_is_downloaded(connect: Connect, program: Wireglass) -> None:
    pem = program.ca_path.read_text()
    expected = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN") :])
    assert ssl.PEM_cert_to_DER_cert(connect.download("PEM").decode()) == expected
    assert connect.download("DER") == expected
    expect(connect.client.get_by_role("table")).to_contain_text("SHA-256")


def test_nobody_is_shut_out(start: Callable[..., Wireglass], page: Page) -> None:
    """With all that the cards can have; the page as it is at first is in test_axe."""
    connect = Connect(Shell(page, start("--listen", "0.0.0.0:0"))).open()
    expect(connect.qr).to_be_visible()
    expect(connect.client.get_by_role("table")).to_contain_text("SHA-256")
    assert faults(page) == []
