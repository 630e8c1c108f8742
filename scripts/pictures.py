"""Photograph every page of the web UI, with the real program and a shop's traffic behind it: in both themes and two
sizes into ``build/pictures``; with ``--docs`` only what README and docs show, into ``docs/pictures``."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserType, Error, Page, expect, sync_playwright
from scripts import ui
from tests.peers import chromium
from tests.peers.program import Wireglass
from tests.peers.shop import Shop
from tests.peers.shoppers import Shoppers
from tests.ui.pages.connect import Connect
from tests.ui.pages.detail import Compare, Detail
from tests.ui.pages.history import History
from tests.ui.pages.missing import MissingPage
from tests.ui.pages.overview import Overview
from tests.ui.pages.sessions import Sessions
from tests.ui.pages.settings import SettingsPage
from tests.ui.pages.shell import Shell
from tests.ui.pages.take import Take
from tests.ui.pages.traffic import TrafficPage

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs/pictures"
SIZES = ((1280, 800), (1920, 1080))
IN_DOCS = ("traffic", "filter", "detail-response", "compare", "overview", "sessions", "connect", "missing", "code")
COLOURS = 256
"""Of a picture in docs: what one tells apart in the UI, in a third of the bytes."""

API = "https://api.shop.example/v1"
Take_ = Callable[[str], None]


class Photographer:
    """One window; each method goes to pages and takes their pictures."""

    def __init__(self, page: Page, program: Wireglass, shoppers: Shoppers, take: Take_) -> None:
        self.page = page
        self.program = program
        self.shoppers = shoppers
        self.shell = Shell(page, program)
        self._take = take

    def take(self, name: str) -> None:
        """When nothing is on its way any more."""
        expect(self.page.get_by_text(re.compile(r"^Loading"))).to_have_count(0)
        self.page.wait_for_load_state("networkidle")
        self._take(name)

    def empty(self) -> None:
        TrafficPage(self.page, self.program).open()
        self.take("traffic-empty")

    def everything(self) -> list[str]:
        """What could not be photographed, and why; the other pages can."""
        chapters = (
            *(self.traffic, self.filter, self.exchanges, self.bodies, self.streams, self.take_away, self.compare),
            *(self.history, self.overview, self.sessions, self.connect, self.missing, self.settings, self.around),
        )
        faults = []
        for chapter in chapters:
            try:
                chapter()
            except (AssertionError, Error) as error:
                faults.append(f"{chapter.__name__}: {error}")
        return faults

    def traffic(self) -> None:
        traffic = TrafficPage(self.page, self.program).open()
        expect(traffic.rows.last).to_be_visible()
        self.take("traffic")
        traffic.row("/v1/payments").first.click(button="right")
        self.take("row-menu")
        self.page.keyboard.press("Escape")
        traffic.open("/traffic?group=endpoint")
        self.take("groups")

    def filter(self) -> None:
        traffic = TrafficPage(self.page, self.program).open()
        traffic.write("host:*.shop.example st")
        expect(traffic.suggestions).to_be_visible()
        self.take("filter")
        traffic.write("host:api.shop.example metod:POST")
        expect(traffic.problem).to_be_visible()
        self.take("filter-mistake")
        traffic.open("/traffic?q=host%3Aapi.shop.example%20status%3A4xx%2C5xx")
        self.take("filter-chips")
        self.page.get_by_role("button", name="Saved and used filters").click()
        self.take("filter-menu")
        traffic.open("/traffic?q=host%3Anowhere.example")
        self.take("filter-nothing")

    def exchanges(self) -> None:
        orders = f"{API}/users/42/orders?limit=20&sort=-created_at"
        self._exchange("", orders, ("Overview",), ("Request", "Headers"), ("Request", "Query"), ("Response", "Headers"))
        self._exchange("", orders, ("Response", "Body"))
        self._exchange("-failed", "https://warehouse.example/v2/parcels", ("Overview",))
        Detail(self.shell).open(self.shoppers.row(orders).id)
        self.take("exchange")

    def bodies(self) -> None:
        self._exchange("-payment", f"{API}/payments", ("Request", "Body"))
        self._exchange("-image", "https://cdn.shop.example/goods/2.png", ("Response", "Body"))
        self._exchange("-page", "https://shop.example/", ("Response", "Body"), ("Response", "Cookies"))
        self._exchange("-upload", f"{API}/uploads", ("Request", "Body"))
        self._exchange("-graphql", "https://api.shop.example/graphql", ("Request", "Body"))

    def streams(self) -> None:
        self._exchange("-events", f"{API}/events", ("Messages",))
        detail = self._exchange("-websocket", "https://live.shop.example/support?order=4201", ("Messages",))
        detail.message("parcel").first.click()
        self.take("conversation")

    def _exchange(self, kind: str, url: str, *parts: tuple[str, ...]) -> Detail:
        self.shell.open(f"/traffic?id={self.shoppers.row(url).id}")
        detail = Detail(self.shell)
        for names in parts:
            detail.show(*names)
            shown = names[-1] if names[-1] != "Body" else names[0]
            self.take("-".join(["detail" + kind, *([names[0]] if shown != names[0] else []), shown]).lower())
        return detail

    def take_away(self) -> None:
        self.shell.open(f"/traffic?id={self.shoppers.row(f'{API}/payments').id}")
        take = Take(self.page)
        take.button.click()
        self.take("take-menu")
        self.page.keyboard.press("Escape")
        take.choose("Copy as code…")
        expect(take.code).to_contain_text("payments")
        self.take("code")

    def compare(self) -> None:
        asked = [row.id for row in self.program.rows(f"{API}/orders/4220") if row.method == "GET"]
        compare = Compare(self.shell).open(asked[0], asked[-1]).show("Response")
        expect(compare.body).to_be_visible()
        self.take("compare")

    def history(self) -> None:
        self.shell.open("/history")
        expect(History(self.shell).rows.first).to_be_visible()
        self.take("history")

    def overview(self) -> None:
        self.shell.open("/overview")
        Overview(self.shell).is_drawn()
        self.take("overview")

    def sessions(self) -> None:
        self.shell.open("/sessions")
        expect(Sessions(self.shell).past).to_be_visible()
        self.take("sessions")
        self.page.get_by_role("button", name="Start a session").click()
        self.take("sessions-start")

    def connect(self) -> None:
        Connect(self.shell).open()
        self.take("connect")

    def missing(self) -> None:
        expect(MissingPage(self.shell).open().main.get_by_role("row").first).to_be_visible()
        self.take("missing")

    def settings(self) -> None:
        SettingsPage(self.shell).open()
        self.take("settings")

    def around(self) -> None:
        self.shell.open("/traffic").press("?")
        expect(self.shell.key_sheet).to_be_visible()
        self.take("keys")
        self.shell.open_without_token("/history").asks_for_the_address()
        self._take("no-token")


def with_few_colours(picture: Image.Image) -> Image.Image:
    """By those that are there most often, exactly as they are, and the nearest for the rest (edges of letters).
    Pillow's own quantize rounds each colour to six bits before it looks for the nearest: white is not white then."""
    parts = iter(picture.tobytes())
    pixels = list(zip(parts, parts, parts, strict=True))
    often = [colour for colour, _ in Counter(pixels).most_common()]
    kept = often[:COLOURS]
    places = {colour: at for at, colour in enumerate(kept)}
    for red, green, blue in often[COLOURS:]:
        far = [(r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2 for r, g, b in kept]
        places[red, green, blue] = far.index(min(far))
    drawn = Image.frombytes("P", picture.size, bytes(places[pixel] for pixel in pixels))
    drawn.putpalette([part for colour in kept for part in colour])
    return drawn


def windows(
    browser: Browser, sizes: tuple[tuple[int, int], ...], themes: tuple[str, ...]
) -> Iterator[tuple[str, Page]]:
    for width, height in sizes:
        for theme in themes:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if theme == "dark" else "light",
                locale="en-GB",
                reduced_motion="reduce",
            )
            yield f"{theme}-{width}x{height}", context.new_page()
            context.close()


def photograph(folder: Path, *, for_docs: bool) -> list[str]:
    sizes, themes = (SIZES[:1], ("light",)) if for_docs else (SIZES, ("light", "dark"))
    folder.mkdir(parents=True, exist_ok=True)

    def camera(page: Page, kind: str) -> Take_:
        def take(name: str) -> None:
            if not for_docs:
                page.screenshot(path=folder / f"{name}-{kind}.png")
            elif name in IN_DOCS:
                file = folder / f"{name}.png"
                page.screenshot(path=file)
                with_few_colours(Image.open(file).convert("RGB")).save(file, optimize=True)

        return take

    faults: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="wireglass-pictures-") as home,
        Shop() as shop,
        sync_playwright() as playwright,
    ):
        trust = Path(home, "shop-ca.pem")
        shop.authority.cert_pem.write_to_path(str(trust))
        street = ("--upstream", shop.street.url(), "--no-proxy", "127.0.0.1,warehouse.example")
        program = Wireglass(Path(home, "home"), *street, "--session", "Web shop", trust=trust)
        browser = playwright.chromium.launch(executable_path=chromium.chromium(), args=["--no-sandbox"])
        try:
            program.start()
            shoppers = Shoppers(program)
            for kind, page in windows(browser, sizes, themes):
                Photographer(page, program, shoppers, camera(page, kind)).empty()
            stage(program, shoppers, playwright.chromium)
            for kind, page in windows(browser, sizes, themes):
                faults += [
                    f"{kind}, {fault}"
                    for fault in Photographer(page, program, shoppers, camera(page, kind)).everything()
                ]
        finally:
            browser.close()
            program.clear()
    return faults


def stage(program: Wireglass, shoppers: Shoppers, chromium: BrowserType) -> None:
    """Sessions, traffic, marks and saved filters, as after some work."""
    program.ask("session", "set", "Web shop", "--filter", "not host:metrics.shop.example")
    shoppers.measure()
    shoppers.browse(chromium)
    program.ask("session", "start", "Nightly scripts", "--no-response-bodies")
    shoppers.scripts()
    program.ask("session", "stop", "Nightly scripts")
    program.ask("session", "start", "Checkout bug", "--filter", "path:/v1/orders* or path:/v1/payments")
    program.ask("session", "note", "Checkout bug", "The card is declined although it is covered")
    shoppers.app(range(4201, 4213))
    program.ask("session", "stop", "Checkout bug")
    shoppers.browse(chromium)
    shoppers.scripts()
    shoppers.faults()
    shoppers.chat()
    shoppers.app(range(4220, 4222))
    program.ask("filters", "save", "Errors", "status:4xx,5xx or has:error")
    program.ask("filters", "save", "Orders", "host:api.shop.example path:/v1/orders*")
    payment = str(shoppers.row(f"{API}/payments").id)
    program.ask("mark", payment, "--color", "red", "--star")
    program.ask("note", payment, "The bank says that the card is covered: ask support")
    program.ask("mark", str(shoppers.row(f"{API}/stock/ENA-100").id), "--color", "orange")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build/pictures")
    parser.add_argument("--docs", action="store_true", help="what docs show, into docs/pictures")
    options = parser.parse_args(arguments)
    ui.build()
    faults = photograph(DOCS if options.docs else options.folder, for_docs=options.docs)
    for fault in faults:
        print(f"pictures: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
