"""What the drivers in Python share: the plan, the pattern of a body, and the way to say what came."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_BLOCK = bytes((number ^ (number >> 8)) & 0xFF for number in range(65_536))

FIELDS = {"text": "a value"}
FILE_NAME, FILE_TYPE = "odd näme.bin", "application/x-odd"


def pattern(size: int) -> bytes:
    return (_BLOCK * (size // len(_BLOCK) + 1))[:size]


def pieces(size: int) -> Iterator[bytes]:
    """The pattern of ``size`` bytes, for an upload whose length the client cannot know."""
    body = pattern(size)
    for at in range(0, size, 60_000):
        yield body[at : at + 60_000]


def whole(send: dict[str, Any]) -> bytes:
    """The body of an upload whose length is known."""
    body = pattern(send["size"])
    return gzip.compress(body) if send["how"] == "gzip" else body


def read_plan() -> Any:
    return json.load(sys.stdin)


def answer(name: str, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(body).hexdigest()
    return {"name": name, "status": status, "headers": list(headers), "size": len(body), "sha256": digest}


def attempt(case: dict[str, Any], work: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """A failed case is an answer as well: the others go on."""
    try:
        return work(case)
    except Exception as error:
        return failed(case, error)


def failed(case: dict[str, Any], error: Exception) -> dict[str, Any]:
    return {"name": case["name"], "error": f"{type(error).__name__}: {error}"}


def report(answers: list[dict[str, Any]]) -> None:
    json.dump(answers, sys.stdout)
