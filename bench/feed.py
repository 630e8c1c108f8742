"""What subscribers of the feed cost, and whether they are told everything: real traffic through the real program.

Requests are offered at one rate, first without subscribers, then with ``SUBSCRIBERS``, the last of which subscribes and
reads no more until the load has ended. All that were told is compared with the store.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import msgspec

from bench import load, tools
from bench.origin import Nginx
from bench.subscribers import Heard, Said, subscribed
from wireglass.store import Reader

RATE = 5000.0
SECONDS = 20.0
SUBSCRIBERS = 50
CONNECTIONS = 32
WITHIN = 0.1
"""How much less the proxy may do with subscribers than without."""

_PAGE = 10_000
_QUIET = 30.0


class Feed(msgspec.Struct):
    """One rate, one number of subscribers."""

    offered: float
    """Requests a second; 0: as fast as they are answered."""
    subscribers: int
    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds; at an offered rate from when the request was due."""
    p99: float
    exchanges: int
    """In the store, of those that were offered."""
    behind: float
    """Seconds from the end of the load until the last subscriber that reads was told the last change."""
    complete: int
    """Subscribers that read and were told all of it, in order."""
    reading: int
    faults: list[str]
    stalled: str
    cpu: dict[str, float]
    """Processor seconds of each process while the load ran; ``others``: of what is not ours, and should not be."""

    def line(self) -> str:
        told = f", {self.complete} of {self.reading} told all in order" if self.subscribers else ""
        return (
            f"feed: {self.subscribers} subscribers, {_offered(self.offered)} offered: {self.rate:,.0f}/s, "
            f"p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms{told}"
        )


def measure(folder: Path, server: Nginx, seconds: float, offered: float, subscribers: int) -> Feed:
    """With a Wireglass of its own, on an empty home in ``folder``."""
    tool = tools.Wireglass()
    port = tool.start(folder, server)
    try:
        target = load.Target(port, server.plain, tls=False, prefix=f"/feed/{offered:.0f}/{subscribers}")
        load.ask(target, 2000, CONNECTIONS)
        tool.cpu()  # returns when it is quiet
        target = load.Target(port, server.plain, tls=False, prefix=f"{target.prefix}/measured")
        if not subscribers:
            got, cpu = _offer(tool, server, target, seconds, offered)
            tool.cpu()
            with Reader(tool.home / "store") as reader:
                stored = len(_changes(reader, 0)) - 2000
            return _feed(offered, 0, got, cpu, stored)
        with subscribed(tool.run.api, tool.run.token, subscribers, stalled=True) as telling:
            got, cpu = _offer(tool, server, target, seconds, offered)
            ended = time.monotonic()
            newest = _settled(tool, telling.at)
            said = telling.finish(newest)
            behind = max(said.at - ended, 0.0)
        with Reader(tool.home / "store") as reader:
            changes = _changes(reader, telling.at)
        cpu["subscribers"] = said.cpu
        cpu["others"] = max(cpu["others"] - said.cpu, 0.0)
        feed = _feed(offered, subscribers, got, cpu, len(changes))
        feed.behind = behind
        feed.reading = subscribers - 1
        feed.complete, feed.faults = _judge(said, changes)
        feed.stalled = _stalled(said.stalled, changes) if said.stalled else ""
        return feed
    finally:
        tool.stop()


def lines(feeds: list[Feed]) -> list[str]:
    """The table a person reads."""
    if not feeds:
        return []
    title = f"{'feed: requests/s offered':<26}{'subscribers':>12}{'reached':>9}{'p50 ms':>9}{'p99 ms':>9}"
    made = [f"{title}  processor seconds"]
    for one in feeds:
        spent = ", ".join(f"{name} {seconds:.1f}" for name, seconds in one.cpu.items())
        figures = f"{one.subscribers:>12}{one.rate:>9,.0f}{one.p50:>9.2f}{one.p99:>9.2f}"
        made.append(f"  {_offered(one.offered):<24}{figures}  {spent}")
    for one in feeds:
        if not one.subscribers:
            continue
        made.append(
            f"  {_offered(one.offered)} offered: {one.complete} of {one.reading} that read were told all "
            f"{one.exchanges:,} in order, the last {one.behind:.1f} s after the load; stalled: {one.stalled}"
        )
        made += [f"    NOT RIGHT: {fault}" for fault in one.faults]
    for offered in dict.fromkeys(one.offered for one in feeds):
        alone = _middle(feeds, offered, 0)
        with_them = _middle(feeds, offered, SUBSCRIBERS)
        if alone and with_them:
            less = 1 - with_them / alone
            reached = "reached" if less <= WITHIN else "NOT REACHED"
            made.append(
                f"  {_offered(offered)} offered: {100 * less:.1f} % less with subscribers (medians); "
                f"wanted within {100 * WITHIN:.0f} %: {reached}"
            )
    return [*made, ""]


def _middle(feeds: list[Feed], offered: float, subscribers: int) -> float:
    """0 where there is none."""
    rates = [one.rate for one in feeds if (one.offered, one.subscribers) == (offered, subscribers)]
    return median(rates) if rates else 0.0


def _offered(rate: float) -> str:
    return f"{rate:,.0f}" if rate else "as many as go"


@contextmanager
def _spent(tool: tools.Wireglass, server: Nginx, into: dict[str, float]) -> Iterator[None]:
    processes = {**tool.processes(), "origin": server.process.pid}
    before = {name: tools.cpu(pid) for name, pid in processes.items()}
    ours, all = time.process_time(), tools.busy()
    yield
    all = tools.busy() - all
    into["load"] = time.process_time() - ours
    for name, pid in processes.items():
        into[name] = tools.cpu(pid) - before[name]
    into["others"] = max(all - sum(into.values()), 0.0)


def _offer(
    tool: tools.Wireglass, server: Nginx, target: load.Target, seconds: float, offered: float
) -> tuple[load.Result, dict[str, float]]:
    cpu: dict[str, float] = {}
    with _spent(tool, server, cpu):
        if not offered:
            return load.run(target, seconds, 0.0, CONNECTIONS), cpu
        until = time.monotonic() + seconds
        return load.pace(target, offered, lambda: time.monotonic() < until, CONNECTIONS), cpu


def _settled(tool: tools.Wireglass, begun: int) -> int:
    """The newest change, when half a second brings no other."""
    with Reader(tool.home / "store") as reader:
        deadline = time.monotonic() + _QUIET
        newest = begun
        while time.monotonic() < deadline:
            time.sleep(0.5)
            now = reader.newest_seq()
            if now == newest:
                return newest
            newest = now
    raise RuntimeError(f"the store does not come to rest in {_QUIET:g} s after the load")


def _feed(offered: float, subscribers: int, got: load.Result, cpu: dict[str, float], stored: int) -> Feed:
    faults = [] if stored == got.asked else [f"{got.asked} were sent, and {stored} are in the store"]
    return Feed(
        offered,
        subscribers,
        got.rate,
        got.percentile(0.5),
        got.percentile(0.99),
        stored,
        0.0,
        0,
        0,
        faults,
        "",
        cpu,
    )


def _changes(reader: Reader, after: int) -> dict[int, int]:
    """Id → the change it is at, of all that changed behind ``after``."""
    found: dict[int, int] = {}
    while changes := reader.changes(after, _PAGE):
        found |= {one.id: one.seq for one in changes}
        after = changes[-1].seq
    return found


def _judge(said: Said, changes: dict[int, int]) -> tuple[int, list[str]]:
    """How many were told every exchange as it is now, each change once, in order; and what was wrong."""
    right, faults = 0, []
    for heard, many in said.heard:
        fault = heard.failed or _fault(heard, changes)
        if heard.gaps:
            fault = f"gaps {heard.gaps[:3]}; {fault}"
        if fault:
            faults.append(f"{many} subscribers: {fault}")
        else:
            right += many
    return right, faults[:5]


def _fault(heard: Heard, changes: dict[int, int]) -> str:
    """Empty where all is well, but for what ``gaps`` have left out."""
    seqs, ids = array("q", heard.seqs), array("q", heard.ids)
    if any(seqs[at] >= seqs[at + 1] for at in range(len(seqs) - 1)):
        return "not in order"
    told = dict(zip(ids, seqs, strict=True))  # the last change of each
    wanted = {
        id: seq
        for id, seq in changes.items()
        if seq > heard.begun and not any(after < seq <= to for after, to in heard.gaps)
    }
    wrong = [id for id, seq in wanted.items() if told.get(id) != seq]
    return f"{len(wrong)} of {len(wanted)} were not told, such as exchange {wrong[0]}" if wrong else ""


def _stalled(heard: Heard, changes: dict[int, int]) -> str:
    gaps = ", ".join(f"a gap of {to - after:,} changes" for after, to in heard.gaps) or "no gap"
    before = len(heard.seqs) // array("q").itemsize
    fault = heard.failed or _fault(heard, changes)
    return f"{before:,} exchanges and {gaps}" + (f"; NOT RIGHT: {fault}" if fault else "; all else")
