"""What the browser keeps of the web UI, where other programs of the user can read it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect
from tests.peers.program import Wireglass
from tests.ui.pages.detail import Detail
from tests.ui.pages.traffic import TrafficPage
from tests.ui.traffic import Traffic

_EVERYWHERE = """async () => ({
    local: Object.fromEntries(Object.entries(localStorage)),
    session: sessionStorage.length,
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
_LOOKS = {"theme", "navigation", "traffic.columns", "language"}
_WIDTHS = "react-resizable-panels:"
_FILTERS = "traffic.filters"


def test_looks_and_used_filters_and_no_rows_bodies_or_token(page: Page, wireglass: Wireglass, traffic: Traffic) -> None:
    traffic.send("/kept", b'{"password": "hush-hush"}', type="application/json", headers={"Cookie": "id=hush-cookie"})
    listed = TrafficPage(page, wireglass).open()
    listed.write("path~kept").shows("/kept")
    listed.shell.press("Enter")  # what is suggested lies above the row until then
    listed.row("/kept").click()
    detail = Detail(listed.shell).show("Response", "Body")
    expect(detail.value("hush-hush")).to_be_visible()
    listed.shell.choose_theme("Dark")

    kept: dict[str, Any] = page.evaluate(_EVERYWHERE)
    local = {name.removeprefix("wireglass."): text for name, text in kept.pop("local").items()}
    assert kept == {"session": 0, "cookies": "", "databases": 0, "caches": 0, "workers": 0}
    assert {"theme", _FILTERS} <= {name for name in local if not name.startswith(_WIDTHS)} <= {*_LOOKS, _FILTERS}
    assert local.pop(_FILTERS) == '["path~kept"]'
    for text in ("hush", "kept", listed.shell.run.token):
        assert text not in str(local)
