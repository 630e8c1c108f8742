"""The web UI while much happens: many exchanges in the store, more through the proxy, and a person who scrolls.

Chromium shows the traffic with the whole store behind it. For a third of the time the newest row stays in sight; then a
wheel is turned over the list, up and down by turns, as fast as people do. Everything shares the machine: load, origin,
proxy, program and browser.
"""

from __future__ import annotations

import gzip
import itertools
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec
from playwright.sync_api import Browser, Response, ViewportSize, expect, sync_playwright

from bench import load, tools
from bench.api import Api
from bench.origin import Nginx
from bench.search import await_index, make_store

EXCHANGES = 100_000
RATE = 500.0
SECONDS = 30.0
CONNECTIONS = 16
FIRST_SCREENS = 5

WANTED_FRAMES = 50.0
"""A second, median, while it is scrolled."""
WANTED_TASK = 200.0
WANTED_HEAP = 150_000_000
WANTED_FIRST = 1500.0
WANTED_SCRIPT = 400_000

_SCREEN: ViewportSize = {"width": 1280, "height": 800}
_STROKE = 6000
"""Pixels of one turn of the wheel."""
_SPEED = 3000
"""Pixels a second."""
_WATCH = """
  window.measured = {frames: [], tasks: [], first: 0};
  new PerformanceObserver((list) => {
    for (const {startTime, duration} of list.getEntries()) measured.tasks.push([startTime, duration]);
  }).observe({type: "longtask", buffered: true});
  const look = () => {
    if (document.querySelector("[data-id]")) measured.first = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
_COUNT_FRAMES = """() => {
  let before = null;
  const next = (now) => {
    if (before !== null) measured.frames.push(now - before);
    before = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""
_SILENT = """() => new Promise((resolve) => requestIdleCallback(() => {
  const ended = measured.tasks.filter(([start]) => start < measured.first).map(([start, took]) => start + took);
  resolve(Math.max(measured.first, ...ended));
}))"""


class Ui(msgspec.Struct):
    exchanges: int
    """In the store, before."""
    offered: float
    """Requests a second."""
    rate: float
    """Answers a second."""
    frames: float
    """A second while it is scrolled, by the median time between two."""
    slow: float
    """Share of the frames that took longer than 20 ms."""
    longest_task: float
    """Milliseconds on the page's thread; 0: none took 50 ms."""
    heap: int
    """Bytes at most, what could be given back included."""
    kept: int
    """Bytes at the end, when all was given back."""
    first: float
    """Milliseconds from the address to a list that can be used, cold cache, median."""
    script: int
    """Bytes of the scripts that the first screen loads, gzipped."""
    faults: list[str]

    def line(self) -> str:
        return (
            f"ui: {self.exchanges:,} exchanges and {self.rate:,.0f}/s more: {self.frames:.0f} frames/s, longest task "
            f"{self.longest_task:.0f} ms, heap {self.heap / 1e6:.0f} MB, first screen {self.first:,.0f} ms, "
            f"script {self.script / 1000:,.0f} kB"
        )


def measure(
    folder: Path,
    server: Nginx,
    exchanges: int = EXCHANGES,
    rate: float = RATE,
    seconds: float = SECONDS,
    ready: Path | None = None,
    first_screens: int = FIRST_SCREENS,
) -> Ui:
    """With a Wireglass of its own. ``ready`` is a store of ``bench/million.py`` with so many exchanges."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    make_store(home / "store", exchanges, ready)
    tool = tools.Wireglass()
    port = tool.start(folder, server)
    try:
        with closing(Api(tool.run.api, tool.run.token)) as api:
            await_index(api)
        tool.cpu()  # returns when it is quiet
        with sync_playwright() as playwright:
            # Chromium's own sandbox cannot be had as root, in containers.
            browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
            firsts = [_first_screen(browser, tool) for _ in range(first_screens)]
            target = load.Target(port, server.plain, tls=False, prefix="/ui")
            shown = _Shown(browser, tool)
            with ThreadPoolExecutor(1) as pool:
                until = time.monotonic() + seconds
                loading = pool.submit(load.pace, target, rate, lambda: time.monotonic() < until, CONNECTIONS)
                shown.watch(seconds)
                got = loading.result()
            frames = shown.frames()
            longest = shown.longest_task()
            faults = shown.faults(f"/ui/{got.asked - 1}")
            kept = shown.kept()
            browser.close()
        return Ui(
            exchanges,
            rate,
            got.rate,
            1000 / median(frames),
            sum(frame > 20 for frame in frames) / len(frames),
            longest,
            max(shown.heaps),
            kept,
            median(first for first, _ in firsts),
            firsts[0][1],
            faults,
        )
    finally:
        tool.stop()


class _Shown:
    """The traffic page, while exchanges come in."""

    def __init__(self, browser: Browser, tool: tools.Wireglass) -> None:
        self._page = browser.new_context(viewport=_SCREEN).new_page()
        self._errors: list[str] = []
        self._page.on("pageerror", lambda error: self._errors.append(str(error)))
        self._page.add_init_script(_WATCH)
        self._page.goto(_address(tool))
        self._rows = self._page.locator("[data-id]")
        expect(self._rows.first).to_be_visible()
        self._devtools = self._page.context.new_cdp_session(self._page)
        self.heaps = [self._heap()]

    def watch(self, seconds: float) -> None:
        begun = time.monotonic()
        while time.monotonic() < begun + seconds / 3:
            self._page.wait_for_timeout(500)
            self.heaps.append(self._heap())
        self._page.evaluate(_COUNT_FRAMES)
        box = self._page.get_by_label("Exchanges", exact=True).bounding_box()
        assert box is not None
        for direction in itertools.cycle((1, -1)):
            if time.monotonic() > begun + seconds:
                break
            self._devtools.send(
                "Input.synthesizeScrollGesture",
                {
                    "x": box["x"] + box["width"] / 2,
                    "y": box["y"] + box["height"] / 2,
                    "yDistance": direction * _STROKE,
                    "speed": _SPEED,
                    "gestureSourceType": "mouse",
                },
            )
            self.heaps.append(self._heap())

    def frames(self) -> list[float]:
        """Milliseconds from one to the next."""
        frames: list[float] = self._page.evaluate("measured.frames")
        return frames

    def longest_task(self) -> float:
        return float(self._page.evaluate("Math.max(0, ...measured.tasks.map(([, took]) => took))"))

    def faults(self, newest: str) -> list[str]:
        """What is wrong with what it shows, when the last of all is to be in sight."""
        self._page.get_by_label("Exchanges", exact=True).focus()
        self._page.keyboard.press("End")
        try:
            expect(self._rows.last).to_contain_text(newest, timeout=30_000)
        except AssertionError:
            self._errors.append(f"{newest} is not the last row, but {self._rows.last.inner_text()!r}")
        return self._errors

    def kept(self) -> int:
        self._devtools.send("HeapProfiler.collectGarbage")
        return self._heap()

    def _heap(self) -> int:
        return int(self._devtools.send("Runtime.getHeapUsage")["usedSize"])


def _first_screen(browser: Browser, tool: tools.Wireglass) -> tuple[float, int]:
    """Milliseconds until the list is there and nothing holds the page up; bytes of the scripts, gzipped."""
    context = browser.new_context(viewport=_SCREEN)
    page = context.new_page()
    scripts: list[Response] = []
    page.on("response", lambda one: scripts.append(one) if one.request.resource_type == "script" else None)
    page.add_init_script(_WATCH)
    page.goto(_address(tool))
    expect(page.locator("[data-id]").first).to_be_visible()
    took = float(page.evaluate(_SILENT))
    size = sum(len(gzip.compress(script.body(), 6)) for script in scripts)
    context.close()
    return took, size


def _address(tool: tools.Wireglass) -> str:
    return f"http://{tool.run.ui}/traffic#token={tool.run.token}"


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise SystemExit("No Chromium is installed: the web UI is measured in one (Debian: apt install chromium)")


def lines(measured: list[Ui]) -> list[str]:
    """The table a person reads."""
    made: list[str] = []
    for one in measured:
        made.append(f"web UI: {one.exchanges:,} exchanges, {one.rate:,.0f}/s more of {one.offered:,.0f} offered")
        for name, value, wanted, good in (
            (
                "frames a second while scrolled, median",
                f"{one.frames:.0f}",
                f"{WANTED_FRAMES:.0f}",
                one.frames >= WANTED_FRAMES,
            ),
            ("longest task, ms", f"{one.longest_task:.0f}", f"{WANTED_TASK:.0f}", one.longest_task <= WANTED_TASK),
            ("heap at most, MB", f"{one.heap / 1e6:.0f}", f"{WANTED_HEAP / 1e6:.0f}", one.heap <= WANTED_HEAP),
            ("first screen, ms", f"{one.first:,.0f}", f"{WANTED_FIRST:,.0f}", one.first <= WANTED_FIRST),
            (
                "its scripts, gzipped, kB",
                f"{one.script / 1000:,.0f}",
                f"{WANTED_SCRIPT / 1000:.0f}",
                one.script <= WANTED_SCRIPT,
            ),
        ):
            made.append(f"  {name:<42}{value:>8}  wanted {wanted:>6}: {'reached' if good else 'NOT REACHED'}")
        made.append(
            f"  {100 * one.slow:.1f} % of the frames took over 20 ms; heap after the end {one.kept / 1e6:.0f} MB"
        )
        made += [f"    NOT RIGHT: {fault}" for fault in one.faults]
    return [*made, ""] if made else []
