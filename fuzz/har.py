"""Fuzzes the HAR reader: ``python fuzz/har.py [SECONDS]``, ten by default.

The invariant: any bytes are exchanges or a BadFile; never another error. What is read can be written as HAR, and what
was written is read again.
Prints the seed of a failure and the bytes.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import time
from typing import Any

from wireglass.errors import BadFile
from wireglass.formats import HarReader, har, json_scan, json_text
from wireglass.model import BodyRef, Imported, Record, Side

_FIELD = {"name": "Content-Type", "value": "text/html; charset=iso-8859-1"}
_ENTRY: dict[str, Any] = {
    "startedDateTime": "2024-05-06T07:08:09.123+02:00",
    "time": 5,
    "request": {
        "method": "POST",
        "url": "https://a.test:8443/x?y=1",
        "httpVersion": "h2",
        "headers": [{"name": ":authority", "value": "a.test"}, _FIELD, {"name": "Content-Encoding", "value": "gzip"}],
        "cookies": [{"name": "a", "value": "1", "expires": "2026-01-31T10:00:00Z"}],
        "postData": {"mimeType": "multipart/form-data; boundary=b", "params": [{"name": "a", "fileName": "b"}]},
        "bodySize": -1,
    },
    "response": {
        "status": 200,
        "httpVersion": "HTTP/1.1",
        "headers": [_FIELD, {"name": "Set-Cookie", "value": "a\nb"}],
        "content": {"size": 3, "mimeType": "text/html", "text": "gAH/\ud83d", "encoding": "base64", "compression": 1},
        "_error": "net::ERR_ABORTED",
    },
    "timings": {"blocked": -1, "connect": 3, "ssl": 2, "wait": 1},
    "serverIPAddress": "[::1]",
    "_webSocketMessages": [{"type": "send", "time": 1.5, "opcode": 1, "data": "x" * 40}],
    "_notes": ["a"],
    "_tunnel": {"fromClient": 1},
}
_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    7,
    2**70,
    1.5,
    1e308,
    "",
    "x",
    "=",
    "\0long 3",
    "HTTP/2",
    "base64",
    [],
    {},
    [[]],
    {"a": {}},
)
_WORDS = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u", b"\\ud83d", b"\xff", b"\n", b"null", b"1e999", b"\0")


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, one in inner for place in _places(one, (*path, name)))]


def made(dice: random.Random) -> bytes:
    file: Any = {
        "log": {"version": "1.2", "creator": {"name": dice.choice(["Wireglass", "x"])}, "entries": [_ENTRY] * 2}
    }
    file = json.loads(json.dumps(file))
    for _ in range(dice.randint(0, 3)):
        *path, last = dice.choice(_places(file)[1:])
        within = file
        for name in path:
            within = within[name]
        within[last] = copy.deepcopy(dice.choice(_VALUES))
    data = bytearray(json.dumps(file, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass"))
    for _ in range(dice.choice((0, 0, 1, 3))):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.choice((0, 0, 1, 5))] = dice.choice(_WORDS)
    return bytes(data)


def read(data: bytes) -> list[Imported]:
    return list(HarReader(lambda at, size: data[at : at + size]))


def written(found: list[Imported]) -> bytes:
    bodies: dict[int, Imported] = {}
    records = []
    for one in found:
        kept = [data if isinstance(data, bytes) else b"".join(data) for data in (one.request, one.response)]
        one = one._replace(request=kept[0], response=kept[1])
        refs = [BodyRef(len(data), len(data), "00" if data else "") for data in kept]
        marks = BodyRef(len(one.timeline), len(one.timeline))
        records.append(Record(one.summary, one.detail, refs[0], refs[1], marks))
        bodies[id(records[-1])] = one

    def body(record: Record, side: Side) -> list[bytes]:
        one = bodies[id(record)]
        data = one.request if side == "request" else one.response
        assert isinstance(data, bytes)
        return [data]

    return b"".join(har(records, body, "1", lambda record: bodies[id(record)].timeline))


def check(seed: int) -> None:
    """One input made from ``seed``; raises what the invariant forbids."""
    dice = random.Random(seed)
    data = made(dice)
    json_text.CHUNK, json_scan.LONG = dice.choice(((7, 16), (64, 100), (2**18, 2**20)))
    try:
        found = read(data)
    except BadFile:
        return
    assert len(read(written(found))) == len(found)


def main(seconds: float) -> None:
    end = time.monotonic() + seconds
    seed = 0
    while time.monotonic() < end:
        try:
            check(seed)
        except Exception:
            print(f"seed {seed}: {made(random.Random(seed))!r}")
            raise
        seed += 1
    print(f"{seed} inputs, all well")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
