"""``python -m bench [--seconds S] [--rounds N] [--only TOOL[,SCENARIO] …] [--json FILE]``."""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench import feed, http2, load, memory, origin, report, search, single, sse, tools, ui, websocket
from bench.check import Verdict, check

ENVIRONMENTS = Path(__file__).parent.parent / ".bench"
EXTRAS = ("single", "memory", "websocket", "sse", "h2", "feed", "search", "ui")
_MEMORY = ("wireglass", "mitmdump")
_ALONE = ("direct", "wireglass", "mitmdump")
"""proxy.py hands 100 MB on at 5 MB/s: a minute for each."""
_FIRST_BYTES = 2000
_DOWNLOADS = 6
TOOLS = ("direct", "wireglass", "mitmdump", "proxy.py", "nginx")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    ENVIRONMENTS.mkdir(exist_ok=True)
    chosen = [_tool(name) for name in TOOLS if name in options.tools]
    # The store has to stand on a disk: /tmp is in memory on many systems.
    root = Path(tempfile.mkdtemp(prefix="run-", dir=ENVIRONMENTS))
    result = report.Report(
        report.machine_words(tools.machine()),
        {tool.name: tool.version() for tool in chosen},
        options.seconds,
        options.connections,
        [],
        [],
        [],
        [],
        [],
        [],
        [],
        [],
        [],
        [],
    )
    server = origin.start_origin(root)
    try:
        for number in range(1, options.rounds + 1 if options.scenarios else 1):
            for tool in chosen:
                folder = root / f"{tool.name}-{number}"
                folder.mkdir()
                _measure(tool, number, folder, server, options, result)
                shutil.rmtree(folder)
        for tool in chosen:
            folder = root / f"{tool.name}-alone"
            folder.mkdir()
            _measure_alone(tool, folder, server, options, result)
            shutil.rmtree(folder)
        if "wireglass" in options.tools:
            _measure_record(root, server, options, result)
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
    print("\n" + report.text(result))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    wrong = [one.faults for one in result.verdicts] + [one.faults for one in result.feeds]
    wrong += [one.faults for one in result.uis]
    return 1 if any(wrong) else 0


def _measure(
    tool: tools.Tool,
    number: int,
    folder: Path,
    server: origin.Nginx,
    options: argparse.Namespace,
    result: report.Report,
) -> None:
    """One round of one tool: started, all scenarios, stopped; what it recorded is compared if it records."""
    port = tool.start(folder, server)
    sent: dict[str, int] = {}
    before = server.requests()
    try:
        for scenario in options.scenarios:
            if scenario != "plain" and not tool.tls:
                continue
            target = load.Target(
                proxy=port,
                origin=server.plain if scenario == "plain" else server.tls,
                tls=scenario != "plain",
                prefix=f"/{tool.name}/{number}/{scenario}",
                fresh=scenario == "tls-new",
            )
            cpu = tool.cpu()
            got = load.run(target, options.seconds, options.warm_up, options.connections)
            spent = tool.cpu() - cpu
            sent[target.prefix] = got.asked
            figure = report.Figure(
                tool.name,
                scenario,
                number,
                got.rate,
                got.percentile(0.5),
                got.percentile(0.99),
                10_000 * spent / got.asked,
            )
            result.figures.append(figure)
            print(
                f"round {number}  {tool.name:<10}{scenario:<9}{figure.rate:>10,.0f}/s  p50 {figure.p50:.2f} ms  "
                f"p99 {figure.p99:.2f} ms",
                flush=True,
            )
    finally:
        said = tool.stop()
    answered = server.requests() - before
    if isinstance(tool, tools.Wireglass):
        verdict: Verdict = check(tool.command, tool.home, sent, answered)
        result.verdicts.append(verdict)
        print(f"wireglass said: {' '.join(said.splitlines()[-1:])}\nstore: {verdict.line()}", flush=True)


def _measure_alone(
    tool: tools.Tool, folder: Path, server: origin.Nginx, options: argparse.Namespace, result: report.Report
) -> None:
    """What one client sees, and what memory many exchanges leave; each part with a tool started anew."""
    if "single" in options.extras and tool.name in _ALONE:
        port = tool.start(folder, server)
        try:
            for tls in (False, True):
                if tls and not tool.tls:
                    continue
                small = single.first_byte(port, server, tls=tls, times=_FIRST_BYTES)
                large = single.download(port, server, tls=tls, times=_DOWNLOADS)
                result.singles.append(
                    report.Single(
                        tool.name,
                        tls,
                        large.megabytes_per_second,
                        large.first_byte_ms,
                        small.p50_ms,
                        small.p99_ms,
                    )
                )
                print(f"{tool.name:<10}{'TLS' if tls else 'plain':<7}{result.singles[-1].line()}", flush=True)
        finally:
            tool.stop()
    if "memory" in options.extras and tool.name in _MEMORY:
        again = folder / "memory"
        again.mkdir()
        port = tool.start(again, server)
        try:
            result.memories.append(report.Memory(tool.name, memory.memory(tool, port, server, options.connections)))
            print(f"{tool.name:<10}{result.memories[-1].line()}", flush=True)
        finally:
            tool.stop()
    if "websocket" in options.extras and tool.name in _ALONE:
        again = folder / "websocket"
        again.mkdir()
        with websocket.echo_origin() as echo:
            port = tool.start(again, server)
            try:
                result.messages.append(websocket.measure(tool.name, port, echo, options.seconds, options.warm_up))
                print(f"{tool.name:<10}{result.messages[-1].line()}", flush=True)
            finally:
                tool.stop()
    if "sse" in options.extras and tool.name in _ALONE:
        if isinstance(tool, tools.Mitmdump):
            tool.options = ("stream_large_bodies=1",)  # byte: else a stream is passed on when it has ended
        again = folder / "sse"
        again.mkdir()
        with sse.event_origin() as events:
            port = tool.start(again, server)
            try:
                result.events.append(sse.measure(tool.name, port, events, options.seconds, options.warm_up))
                print(f"{tool.name:<10}{result.events[-1].line()}", flush=True)
            finally:
                tool.stop()
    if "h2" in options.extras and tool.name in _ALONE:
        again = folder / "h2"
        again.mkdir()
        with http2.http2_origin(again, server) as origin_port:
            port = tool.start(again, server)
            try:
                got = http2.measure(tool.name, port, origin_port, again, options.seconds, options.warm_up)
                result.requests.append(got)
                print(f"{tool.name:<10}{got.line()}", flush=True)
            finally:
                tool.stop()


def _measure_record(root: Path, server: origin.Nginx, options: argparse.Namespace, result: report.Report) -> None:
    """What works with the record; there is nothing to compare it with."""
    if "feed" in options.extras:
        turns = itertools.product(range(options.rounds), options.feed_rates, (0, feed.SUBSCRIBERS))
        for _, rate, subscribers in turns:
            folder = root / f"feed-{rate}-{subscribers}"
            folder.mkdir()
            result.feeds.append(feed.measure(folder, server, options.feed_seconds, rate, subscribers))
            print(result.feeds[-1].line(), flush=True)
            shutil.rmtree(folder)
    if "search" in options.extras:
        for size in options.sizes:
            folder = root / f"search-{size}"
            folder.mkdir()
            ready = options.stores / str(size) if options.stores else None
            ready = ready if ready and ready.is_dir() else None
            print(f"search: {size:,} exchanges, {f'copied from {ready}' if ready else 'being made'} …", flush=True)
            result.searches.append(search.measure(folder, server, size, options.runs, ready))
            shutil.rmtree(folder)
    if "ui" in options.extras:
        folder = root / "ui"
        folder.mkdir()
        ready = options.stores / str(ui.EXCHANGES) if options.stores else None
        result.uis.append(ui.measure(folder, server, ready=ready if ready and ready.is_dir() else None))
        print(result.uis[-1].line(), flush=True)
        shutil.rmtree(folder)


def _tool(name: str) -> tools.Tool:
    match name:
        case "direct":
            return tools.Direct()
        case "wireglass":
            return tools.Wireglass()
        case "mitmdump":
            return tools.Mitmdump(ENVIRONMENTS)
        case "proxy.py":
            return tools.ProxyPy(ENVIRONMENTS)
        case _:
            return tools.ReverseNginx()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of one measurement (default 8)")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds before each measurement (default 2)")
    parser.add_argument("--rounds", type=int, default=2, help="how often everything is measured (default 2)")
    parser.add_argument("--connections", type=int, default=16, help="clients at the same time (default 16)")
    parser.add_argument("--only", default="", help=f"comma-separated, of {TOOLS} and {(*report.SCENARIOS, *EXTRAS)}")
    parser.add_argument(
        "--sizes",
        type=_numbers,
        default=",".join(map(str, search.SIZES)),
        help="of the stores that search asks, comma-separated (default %(default)s); "
        "1000000 takes 15 minutes and 6 GB more",
    )
    parser.add_argument("--runs", type=int, default=search.RUNS, help="of each search (default %(default)s)")
    parser.add_argument(
        "--stores", type=Path, help="folder of stores of bench/million.py, named by size: copied where they are there"
    )
    parser.add_argument(
        "--feed-rates",
        type=_numbers,
        default=f"{feed.RATE:.0f}",
        help="requests a second for the feed, comma-separated; 0: as many as go (default %(default)s)",
    )
    parser.add_argument("--feed-seconds", type=float, default=feed.SECONDS, help="of each (default %(default)g)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    only = {word for word in options.only.split(",") if word}
    if unknown := only - {*TOOLS, *report.SCENARIOS, *EXTRAS}:
        parser.error(f"--only does not know {', '.join(sorted(unknown))}")
    options.tools = only & {*TOOLS} or {*TOOLS}
    parts = only & {*report.SCENARIOS, *EXTRAS} or {*report.SCENARIOS, *EXTRAS}
    options.scenarios = [name for name in report.SCENARIOS if name in parts]
    options.extras = [name for name in EXTRAS if name in parts]
    return options


sys.exit(main())
