"""What was measured, as a table and as JSON."""

from __future__ import annotations

from statistics import median

import msgspec

from bench import feed, search_table, ui
from bench.check import Verdict
from bench.http2 import CLIENTS, Requests
from bench.http2 import STREAMS as REQUESTS_EACH
from bench.http2 import WANTED as WANTED_REQUESTS
from bench.memory import COUNTS, FLAT
from bench.origin import SIZES
from bench.search import Size
from bench.sse import STREAMS, Events
from bench.tools import Machine
from bench.websocket import CONNECTIONS, Messages
from bench.websocket import WANTED as WANTED_MESSAGES

SCENARIOS = {
    "plain": ("requests/s, plain", 15.0),
    "tls": ("requests/s, kept TLS", 10.0),
    "tls-new": ("new TLS connections/s", 3.0),
}
"""Name → (title, how many times mitmdump is to be reached)."""


class Figure(msgspec.Struct):
    """One tool in one scenario of one round."""

    tool: str
    scenario: str
    round: int
    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds."""
    p99: float
    cpu_per_10k: float
    """Seconds of processor time of the tool's process tree for 10,000 requests, warm-up included."""


class Single(msgspec.Struct):
    """One client alone with one tool."""

    tool: str
    tls: bool
    megabytes_per_second: float
    """Of a download of 100 MB."""
    download_first_byte_ms: float
    """From the request for it to the end of the response head."""
    first_byte_p50_ms: float
    """The same for small responses, on a kept connection."""
    first_byte_p99_ms: float

    def line(self) -> str:
        return (
            f"100 MB at {self.megabytes_per_second:,.0f} MB/s, first byte after {self.download_first_byte_ms:.2f} ms; "
            f"first byte of small ones p50 {self.first_byte_p50_ms:.3f} ms, p99 {self.first_byte_p99_ms:.3f} ms"
        )


class Memory(msgspec.Struct):
    tool: str
    resident: list[int]
    """Bytes after each of ``memory.COUNTS`` exchanges."""

    @property
    def growth(self) -> float:
        return self.resident[-1] / self.resident[0] - 1

    def line(self) -> str:
        parts = [f"{size / 1e6:.0f} MB after {count:,}" for count, size in zip(COUNTS, self.resident, strict=True)]
        return f"resident {', '.join(parts)} exchanges: {100 * self.growth:+.0f} %"


class Report(msgspec.Struct):
    machine: dict[str, str | int]
    versions: dict[str, str]
    seconds: float
    connections: int
    figures: list[Figure]
    verdicts: list[Verdict]
    singles: list[Single]
    memories: list[Memory]
    messages: list[Messages]
    events: list[Events]
    requests: list[Requests]
    searches: list[Size]
    feeds: list[feed.Feed]
    uis: list[ui.Ui]

    def middle(self, tool: str, scenario: str) -> Figure | None:
        """Medians over the rounds."""
        rounds = [figure for figure in self.figures if (figure.tool, figure.scenario) == (tool, scenario)]
        if not rounds:
            return None
        values = {name: median(getattr(figure, name) for figure in rounds) for name in ("rate", "p50", "p99")}
        return Figure(tool, scenario, 0, **values, cpu_per_10k=median(figure.cpu_per_10k for figure in rounds))


def machine_words(machine: Machine) -> dict[str, str | int]:
    return {"cpu": machine.cpu, "cores": machine.cores, "python": machine.python}


def text(report: Report) -> str:
    """The table a person reads."""
    sizes = ", ".join(f"{share} % {size / 1000:g} kB" for share, size in SIZES)
    rounds = max((figure.round for figure in report.figures), default=0)
    lines = [f"{report.machine['cpu']}, {report.machine['cores']} cores, Python {report.machine['python']}"]
    if rounds:
        lines.append(
            f"{report.connections} connections; median of {rounds} rounds of {report.seconds:g} s; "
            f"every response unique: {sizes}"
        )
    lines.append("")
    for scenario, (title, wanted) in SCENARIOS.items():
        base = report.middle("mitmdump", scenario)
        rows = [
            (tool, version, figure)
            for tool, version in report.versions.items()
            if (figure := report.middle(tool, scenario)) is not None
        ]
        if not rows:
            continue
        lines.append(f"{title:<34}{'per second':>11}{'x mitmdump':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU s/10k':>11}")
        for tool, version, figure in rows:
            ratio = f"{figure.rate / base.rate:.1f}" if base is not None and base.rate else "-"
            cpu = f"{figure.cpu_per_10k:.2f}" if figure.cpu_per_10k else "-"
            times = f"{figure.p50:>9.2f}{figure.p99:>9.2f}"
            lines.append(f"  {tool + ' ' + version:<32}{figure.rate:>11,.0f}{ratio:>11}{times}{cpu:>11}")
        ours = report.middle("wireglass", scenario)
        if ours is not None and base is not None:
            reached = ours.rate / base.rate
            lines.append(f"  wanted {wanted:g} times mitmdump: {'reached' if reached >= wanted else 'NOT REACHED'}")
        lines.append("")
    for tls in (False, True):
        singles = [single for single in report.singles if single.tls == tls]
        direct = next((single for single in singles if single.tool == "direct"), None)
        title = f"one client, {'kept TLS' if tls else 'plain'}"
        if singles:
            lines.append(f"{title:<34}{'100 MB, MB/s':>13}{'its first byte':>16}{'small: added p50':>18}{'p99 ms':>9}")
        for single in singles:
            added = single.first_byte_p50_ms - direct.first_byte_p50_ms if direct and single is not direct else None
            lines.append(
                f"  {single.tool:<32}{single.megabytes_per_second:>13,.0f}{single.download_first_byte_ms:>13.2f} ms"
                f"{f'{added:.3f} ms' if added is not None else '-':>18}{single.first_byte_p99_ms:>9.3f}"
            )
        if singles:
            lines.append("")
    lines += _messages(report) + _events(report) + _requests(report)
    lines += feed.lines(report.feeds) + search_table.lines(report.searches) + ui.lines(report.uis)
    for memory in report.memories:
        lines.append(f"{memory.tool}: {memory.line()}")
        if memory.tool == "wireglass":
            lines.append(
                f"  wanted: flat within {100 * FLAT:.0f} %: {'reached' if memory.growth <= FLAT else 'NOT REACHED'}"
            )
    lines += [f"store: {verdict.line()}" for verdict in report.verdicts]
    return "\n".join(lines)


def _messages(report: Report) -> list[str]:
    if not report.messages:
        return []
    rates = {one.tool: one.rate for one in report.messages}
    base = rates.get("mitmdump")
    lines = [f"{f'WebSocket, {CONNECTIONS} connections':<34}{'messages/s':>11}{'x mitmdump':>11}"]
    for tool, rate in rates.items():
        lines.append(f"  {tool:<32}{rate:>11,.0f}{f'{rate / base:.1f}' if base else '-':>11}")
    if base and "wireglass" in rates:
        reached = "reached" if rates["wireglass"] >= WANTED_MESSAGES * base else "NOT REACHED"
        lines.append(f"  wanted {WANTED_MESSAGES:g} times mitmdump: {reached}")
    return [*lines, ""]


def _events(report: Report) -> list[str]:
    if not report.events:
        return []
    direct = next((one for one in report.events if one.tool == "direct"), None)
    lines = [f"{f'{STREAMS} event streams, ms':<34}{'p50':>9}{'p99':>9}{'added p50':>11}{'added p99':>11}"]
    for one in report.events:
        added = "" if direct is None or one is direct else f"{one.p50 - direct.p50:>11.3f}{one.p99 - direct.p99:>11.3f}"
        lines.append(f"  {one.tool:<32}{one.p50:>9.3f}{one.p99:>9.3f}{added}")
    return [*lines, ""]


def _requests(report: Report) -> list[str]:
    if not report.requests:
        return []
    base = next((one.rate for one in report.requests if one.tool == "mitmdump"), None)
    title = f"HTTP/2, {CLIENTS} clients x {REQUESTS_EACH} streams"
    lines = [f"{title:<34}{'requests/s':>11}{'x mitmdump':>11}{'p50 ms':>9}{'p99 ms':>9}"]
    for one in report.requests:
        ratio = f"{one.rate / base:.1f}" if base else "-"
        lines.append(f"  {one.tool:<32}{one.rate:>11,.0f}{ratio:>11}{one.p50:>9.2f}{one.p99:>9.2f}")
        if base and one.tool == "wireglass":
            reached = "reached" if one.rate >= WANTED_REQUESTS * base else "NOT REACHED"
            lines.append(f"  wanted {WANTED_REQUESTS:g} times mitmdump: {reached}")
    return [*lines, ""]
