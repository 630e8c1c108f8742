"""Traffic to look at: real requests through the real proxy, to an origin of the test."""

from __future__ import annotations

import urllib.error
from urllib.request import ProxyHandler, Request, build_opener

from tests.peers.origin import Origin, fixed
from tests.peers.program import Row, Wireglass


class Traffic:
    def __init__(self, program: Wireglass, origin: Origin) -> None:
        self.program = program
        self.origin = origin
        self._opener = build_opener(ProxyHandler({"http": f"http://{program.proxy}"}))

    def send(
        self,
        path: str,
        answer: bytes = b"",
        *,
        method: str = "GET",
        type: str = "text/plain",
        status: str = "200 OK",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        answer_headers: tuple[bytes, ...] = (),
    ) -> Row:
        """One exchange; its row, when it is in the store."""
        kind, _, _ = path.partition("?")
        self.origin.on(kind, fixed(answer, b"Content-Type: " + type.encode(), *answer_headers, status=status.encode()))
        url = f"http://127.0.0.1:{self.origin.port}{path}"
        self.ask(Request(url, body, headers or {}, method=method))
        return self.program.row(url, "done")

    def get(self, path: str) -> None:
        """Whatever the origin answers, and as late as it does."""
        self.ask(Request(f"http://127.0.0.1:{self.origin.port}{path}"))

    def ask(self, request: Request) -> None:
        try:
            with self._opener.open(request, timeout=30) as response:
                response.read()
        except urllib.error.HTTPError as error:
            error.close()
