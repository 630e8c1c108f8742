"""HAR files to read, in the flavours of their writers, and what is read of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from wireglass.formats import HarReader, har
from wireglass.model import BodyRef, Imported, Record, Side

Object = dict[str, Any]


def entry(**changes: Any) -> Object:
    """What the specification asks for; ``request``, ``response`` and ``content`` are merged, others replaced."""
    made: Object = {
        "startedDateTime": "2024-05-06T07:08:09.123Z",
        "time": 50,
        "request": {
            "method": "GET",
            "url": "https://example.test/a?b=1",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "Host", "value": "example.test"}],
            "queryString": [{"name": "b", "value": "1"}],
            "headersSize": -1,
            "bodySize": 0,
        }
        | changes.pop("request", {}),
        "response": {
            "status": 200,
            "statusText": "OK",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "Content-Type", "value": "text/plain"}],
            "content": {"size": 2, "mimeType": "text/plain", "text": "hi"} | changes.pop("content", {}),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 2,
        }
        | changes.pop("response", {}),
        "cache": {},
        "timings": {"send": 1, "wait": 40, "receive": 9},
    }
    return made | changes


def har_of(*entries: Object, creator: str = "test", **log: Any) -> bytes:
    whole = {"version": "1.2", "creator": {"name": creator, "version": "1"}, **log, "entries": list(entries)}
    return json.dumps({"log": whole}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def read(data: bytes) -> list[Imported]:
    return list(HarReader(lambda at, size: data[at : at + size]))


def read_one(*entries: Object, **log: Any) -> Imported:
    [found] = read(har_of(*entries, **log))
    return found


def body(data: Iterable[bytes] | bytes) -> bytes:
    return data if isinstance(data, bytes) else b"".join(data)


def exported(*exchanges: Imported) -> Object:
    """The file that an export of them is."""
    kept = [Stored(one, number) for number, one in enumerate(exchanges, 1)]
    of = {id(one.record): one for one in kept}
    pieces = har(
        [one.record for one in kept],
        lambda record, side: of[id(record)].read(record, side),
        "1",
        lambda record: of[id(record)].timeline,
    )
    file: Object = json.loads(b"".join(pieces))
    return file


def differences(one: Any, other: Any, path: str = "$") -> list[str]:
    """Where two files differ, and how."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return [found for name in names for found in differences(one.get(name), other.get(name), f"{path}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for at, (left, right) in pairs for found in differences(left, right, f"{path}[{at}]")]
    return [] if one == other else [f"{path}: {one!r} and {other!r}"]


class Stored:
    """What was read, as the store would give it back."""

    def __init__(self, found: Imported, id: int = 1) -> None:
        self._bodies: dict[Side, bytes] = {"request": body(found.request), "response": body(found.response)}
        self.timeline = found.timeline
        found.summary.id = id
        self.record = Record(
            found.summary,
            found.detail,
            self._ref("request", found.summary.request_size, found.request_note, found),
            self._ref("response", found.summary.response_size, found.response_note, found),
            BodyRef(len(self.timeline), len(self.timeline), "00" if self.timeline else ""),
        )

    def _ref(self, side: Side, passed: int, note: str, found: Imported) -> BodyRef:
        kept = len(self._bodies[side])
        return BodyRef(kept if side in found.detail.decoded else passed, kept, "00" if kept else "", note)

    def read(self, _record: Record, side: Side) -> list[bytes]:
        return [self._bodies[side]]
