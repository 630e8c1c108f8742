"""Who comes to the shop, through the proxy: a browser, an app, scripts with curl, and what goes wrong with each."""

from __future__ import annotations

import json
import ssl
import subprocess
import tempfile
import urllib.error
from pathlib import Path
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from playwright.sync_api import BrowserType
from tests.peers.installed import installed
from tests.peers.program import Row, Wireglass
from websockets.sync.client import connect

from wireglass.launch.certificates import CaCertificate
from wireglass.launch.chromium import command as chromium_command

_API = "https://api.shop.example"
_APP = {"User-Agent": "ExampleShop/4.2.1 (iPhone; iOS 26.1)", "Accept": "application/json", "Accept-Encoding": "gzip"}
_TOKEN = {"Authorization": "Bearer eyJhbGciOi.shop.42"}


class Shoppers:
    def __init__(self, program: Wireglass) -> None:
        self.program = program
        self._proxy = f"http://{program.proxy}"
        self._trust = ssl.create_default_context(cafile=str(program.ca_path))
        self._key = CaCertificate(program.ca_path.read_bytes()).key_hash
        handlers = ProxyHandler({"http": self._proxy, "https": self._proxy}), HTTPSHandler(context=self._trust)
        self._opener = build_opener(*handlers)

    def browse(self, chromium: BrowserType) -> None:
        """A browser as ``wireglass browser`` starts it: it trusts what Wireglass signs."""
        with tempfile.TemporaryDirectory(prefix="shopper-") as profile:
            path = installed("chromium", "chromium-browser", "google-chrome")
            command = chromium_command(
                Path(path),
                Path(profile),
                proxy=self.program.proxy,
                ca_hash=self._key,
                sandbox=False,
                url="",
                arguments=(),
            )
            flags = [flag for flag in command[1:] if flag and not flag.startswith("--user-data-dir")]
            context = chromium.launch_persistent_context(profile, executable_path=path, args=flags)
            page = context.new_page()
            page.goto("https://shop.example/")
            page.wait_for_selector("body[data-ready]")
            context.close()

    def app(self, orders: range = range(4201, 4205)) -> None:
        """An app on a phone: signs in, looks at orders, changes one, asks what fails."""
        self._send("POST", "/v1/login", {"user": "ada@mail.example", "password": "tea-towel-7"})
        for number in (7, 12, 42):
            self._send("GET", f"/v1/users/{number}")
        for number in orders:
            self._send("GET", f"/v1/orders/{number}")
        self._send("PATCH", f"/v1/orders/{orders[0]}", {"status": "sent"})
        self._send("GET", f"/v1/orders/{orders[0]}")
        self._send("GET", "/v1/users/977")
        query = "query Product($sku: ID!) { product(sku: $sku) { name price stock } }"
        self._send("POST", "/graphql", {"operationName": "Product", "query": query, "variables": {"sku": "ENA-100"}})
        self._send("POST", "/v1/payments", {"order": orders[0], "card": "4111111111111111", "amount": 6200})
        self._send("GET", "/v1/search?q=cast+iron+pan&page=1&filters=in_stock%2Cprice_lt_8000&sort=relevance")

    def scripts(self) -> None:
        """What runs at night: uploads, reports, redirects, events."""
        image = ("--form", "invoice=@-;filename=invoice-4201.txt;type=text/plain", "--form", "order=4201")
        self._curl(f"{_API}/v1/uploads", *image, said=b"Invoice 4201\nEnamel mug  2  29.00 EUR\n")
        self._curl(f"{_API}/v1/reports/2026-11?currency=EUR")
        self._curl("http://shop.example/", "--location")
        self._curl(f"{_API}/orders/latest", "--location")
        self._curl(f"{_API}/v1/events", "--header", "Accept: text/event-stream")
        self._curl(f"{_API}/v1/carts/c-81f2", "--request", "DELETE")

    def measure(self) -> None:
        """What nobody wants to see."""
        for at in range(3):
            self._curl("https://metrics.shop.example/collect", "--data", f"page=/v1/orders/{4201 + at}&ms=182")

    def faults(self) -> None:
        """A server's fault, a host that nobody knows, one that is down, and a client that does not trust Wireglass."""
        for _ in range(2):
            self._send("GET", "/v1/stock/ENA-100")
        self._send("GET", "/v1/admin/refunds")
        self._curl("https://warehouse.example/v2/parcels", works=False)
        self._curl("http://127.0.0.1:9/health", works=False)
        self._curl(f"{_API}/v1/session", works=False, trusts=False)

    def chat(self) -> None:
        url = "wss://live.shop.example/support?order=4201"
        with connect(url, proxy=self._proxy, ssl=self._trust) as socket:
            socket.recv()
            for text in ("Hello! My parcel has not come.", "It was to come on Tuesday."):
                socket.send(json.dumps({"type": "text", "text": text}))
                socket.recv()
                socket.recv()
            socket.send(json.dumps({"type": "where", "order": 4201}))
            socket.recv()
            socket.recv()

    def row(self, url: str) -> Row:
        """The newest of ``url``, once it has ended."""
        self.program.row(url)
        return self.program.rows(url)[-1]

    def _send(self, method: str, path: str, value: object = None) -> None:
        headers = _APP if path == "/v1/login" else _APP | _TOKEN
        body = None if value is None else json.dumps(value).encode()
        if body is not None:
            headers = headers | {"Content-Type": "application/json"}
        try:
            with self._opener.open(Request(_API + path, body, headers, method=method), timeout=30) as response:
                response.read()
        except urllib.error.HTTPError as error:
            error.close()

    def _curl(self, url: str, *flags: str, said: bytes = b"", works: bool = True, trusts: bool = True) -> None:
        command = [installed("curl"), "--silent", "--noproxy", "", "--proxy", self._proxy, "--compressed", *flags, url]
        if trusts:
            command[1:1] = ["--cacert", str(self.program.ca_path)]
        done = subprocess.run(command, input=said, capture_output=True, timeout=60)
        assert not works or done.returncode == 0, (url, done.returncode)
