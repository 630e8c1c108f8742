"""Chromium's own network panel, which imports a HAR file as a person makes it: by its button.

The developer tools are a page of the browser's own (``devtools://devtools/bundled/devtools_app.html``) and open without
something to inspect. What the panel has read is asked of its own modules.
"""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import msgspec
from playwright.sync_api import sync_playwright
from tests.peers.chromium import chromium

BUNDLED = "devtools://devtools/bundled"

READ = """async (bundled) => {
    const { NetworkLog } = await import(`${bundled}/models/logs/logs.js`);
    const requests = NetworkLog.NetworkLog.instance().requests();
    return await Promise.all(requests.map(async request => {
        const content = await request.requestContentData();
        const inUnknownCharset = () => {  // it cannot show such text; TextDecoder throws
            try { return content.text === null; } catch { return true; }
        };
        const isText = content.isTextContent && !inUnknownCharset();
        const named = fields => fields.map(({name, value}) => [name, value]);
        return {
            method: request.requestMethod,
            url: request.url(),
            status: request.statusCode,
            status_text: request.statusText,
            mime_type: request.mimeType,
            request_headers: named(request.requestHeaders()),
            response_headers: named(request.responseHeaders),
            posted: await request.requestFormData(),
            resource_size: request.resourceSize,
            transfer_size: request.transferSize,
            remote: request.remoteAddress(),
            seconds: request.duration,
            text: isText ? content.text : null,
            base64: isText ? null : content.base64,
        };
    }));
}"""

ROWS = """() => {
    const found = [];
    const walk = root => {
        for (const element of root.querySelectorAll("*")) {
            if (element.matches("td.name-column")) found.push(element.innerText.trim());
            if (element.shadowRoot) walk(element.shadowRoot);
        }
    };
    walk(document);
    return found.filter(Boolean);
}"""


class Request(msgspec.Struct):
    """A request as the panel knows it."""

    method: str
    url: str
    status: int
    status_text: str
    mime_type: str | None
    request_headers: list[tuple[str, str]]
    response_headers: list[tuple[str, str]]
    posted: str | None
    resource_size: int
    transfer_size: int
    remote: str
    seconds: float
    text: str | None
    base64: str | None

    @property
    def body(self) -> bytes:
        """Text as UTF-8."""
        return b64decode(self.base64) if self.base64 is not None else (self.text or "").encode()


SAVE = """async (bundled) => {
    const { Writer } = await import(`${bundled}/models/har/har.js`);
    const { NetworkLog } = await import(`${bundled}/models/logs/logs.js`);
    const progress = {
        canceled: false, isCanceled: () => false, done() {}, incrementWorked() {}, setTitle() {}, setTotalWork() {},
        setWorked() {}, createSubProgress() { return this; },
    };
    const requests = NetworkLog.NetworkLog.instance().requests();
    return await Writer.Writer.harStringForRequests(requests, { sanitize: false }, progress);
}"""


class Panel(msgspec.Struct):
    requests: list[Request]
    """In the panel's order: by the time they started."""
    rows: list[str]
    """The first column as it is shown, of the rows that are in view."""
    errors: list[str]
    """What the developer tools said was wrong."""
    har: str
    """What "Export HAR (with sensitive data)" writes of them, where it was asked for."""


def open_har(file: Path, count: int, *, export: bool = False) -> Panel:
    """Import ``file``, and wait until the panel has ``count`` requests; ``export``: and write them again."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags, headless=True)
        page = browser.new_page(viewport={"width": 1600, "height": 1200})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{BUNDLED}/devtools_app.html?panel=network")
        with page.expect_file_chooser() as chooser:
            page.get_by_label("Import HAR").first.click()
        chooser.value.set_files(file)
        page.wait_for_function(
            """async ([bundled, count]) => {
                const { NetworkLog } = await import(`${bundled}/models/logs/logs.js`);
                return NetworkLog.NetworkLog.instance().requests().length >= count;
            }""",
            arg=[BUNDLED, count],
        )
        requests = msgspec.convert(page.evaluate(READ, BUNDLED), list[Request])
        page.wait_for_function(f"count => ({ROWS})().length >= count", arg=min(count, 10))
        rows = page.evaluate(ROWS)
        har = page.evaluate(SAVE, BUNDLED) if export else ""
        browser.close()
    return Panel(requests, rows, errors, har)
