"""How long the page stands still, by Chromium's own account."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Browser, Page


def longest_task(browser: Browser, page: Page, act: Callable[[], object]) -> float:
    """Milliseconds of processor time of the longest task on the page's main thread while ``act`` runs. Not of the
    clock: other programs may have the processor meanwhile."""
    browser.start_tracing(page=page, categories=["toplevel"])
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"]
        for event in events
        if event["ph"] == "X" and "tdur" in event and (event["pid"], event["tid"]) in threads
    ]
    assert tasks, "the trace has no tasks"
    return float(max(tasks)) / 1000
