"""What is around every page: navigation, status bar, theme, keys, messages."""

from __future__ import annotations

import re
from typing import Self

import msgspec
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect
from tests.peers.program import Wireglass

from wireglass.app.home import Run

PAGES = ("Traffic", "History", "Overview", "Sessions", "Connect", "Missing", "Settings")


def run_of(program: Wireglass) -> Run:
    return msgspec.json.decode((program.home / "run.json").read_bytes(), type=Run)


class Shell:
    def __init__(self, page: Page, program: Wireglass) -> None:
        self.page = page
        self.run = run_of(program)
        self.navigation = page.get_by_role("navigation", name="Pages")
        self.main = page.get_by_role("main")
        self.status_bar = page.get_by_role("contentinfo")
        self.connection = self.status_bar.get_by_role("status")
        self.messages = page.get_by_role("region", name="Messages")
        self.key_sheet = page.get_by_role("dialog", name="Keys")

    def address(self, path: str = "/", *, token: bool = True) -> str:
        return f"http://{self.run.ui}{path}{f'#token={self.run.token}' if token else ''}"

    def open(self, path: str = "/") -> Self:
        """The printed address, or that of another page, with the token; until the program has answered."""
        self.page.goto(self.address(path))
        self.is_live()
        return self

    def open_without_token(self, path: str = "/") -> Self:
        self.page.goto(self.address(path, token=False))
        return self

    def open_printed_address_of(self, program: Wireglass) -> Self:
        """In this tab, as a person does who pastes it: a browser loads no page where the token alone is new."""
        self.run = run_of(program)
        self.page.goto(self.address())
        return self

    # pages

    def go(self, name: str) -> Self:
        self.link(name).click()
        self.is_at(name)
        return self

    def link(self, name: str) -> Locator:
        return self.navigation.get_by_role("link", name=name)

    def is_at(self, name: str) -> None:
        expect(self.link(name)).to_have_attribute("aria-current", "page")
        expect(self.page).to_have_url(re.compile(rf"/{name.lower()}(\?.*)?$"))
        expect(self.page).to_have_title(f"{name} · Wireglass")

    def press(self, *keys: str) -> Self:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    # the program

    def is_live(self) -> None:
        expect(self.connection).to_have_text("Live")

    def is_lost(self) -> None:
        expect(self.connection).to_contain_text("Connection lost")

    def cut_off(self) -> None:
        """From now on nothing reaches the program, as if it hung up on everybody."""
        self.page.route("**/api/**", _refuse)
        self.page.route_web_socket("**/api/feed", _hang_up)

    def let_through(self) -> None:
        self.page.unroute("**/api/**", _refuse)

    def asks_for_the_address(self) -> None:
        expect(self.main.get_by_role("heading", name="Open the address that Wireglass prints")).to_be_visible()

    def says_that_it_was_started_again(self) -> None:
        expect(self.main.get_by_role("heading", name="Wireglass was started again since")).to_be_visible()

    # theme

    def choose_theme(self, name: str) -> None:
        self.navigation.get_by_role("button", name="Theme").click()
        self.page.get_by_role("menu", name="Theme").get_by_role("menuitem", name=name).click()

    def background(self) -> str:
        return str(self.page.evaluate("getComputedStyle(document.body).backgroundColor"))


def _refuse(route: Route) -> None:
    route.abort("connectionrefused")


def _hang_up(socket: WebSocketRoute) -> None:
    socket.close()
