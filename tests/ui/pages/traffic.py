"""The traffic page: filter bar, list, menus."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect
from tests.peers.program import Wireglass
from tests.ui.pages.shell import Shell


class TrafficPage:
    def __init__(self, page: Page, program: Wireglass) -> None:
        self.page = page
        self.shell = Shell(page, program)
        self.main = self.shell.main
        self.list = self.main.get_by_role("grid", name="Exchanges")
        self.rows = self.list.locator("[role=row][data-id]")
        self.groups = self.list.locator("[role=rowgroup] [data-group]")
        self.heading_in_sight = self.list.locator("[aria-hidden] [data-group]")
        """Of the group that is looked at, above its rows."""
        self.selected = self.list.get_by_role("row", selected=True)
        self.filter = self.main.get_by_role("combobox", name="Filter")
        self.suggestions = self.main.get_by_role("listbox", name="Suggestions")
        self.chips = self.main.get_by_role("list", name="Terms of the filter")
        self.problem = self.main.get_by_role("search").get_by_role("status")
        self.menu = page.get_by_role("menu", name="Exchange")
        self.dialog = page.get_by_role("dialog")

    def open(self, path: str = "/traffic") -> Self:
        self.shell.open(path)
        return self

    @property
    def address(self) -> dict[str, str]:
        """What the address bar says beside the page."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    # the list

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def shows(self, *texts: str) -> None:
        """These rows, in this order, and no others."""
        expect(self.rows).to_have_count(len(texts))
        for at, text in enumerate(texts):
            expect(self.rows.nth(at)).to_contain_text(text)

    def says(self, title: str) -> None:
        expect(self.main.get_by_role("heading", name=title)).to_be_visible()

    def headings(self) -> list[str]:
        return self.list.get_by_role("columnheader").all_inner_texts()

    def sort_by(self, heading: str) -> None:
        self.heading(heading).get_by_role("button").click()

    def choose(self, entry: str) -> None:
        # The key that does the same may follow in the entry's name.
        # Playwright writes the expression between slashes.
        start = re.escape(entry).replace("/", r"\/")
        self.menu.get_by_role("menuitem", name=re.compile(f"^{start}")).click()

    def ask_about(self, text: str) -> Self:
        self.row(text).click(button="right")
        return self

    def group_by(self, name: str) -> None:
        self.main.get_by_role("button", name="Groups").click()
        self.page.get_by_role("option", name=name).click()

    def row_of(self, id: int) -> Locator:
        return self.list.locator(f"#exchange-{id}")

    def place_of(self, id: int) -> float:
        """Pixels below the upper edge of the list."""
        box, list = self.row_of(id).bounding_box(), self.list.bounding_box()
        assert box and list
        return box["y"] - list["y"]

    def scroll_to(self, pixels: float) -> None:
        self.list.evaluate("(list, pixels) => { list.scrollTop = pixels; }", pixels)

    def scroll(self, pixels: float) -> None:
        """Down, or up if it is less than 0; as far as it goes."""
        self.list.evaluate("(list, pixels) => { list.scrollTop += pixels; }", pixels)

    def scroll_on_to(self, id: int, pixels: float) -> None:
        """Page by page: each comes when one is near the end of what is loaded."""
        ends = self.rows.first if pixels < 0 else self.rows.last
        while not self.row_of(id).count():
            before = ends.get_attribute("data-id")
            self.scroll(pixels)
            expect(ends).not_to_have_attribute("data-id", before or "")

    def heading(self, name: str) -> Locator:
        return self.list.get_by_role("columnheader", name=name)

    def width_of(self, heading: str) -> float:
        box = self.heading(heading).bounding_box()
        assert box is not None
        return box["width"]

    def drag_edge_of(self, heading: str, pixels: float) -> None:
        box = self.heading(heading).bounding_box()
        assert box is not None
        mouse, middle = self.page.mouse, box["y"] + box["height"] / 2
        mouse.move(box["x"] + box["width"] - 1, middle)
        mouse.down()
        mouse.move(box["x"] + box["width"] - 1 + pixels, middle, steps=4)
        mouse.up()

    def says_below(self, text: str) -> None:
        """Under the list."""
        expect(self.main.get_by_text(text)).to_be_visible()

    def bar(self, text: str) -> tuple[float, float]:
        """Where the bar of the waterfall begins and ends: pixels of the page."""
        box = self.row(text).locator("[title^='Began at'] > span > span").bounding_box()
        assert box is not None
        return box["x"], box["x"] + box["width"]

    def distance_from_the_end(self) -> float:
        return float(self.list.evaluate("list => list.scrollHeight - list.clientHeight - list.scrollTop"))

    # the filter

    def write(self, text: str) -> Self:
        self.filter.fill(text)
        return self

    def clear(self) -> None:
        # Where nothing is found, a second button says the same.
        self.main.get_by_role("search").get_by_role("button", name="Clear the filter").click()
        expect(self.filter).to_have_value("")

    def offers(self, text: str) -> Locator:
        """A suggestion."""
        return self.suggestions.get_by_role("option").filter(has=self.page.get_by_text(text, exact=True))

    def save_as(self, name: str) -> None:
        self.filter_menu("Save this filter…")
        self.dialog.get_by_role("textbox", name="Name").fill(name)
        self.dialog.get_by_role("button", name="Save").click()
        expect(self.dialog).to_be_hidden()

    def rename_filter(self, name: str, to: str) -> None:
        self.dialog.get_by_role("button", name=f"Rename {name}").click()
        self.dialog.get_by_role("textbox", name="New name").fill(to)
        self.shell.press("Enter")
        expect(self.dialog.get_by_role("button", name=f"Rename {to}")).to_be_visible()

    def filter_menu(self, entry: str) -> None:
        self.main.get_by_role("button", name="Saved and used filters").click()
        self.page.get_by_role("menu", name="Filters").get_by_role("menuitem", name=entry).click()
