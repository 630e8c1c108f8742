"""The page Connect: a card for each way in."""

from __future__ import annotations

import io
import re
from typing import Self

from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.ui.pages.shell import Shell


class Connect:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page: Page = shell.page
        self.browser = self.card("A browser")
        self.terminal = self.card("This terminal")
        self.program = self.card("A program")
        self.device = self.card("A phone or another device")
        self.client = self.card("Any client")

    def open(self) -> Self:
        self.shell.open("/connect")
        return self

    def card(self, title: str) -> Locator:
        return self.page.get_by_role("region", name=title, exact=True)

    def is_connected(self, card: Locator, url: str) -> None:
        expect(card.get_by_text("Connected", exact=True)).to_be_visible()
        expect(card.get_by_role("link", name=url)).to_be_visible()

    def is_waiting(self, card: Locator) -> None:
        expect(card.get_by_text("Nothing yet.")).to_be_visible()

    def follow(self, card: Locator, url: str) -> None:
        card.get_by_role("link", name=url).click()
        expect(self.page).to_have_url(re.compile(r"/traffic\?.*id=\d+"))

    # browsers

    def start_browser(self, title: str, url: str) -> None:
        self.browser.get_by_role("textbox", name="Address to open").fill(url)
        self.browser.get_by_role("button", name=f"Start {title}").click()

    # terminal

    def line(self, card: Locator, tab: str) -> str:
        card.get_by_role("tab", name=tab, exact=True).click()
        return card.get_by_role("tabpanel").get_by_role("code").inner_text()

    # devices

    def ask_for_a_door(self) -> Locator:
        self.device.get_by_role("button", name="Open a door for the network").click()
        return self.page.get_by_role("dialog", name="Open a door for the network")

    def open_door(self) -> None:
        self.ask_for_a_door().get_by_role("button", name="Open ").click()
        expect(self.qr).to_be_visible()

    def close_door(self) -> None:
        self.device.get_by_role("button", name="Close this door").click()
        expect(self.qr).to_be_hidden()

    @property
    def qr(self) -> Locator:
        return self.device.get_by_role("img", name=re.compile("^QR code of http"))

    def device_page(self) -> str:
        """The address that the card gives for devices."""
        return str(self.device.get_by_role("link", name="http://").get_attribute("href"))

    def code(self) -> list[list[bool]]:
        """The modules of the QR code as they are seen, with the quiet zone: true where it is dark."""
        picture = Image.open(io.BytesIO(self.qr.screenshot())).convert("L")
        # The first run of dark pixels is the edge of a finder pattern, 7 modules wide (ISO/IEC 18004, 6.3.3).
        grey, width = picture.tobytes(), picture.width
        dark = [[value < 128 for value in grey[at : at + width]] for at in range(0, len(grey), width)]
        row = next(row for row in dark if any(row))
        begin = row.index(True)
        module = row[begin:].index(False) / 7
        count = round(width / module)
        at = [int((number + 0.5) * width / count) for number in range(count)]
        return [[dark[y][x] for x in at] for y in at]

    # certificate

    def download(self, form: str) -> bytes:
        with self.page.expect_download() as started:
            self.client.get_by_role("button", name=f"Download {form}").click()
        return started.value.path().read_bytes()
