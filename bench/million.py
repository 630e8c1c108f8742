"""A store of many exchanges: ``python bench/million.py N FOLDER``.

N ended exchanges, no two alike, through ``Store.submit`` into FOLDER (``HOME/store`` if Wireglass is to open it):
hosts, paths, methods, statuses, types and sets of headers as a few dozen services have them, bodies of JSON, HTML,
forms, JavaScript and images of 0.2 to 20 kB, each with numbers and words of its own, a third of the text gzipped, one
response in twenty the same as an earlier one. The same N and ``--seed`` make the same store. They lie in sessions of
50,000.

Three rare words are hidden for searches, as many times as their names say: ``needleonce``, ``needleten`` (10) and
``needlethousand`` (every thousandth exchange).
"""

from __future__ import annotations

import argparse
import gzip
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from wireglass.model import Batch, Closed, Detail, Headers, Message, Summary
from wireglass.store import open_store
from wireglass.store.writer import BATCHES

SESSION = 50_000
STARTED = 1_780_000_000.0
GAP = 0.5
"""Seconds between two exchanges: a million are six days."""

BATCH = 256 * 1024
TEXTS = 1024
"""Different fillings of each kind, made before; what makes a body unique is written between two halves of one."""

WORDS = " ".join(
    (
        "account active address amount article author available balance basket billing brand browser cache",
        "campaign card category channel checkout city client code color comment company confirm contact content",
        "country created currency customer date default delivery description detail device discount display",
        "document domain download email enabled error event expires external feature field file filter format",
        "forward gallery gender group height history id image index invoice item key label language last level",
        "limit link list locale location login mail media member message metric mobile model name network note",
        "number offer option order owner page parent partner password payment phone picture plan platform",
        "position postal preview price product profile progress promo provider quantity query rating reason",
        "record reference region release request result review role rule scope search section segment seller",
        "service session setting shipping site size source stage start state status stock store street style",
        "subject summary tag tax team text theme time title token total track type update upload user value",
        "variant vendor version video view wallet",
    )
).split(" ")

HOSTS = [f"{name}.{domain}" for domain in ("example.com", "shop.test", "bank.example", "cdn.example.net") for name in
         ("api", "www", "auth", "static", "img", "events", "search", "eu.api")]  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
METHOD_WEIGHTS = (70, 20, 3, 2, 2, 2, 1)
STATUSES = (200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 422, 429, 500, 502, 503)
STATUS_WEIGHTS = (760, 40, 30, 10, 20, 40, 15, 15, 10, 35, 8, 4, 8, 3, 2)
TYPES = ("application/json", "text/html", "application/javascript", "image/png", "text/css")
TYPE_WEIGHTS = (60, 15, 10, 12, 3)
SIZES = (200, 500, 1_000, 2_000, 4_000, 8_000, 20_000)
SIZE_WEIGHTS = (20, 20, 20, 18, 12, 7, 3)
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{n}.0.0.0" for n in range(20)]


class Maker:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._noise = self._random.randbytes(64 * 1024)
        self._json = [self._words('"{}": "{}", ') for _ in range(TEXTS)]
        self._html = [self._words("<p class={}>{}</p>\n") for _ in range(TEXTS)]
        self._code = [self._words("const {} = {}();\n") for _ in range(TEXTS)]
        self._encode = msgspec.msgpack.Encoder().encode
        self._earlier = b'{"status": "ok"}'

    def _words(self, form: str) -> str:
        choose = self._random.choice
        made: list[str] = []
        length = 0
        while length < SIZES[-1]:
            made.append(form.format(f"{choose(WORDS)}_{self._random.randrange(1000)}", choose(WORDS)))
            length += len(made[-1])
        return "".join(made)

    def _unique(self, number: int) -> str:
        """What no other exchange has: an order number, an id, two words."""
        choose = self._random.choice
        return f"order {number:09d} {self._random.getrandbits(64):016x} {choose(WORDS)}-{choose(WORDS)}"

    def _needle(self, number: int, count: int) -> str:
        found = "needleonce" if number == count // 3 else ""
        if number % (count // 10 or 1) == 7 and number < count // 10 * 10:
            found += " needleten"
        if number % 1000 == 500:
            found += " needlethousand"
        return found

    def body(self, type: str, number: int, count: int) -> bytes:
        unique = self._unique(number) + self._needle(number, count)
        size = self._random.choices(SIZES, SIZE_WEIGHTS)[0]
        filling = self._random.randrange(TEXTS)
        start = self._random.randrange(SIZES[-1])
        if type == "application/json":
            text = self._json[filling]
            return f'{{{(text[start:] + text)[:size]}"note": "{unique}"}}'.encode()
        if type == "text/html":
            text = self._html[filling]
            return f"<!doctype html><title>{unique}</title>{(text[start:] + text)[:size]}".encode()
        if type in ("application/javascript", "text/css"):
            text = self._code[filling]
            return f"/* {unique} */\n{(text[start:] + text)[:size]}".encode()
        return b"\x89PNG\r\n\x1a\n" + number.to_bytes(8, "big") + self._noise[start : start + size]

    def exchange(self, key: int, number: int, count: int) -> Closed:
        choose, choices = self._random.choice, self._random.choices
        method = choices(METHODS, METHOD_WEIGHTS)[0]
        status = choices(STATUSES, STATUS_WEIGHTS)[0]
        type = choices(TYPES, TYPE_WEIGHTS)[0]
        host = choose(HOSTS)
        path = f"/v{number % 3 + 1}/{choose(WORDS)}s/{self._random.randrange(100_000)}/{choose(WORDS)}"
        target = f"{path}?page={number % 50}&{choose(WORDS)}={choose(WORDS)}"
        request_headers: Headers = [
            (b"Host", host.encode()),
            (b"User-Agent", choose(AGENTS).encode()),
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", b"gzip, deflate, br"),
            (b"Cookie", b"sid=%032x; theme=dark" % self._random.getrandbits(128)),
        ]
        request = b""
        if method in ("POST", "PUT", "PATCH"):
            if number % 2:
                request = f"id={number}&{choose(WORDS)}={choose(WORDS)}&token={self._random.getrandbits(64):x}".encode()
                request_headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
            else:
                request = f'{{"id": {number}, "{choose(WORDS)}": "{self._unique(number)}"}}'.encode()
                request_headers.append((b"Content-Type", b"application/json"))
                request_headers.append((b"Authorization", b"Bearer %032x" % self._random.getrandbits(128)))
        response_headers: Headers = [
            (b"Date", b"Thu, 28 May 2026 %02d:%02d:%02d GMT" % (number // 7200 % 24, number // 120 % 60, number % 60)),
            (b"Content-Type", type.encode() + (b"; charset=utf-8" if type != "image/png" else b"")),
            (b"Server", b"nginx"),
            (b"X-Request-Id", b"%032x" % self._random.getrandbits(128)),
            (b"Cache-Control", b"max-age=%d" % self._random.choice((0, 60, 3600))),
        ]
        response = b""
        if status not in (204, 304) and method != "HEAD":
            if number % 20 == 3:
                response = self._earlier
            else:
                response = self.body(type, number, count)
                if number % 20 == 7:
                    self._earlier = response
                if type != "image/png" and number % 3 == 0 and len(response) > 400 and response is not self._earlier:
                    response = gzip.compress(response, 1, mtime=0)
                    response_headers.append((b"Content-Encoding", b"gzip"))
        failed = number % 200 == 11
        summary = Summary(
            method,
            f"https://{host}{target}",
            host,
            STARTED + number * GAP,
            protocol="http/2" if number % 3 else "http/1.1",
            client=f"127.0.0.1:{40_000 + number % 20_000}",
            status=None if failed else status,
            type="" if failed or not response else type,
            mode="" if not request else "urlencoded" if number % 2 else "raw",
            request_size=len(request),
            response_size=0 if failed else len(response),
            duration_ms=self._random.expovariate(1 / 80),
            state="failed" if failed else "done",
            error_kind="upstream_failed" if failed else None,
            error=f"{host} closed the connection before it answered" if failed else None,
        )
        if failed:
            response, response_headers = b"", []
        detail = Detail(
            target=target.encode(),
            request_headers=request_headers,
            response_version="" if failed else "HTTP/1.1",
            response_headers=response_headers,
        )
        raw = msgspec.Raw(self._encode(detail))
        return Closed(
            key, summary, raw, [request] if request else [], [response] if response else [], len(request), len(response)
        )


def batches(count: int, run: int, seed: int) -> Iterator[Batch]:
    maker = Maker(seed)
    messages: list[Message] = []
    held = seq = 0
    for number in range(count):
        closed = maker.exchange(run << 40 | number, number, count)
        messages.append(closed)
        held += closed.request_kept + closed.response_kept + 1200
        if held >= BATCH or (number + 1) % SESSION == 0 or number + 1 == count:
            seq += 1
            yield Batch(run, seq, messages)
            messages, held = [], 0


def fill(count: int, folder: Path, seed: int = 1) -> None:
    store = open_store(folder, lambda trouble: print("trouble:", trouble))
    try:
        run = store.begin_run()
        room = threading.Semaphore(2 * BATCHES)
        sessions: tuple[int, ...] = ()
        made = 0
        for batch in batches(count, run, seed):
            if made % SESSION == 0:
                sessions = (store.start_session(f"million {made // SESSION + 1}", "proxy").id,)
            made += len(batch.messages)
            room.acquire()
            store.submit(batch, sessions, room.release)
        for session in sessions:
            store.set_session_state(session, "ended")
    finally:
        store.close()
    if store.counts.exchanges != count:
        raise SystemExit(f"{store.counts.exchanges} of {count} exchanges were kept")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes a store of many exchanges.")
    parser.add_argument("exchanges", type=int)
    parser.add_argument("folder", type=Path, help="where the store is made")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    fill(options.exchanges, options.folder, options.seed)
    size = sum(file.stat().st_size for file in options.folder.rglob("*") if file.is_file())
    print(f"{options.exchanges:,} exchanges, {size / 1e6:,.0f} MB, {time.perf_counter() - begun:.0f} s")
