"""The web UI in Chromium, with the real program, its proxy and origins behind it. A test fails for everything that the
page's console calls an error: what the policy forbids, what was not caught, what was not found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright
from scripts import ui
from tests.peers import chromium
from tests.peers.origin import Origin
from tests.peers.program import Wireglass, running
from tests.ui.pages.detail import Detail
from tests.ui.pages.shell import Shell
from tests.ui.traffic import Traffic

PATIENCE = 30_000
"""Milliseconds: bounds a failure, and claims nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Behind all others: once Playwright has begun, its event loop runs in this process until the end, and tests that
    run one of their own cannot."""
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """What is tested is what the sources say now."""
    ui.build()
    ui.install()


def launched(playwright: Playwright) -> Browser:
    # Chromium's own sandbox cannot be had as root, in containers.
    return playwright.chromium.launch(executable_path=chromium.chromium(), args=["--no-sandbox"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def allowed() -> list[str]:
    """Parts of console errors that the test expects: it appends them."""
    return []


@pytest.fixture
def new_page(browser: Browser, allowed: list[str], start: Callable[..., Wireglass]) -> Iterator[Callable[[], Page]]:
    """Pages are closed before the programs of ``start`` end: they would see that, and call it an error."""
    del start
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light", locale="en-GB")
    context.set_default_timeout(PATIENCE)
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"{message.text} ({message.location.get('url')})")

    def begin() -> Page:
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield begin
    context.close()
    assert [fault for fault in faults if not any(part in fault for part in allowed)] == []


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    return new_page()


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def wireglass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wireglass]:
    """One for a module, whose tests do not change what others look at."""
    with running(tmp_path_factory.mktemp("ui")) as program:
        yield program


@pytest.fixture(scope="module")
def traffic(wireglass: Wireglass, origin: Origin) -> Traffic:
    """Sends requests through the proxy of ``wireglass``."""
    return Traffic(wireglass, origin)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Wireglass]]:
    """Starts a program of the test's own: ``start("--no-session")``; a second one gets another home."""
    begun: list[Wireglass] = []

    def begin(*flags: str, home: Path | None = None) -> Wireglass:
        folder = tmp_path / f"program{len(begun)}"
        folder.mkdir()
        program = Wireglass(home or folder / "home", *flags, output=folder)
        begun.append(program)
        return program.start()

    yield begin
    for program in begun:
        program.clear()


@pytest.fixture
def shell(page: Page, wireglass: Wireglass) -> Shell:
    """The UI of ``wireglass``, opened with its token."""
    return Shell(page, wireglass).open()


@pytest.fixture
def detail(shell: Shell) -> Detail:
    return Detail(shell)
