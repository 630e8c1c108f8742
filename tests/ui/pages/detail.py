"""One exchange, and two beside each other."""

from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator, Page, expect
from tests.ui.pages.shell import Shell


class Detail:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page: Page = shell.page
        self.root = self.page.get_by_role("region", name="Exchange", exact=True)
        self.tree = self.root.get_by_role("tree", name="JSON")
        self.messages = self.root.get_by_role("tree", name="Messages")
        self.body_text = self.root.get_by_role("region", name="Text of the body")
        self.bytes = self.root.get_by_role("region", name="Bytes")
        self.code = self.root.get_by_role("textbox", name="The body as")
        self.preview = self.root.frame_locator("iframe[title=Preview]").frame_locator("iframe")
        self.image = self.root.get_by_role("img", name="The body")
        self.menu = self.page.get_by_role("menu")

    def open(self, id: int) -> Self:
        """On its page, which is ready when the exchange is there."""
        self.shell.open(f"/exchange/{id}")
        expect(self.part("Overview")).to_be_visible()
        return self

    def part(self, name: str) -> Locator:
        """A tab: Overview, Request, Response, Messages; Body, Headers, Query, Cookies."""
        return self.root.get_by_role("tab", name=name)

    def show(self, *names: str) -> Self:
        for name in names:
            self.part(name).click()
            expect(self.part(name)).to_have_attribute("aria-selected", "true")
        return self

    def view(self, name: str) -> Self:
        """Another view of the body."""
        self.chosen_view.click()
        self.page.get_by_role("option", name=name, exact=True).click()
        return self

    def table(self, name: str) -> Locator:
        return self.root.get_by_role("table", name=name, exact=True)

    def row(self, table: str, name: str) -> Locator:
        return (
            self.table(table).get_by_role("row").filter(has=self.page.get_by_role("rowheader", name=name, exact=True))
        )

    def certificate(self, number: int) -> Locator:
        """Of the server's chain, 1 is its own."""
        return self.root.get_by_role("table", name=f"Certificate {number}")

    @property
    def tip(self) -> Locator:
        return self.page.get_by_role("tooltip")

    @property
    def chosen_view(self) -> Locator:
        return self.root.get_by_role("button", name="View")

    def narrow(self, name: str, choice: str) -> None:
        """ "Only this" or "Not this" of a value."""
        self.root.get_by_role("button", name=f"Filter by {name}", exact=True).click()
        self.menu.get_by_role("menuitem", name=choice).click()

    # JSON

    def value(self, text: str) -> Locator:
        return self.tree.get_by_role("treeitem").filter(has_text=text)

    def search(self, text: str) -> None:
        self.root.get_by_role("searchbox", name="Search in the JSON").fill(text)

    def fold(self, *, all: bool) -> None:
        self.root.get_by_role("button", name="Fold all" if all else "Unfold all", exact=True).click()

    def choose(self, value: Locator, entry: str) -> None:
        value.click(button="right")
        self.menu.get_by_role("menuitem", name=entry, exact=True).click()

    # marks

    @property
    def note(self) -> Locator:
        return self.root.get_by_role("textbox", name="Note")

    def write_note(self, text: str) -> None:
        self.note.fill(text)
        self.root.get_by_role("button", name="Save the note").click()

    @property
    def star(self) -> Locator:
        return self.root.get_by_role("button", name="Star", exact=True)

    # messages

    def message(self, text: str) -> Locator:
        return self.messages.get_by_role("treeitem").filter(has_text=text)

    def search_messages(self, text: str) -> None:
        self.root.get_by_role("searchbox", name="Search in the messages").fill(text)

    def only(self, direction: str) -> None:
        self.root.get_by_role("button", name="Direction").click()
        self.page.get_by_role("option", name=direction).click()

    @property
    def following(self) -> Locator:
        return self.root.get_by_role("button", name="Follow the newest message")

    def wheel(self, pixels: int) -> None:
        """Over the messages, as a hand does."""
        self.messages.hover()
        self.page.mouse.wheel(0, pixels)

    @property
    def selected_message(self) -> Locator:
        return self.root.get_by_role("region", name="Message ")


class Compare:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.page: Page = shell.page
        self.headers = self.page.get_by_role("region", name="Differences of the headers")
        self.body = self.page.get_by_role("region", name="Differences of the bodies")
        self.summary = self.page.get_by_role("region", name="Differences of the summaries")

    def open(self, a: int, b: int | None = None) -> Self:
        self.shell.open(f"/compare?a={a}{f'&b={b}' if b else ''}")
        return self

    def show(self, name: str) -> Self:
        self.page.get_by_role("tab", name=name).click()
        return self

    def show_all(self) -> None:
        self.page.get_by_role("switch", name="Only differences").press("Space")

    def side(self, name: str) -> Locator:
        return self.page.get_by_role("form", name=f"Exchange {name}")

    def pick(self, name: str, id: int) -> None:
        self.side(name).get_by_role("textbox").fill(str(id))
        self.side(name).get_by_role("button", name="Show").click()

    def text(self, side: str) -> Locator:
        return self.page.get_by_role("textbox", name=f"Body of {side}")
