"""Wireglass's API, asked over one kept connection."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import msgspec

_TIMEOUT = 60.0
_KEPT = 10.0
"""Seconds after which a connection is not used again: the server closes it some time later."""


class Api:
    def __init__(self, port: int, token: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._used = time.monotonic()

    def get(self, path: str, **asked: str | int) -> Any:
        return msgspec.json.decode(self.timed(path, **asked)[1])

    def timed(self, path: str, **asked: str | int) -> tuple[float, bytes]:
        """Seconds until the whole answer was there, and the answer."""
        begun = time.perf_counter()
        answer = self._ask("GET", f"{path}?{urlencode(asked)}" if asked else path)
        return time.perf_counter() - begun, answer

    def post(self, path: str, body: object) -> Any:
        return msgspec.json.decode(self._ask("POST", path, msgspec.json.encode(body)))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        if time.monotonic() - self._used > _KEPT:
            self._connection.close()
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        self._used = time.monotonic()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path} was answered with {response.status}: {answer[:300]!r}")
        return answer
