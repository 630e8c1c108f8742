"""The plan by ``fetch`` in a page of Debian's Chromium."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.clients.drivers.plan import read_plan, report

from wireglass.launch.certificates import CaCertificate


def main() -> None:
    plan = read_plan()
    script = (Path(__file__).parent / "plan.mjs").read_text().replace("export async", "async")
    flags = [
        f"--proxy-server={plan['proxy']}",
        # It asks its makers for updates and accounts, told what it may (seen with Chromium 156): only loopback goes to
        # the proxy, and no other name is known. The last rule counts most.
        "--proxy-bypass-list=*;<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={CaCertificate(Path(plan['ca']).read_bytes()).key_hash}",
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=sys.argv[1], args=flags)
        page = browser.new_page()
        page.goto(plan["page"])
        answers = page.evaluate(f"(cases) => {{ {script}; return run(cases); }}", plan["cases"])
        browser.close()
    report(answers)


main()
