"""How fast the store keeps exchanges: ``python bench/store.py [exchanges] [folder] [--bodies N]``.

Ended exchanges with unique response bodies of 0.2 to 50 kB (mean 4.2 kB) in batches of 256 kB are submitted so that two
transactions' worth waits at most; a commit is timed from ``submit`` to ``done``. With ``--bodies`` the store holds so
many small bodies already, two to an exchange: what is printed is of the exchanges that come then.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from wireglass.model import Batch, Closed, Detail, Message, Summary
from wireglass.store import open_store
from wireglass.store.writer import BATCHES

SIZES = ((30, 200), (30, 1_000), (20, 2_000), (12, 8_000), (5, 20_000), (3, 50_000))
BATCH = 256 * 1024
FILLING = 2000
"""Bodies in a batch that fills the store."""

FILLING_RUN = 2


def batches(count: int) -> list[Batch]:
    random.seed(1)
    noise = random.randbytes(50_000)
    request_headers = [(b"x-request-header-%d" % i, b"some value of a header %d" % i) for i in range(10)]
    response_headers = [(b"x-response-header-%d" % i, b"some value of a header %d" % i) for i in range(8)]
    encode = msgspec.msgpack.Encoder().encode
    made: list[Batch] = []
    messages: list[Message] = []
    held = 0
    sizes = random.choices([size for _, size in SIZES], [weight for weight, _ in SIZES], k=count)
    for number, size in enumerate(sizes):
        detail = Detail(
            target=b"/items/%d" % number, request_headers=request_headers, response_headers=response_headers
        )
        body = b"%016d" % number + noise[16:size]
        summary = Summary(
            "GET",
            f"http://127.0.0.1:8000/items/{number}?size={size}",
            "127.0.0.1",
            time.time(),
            client="127.0.0.1:50000",
            status=200,
            type="application/json",
            response_size=size,
            duration_ms=1.5,
            state="done",
        )
        raw = msgspec.Raw(encode(detail))
        messages.append(Closed(1 << 40 | number, summary, raw, [], [body], 0, size))
        held += size + len(bytes(raw)) + 300
        if held >= BATCH:
            made.append(Batch(1, len(made) + 1, messages))
            messages, held = [], 0
    made.append(Batch(1, len(made) + 1, messages))
    return made


def fillings(count: int) -> Iterator[Batch]:
    """``count`` bodies of 16 bytes that differ from each other and from those of ``batches``."""
    detail = msgspec.Raw(msgspec.msgpack.encode(Detail()))
    summary = Summary("GET", "http://127.0.0.1:8000/", "127.0.0.1", time.time(), status=200, state="done")
    for seq, first in enumerate(range(0, count, FILLING), 1):
        numbers = range(first, min(first + FILLING, count), 2)
        bodies = [(b"request %8d" % number, b"answer  %8d" % number) for number in numbers]
        yield Batch(
            FILLING_RUN,
            seq,
            [
                Closed(FILLING_RUN << 40 | number, summary, detail, [request], [response], len(request), len(response))
                for number, (request, response) in zip(numbers, bodies, strict=True)
            ],
        )


def fill(folder: Path, count: int) -> None:
    """Through a store of its own, closed again: the one that is measured starts on it like any other."""
    store = open_store(folder, lambda message: print("trouble:", message))
    room = threading.Semaphore(2 * BATCHES)
    start = time.perf_counter()
    for batch in fillings(count):
        room.acquire()
        store.submit(batch, (), room.release)
    store.close()
    print(f"filled with {count:,} bodies in {time.perf_counter() - start:.0f} s")


def main(count: int, folder: Path, bodies: int) -> None:
    if bodies:
        fill(folder, bodies)
    work = batches(count)
    store = open_store(folder, lambda message: print("trouble:", message))
    session = store.start_session("bench", "proxy").id
    room = threading.Semaphore(2 * BATCHES)
    times: list[float] = []
    ends: list[float] = []
    written = _written()
    cpu, start = time.process_time(), time.perf_counter()
    for batch in work:
        room.acquire()

        def done(at: float = time.perf_counter()) -> None:
            now = time.perf_counter()
            times.append(now - at)
            ends.append(now)
            room.release()

        store.submit(batch, (session,), done)
    store.close()
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert store.counts.exchanges == count, store.counts
    # The batches of one transaction end within microseconds of each other, so the gaps that are longer are commits.
    commits = sorted(gap for a, b in itertools.pairwise(ends) if (gap := b - a) > 0.001)
    times.sort()
    print(f"{count / took:,.0f} exchanges/s ({count / cpu:,.0f} per second of processor), {len(work)} batches")
    for what, values in (("commit", commits), ("submit to done", times)):
        p50, p99 = (values[int(len(values) * part)] * 1000 for part in (0.5, 0.99))
        print(f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {values[-1] * 1000:.1f} ms ({len(values)})")
    kept = store.counts.body_bytes / 1e6
    print(f"{kept:,.0f} MB of bodies, {(_written() - written) / 1e6:,.0f} MB written")
    print(f"{sum(f.stat().st_size for f in folder.iterdir() if f.is_file()) / 1e6:,.0f} MB database")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB resident at most, the input included")


def _written() -> int:
    """Bytes given to write calls by this process, as Linux counts them."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How fast the store keeps exchanges.")
    parser.add_argument("exchanges", type=int, nargs="?", default=100_000)
    parser.add_argument("folder", type=Path, nargs="?", default=Path.cwd(), help="where the store is made, and removed")
    parser.add_argument("--bodies", type=int, default=0, metavar="N", help="fill the store with N bodies first")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="bench-store-", dir=options.folder))
    try:
        main(options.exchanges, place, options.bodies)
    finally:
        shutil.rmtree(place)
