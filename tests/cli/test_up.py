"""``up``: five lines at the start, the counts at the end, and settings passed on."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from tests.cli.recording import Run

from wireglass.app.home import Home
from wireglass.app.report import Started, Stopped
from wireglass.errors import PortTaken
from wireglass.listening import Address
from wireglass.settings import Settings

Up = Callable[[Settings, Callable[[Started], None], Callable[[str], None]], Stopped]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Callable[[Up], None]:
    """Puts a function in the place of ``wireglass.app.main.up``."""

    def put(up: Up) -> None:
        module = ModuleType("wireglass.app.main")
        module.up = up  # type: ignore[attr-defined] # a module made by hand
        monkeypatch.setitem(sys.modules, "wireglass.app.main", module)

    return put


def test_it_says_how_to_send_traffic_and_how_much_was_recorded(
    wireglass: Run, home: Home, app: Callable[[Up], None]
) -> None:
    seen: list[Settings] = []

    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        seen.append(settings)
        started(Started("0.0.0.0:8081", settings.home, "s", Path("/with space/ca.pem"), 2))
        notice("the disk is\nfull")
        return Stopped("s", 3, 4500, 1, 2)

    app(up)
    code, out, err = wireglass("--workers", "2", "--insecure", "--listen", "0.0.0.0:0")
    assert code == 0
    assert [msgspec.structs.replace(one, origins={}) for one in seen] == [
        Settings(home=home.path, workers=2, insecure=True, listen=Address("0.0.0.0", 0), ui=Address("127.0.0.1", 0))
    ]
    lines = out.splitlines()
    assert len(lines) == 6
    assert lines[0] == f"Recording to session 's' in {home.path}; proxy on 0.0.0.0:8081 (2 proxy processes)."
    assert "curl -x http://127.0.0.1:8081 http://" in lines[1]
    assert "--cacert '/with space/ca.pem' https://" in lines[2]
    assert "export http_proxy=http://127.0.0.1:8081 https_proxy=http://127.0.0.1:8081" in lines[3]
    assert "Ctrl-C" in lines[4]
    assert lines[5] == "Recorded 3 exchanges (4.5 kB of bodies, 1 of them failed) in session 's'."
    warning, *others = err.splitlines()
    assert warning.startswith("wireglass: Everybody in the network can send requests through this proxy")
    assert warning.endswith("wireglass device")
    assert others == [
        "wireglass: No server has to prove who it is: certificates that do not verify are accepted (--insecure).",
        "wireglass: the disk is\\nfull",
        "2 more passed but could not be stored.",
    ]


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "[::1]:8080", "127.0.0.2:8080"])
def test_on_loopback_it_warns_of_nobody(wireglass: Run, app: Callable[[Up], None], listen: str) -> None:
    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        started(Started(listen, settings.home, "s", Path("/ca.pem"), 1))
        return Stopped("s", 1, 0, 0, 0)

    app(up)
    assert wireglass("up").err == ""


def test_it_says_where_the_ui_is_and_opens_it(
    wireglass: Run, home: Home, app: Callable[[Up], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is in a page that its owner alone can read: a browser's command line is in the list of processes."""
    opened: queue.SimpleQueue[str] = queue.SimpleQueue()

    def open_it(url: str) -> bool:
        opened.put(url)
        return True

    monkeypatch.setattr("webbrowser.open", open_it)

    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        home.make()
        started(Started("127.0.0.1:8080", settings.home, "s", Path("/ca.pem"), 1, ui="127.0.0.1:8081", token="t0k"))
        return Stopped("s", 1, 0, 0, 0)

    app(up)
    out = wireglass("up", "--open").out
    assert "  UI:     http://127.0.0.1:8081/\n" in out  # into a pipe: without the token
    url = opened.get(timeout=30)
    assert "t0k" not in url
    page = Path(unquote(urlsplit(url).path))
    assert "url=http://127.0.0.1:8081/#token=t0k" in page.read_text()
    assert page.parent == home.path and page.stat().st_mode & 0o077 == 0
    wireglass("up")
    assert opened.empty()


def test_it_says_so_where_there_is_no_browser_and_no_ui(
    wireglass: Run, home: Home, app: Callable[[Up], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried = threading.Event()

    def open_nothing(url: str) -> bool:
        tried.set()
        return False

    monkeypatch.setattr("webbrowser.open", open_nothing)
    monkeypatch.setattr("wireglass.api.web_files.WEB", tmp_path / "nothing")

    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        home.make()
        started(Started("127.0.0.1:8080", settings.home, "s", Path("/ca.pem"), 1, ui="127.0.0.1:8081", token="t0k"))
        assert tried.wait(30)
        for thread in threading.enumerate():
            if thread.name == "open":
                thread.join(30)
        return Stopped("s", 1, 0, 0, 0)

    app(up)
    err = wireglass("up", "--open").err
    assert "The web UI is not built" in err and "make setup" in err
    assert "no browser was found" in err


def test_its_errors_are_one_line(wireglass: Run, app: Callable[[Up], None]) -> None:
    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        raise PortTaken("Port 8080 is in use.", "Choose another with --listen.")

    app(up)
    assert wireglass("up") == (2, "", "wireglass: Port 8080 is in use. Choose another with --listen.\n")


def test_a_flag_can_undo_what_the_file_says(wireglass: Run, home: Home, app: Callable[[Up], None]) -> None:
    seen: list[bool] = []

    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        seen.append(settings.insecure)
        return Stopped("s", 1, 0, 0, 0)

    app(up)
    home.make()
    home.config.write_text("insecure = true")
    assert "Recorded 1 exchange (0 B of bodies)" in wireglass("up").out
    wireglass("up", "--no-insecure")
    assert seen == [True, False]


def test_it_says_what_is_set_that_changes_where_traffic_goes(wireglass: Run, app: Callable[[Up], None]) -> None:
    def up(settings: Settings, started: Callable[[Started], None], notice: Callable[[str], None]) -> Stopped:
        started(Started("127.0.0.1:8080", settings.home, "s", Path("/ca.pem"), 1))
        return Stopped("s", 1, 0, 0, 0)

    app(up)
    many = ",".join(f"{number}.test" for number in range(7))
    flags = "--upstream=http://me:secret@proxy.test:3128", "--passthrough=bank.test,*.b.test", f"--refuse={many}"
    assert wireglass("up", *flags, "--insecure").err.splitlines() == [
        "wireglass: Servers are reached through the proxy http://proxy.test:3128 (--upstream).",
        "wireglass: Passed through unread: bank.test, *.b.test (--passthrough).",
        "wireglass: Refused: 0.test, 1.test, 2.test, 3.test, 4.test and 2 more (--refuse).",
        "wireglass: No server has to prove who it is: certificates that do not verify are accepted (--insecure).",
    ]
    assert wireglass("up", "--insecure-hosts", "dev.test").err == (
        "wireglass: Accepted without a certificate that verifies: dev.test (--insecure-hosts).\n"
    )
