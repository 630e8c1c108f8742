"""``bench.search`` as tables: a column for each size."""

from __future__ import annotations

from collections.abc import Callable

from bench import search
from bench.search import Counted, Measure, Size, Times

_NAME = 30
_COLUMN = 27


def lines(sizes: list[Size]) -> list[str]:
    if not sizes:
        return []
    runs = max(one.api.runs for size in sizes for one in size.measures if one.api is not None)
    head = f"{'search, ms: p50 / p95':<{_NAME}}" + "".join(f"{f'{one.exchanges:,}':>{_COLUMN}}" for one in sizes)
    made = [
        head,
        f"{f'{runs} runs; API, reader':<{_NAME}}"
        + f"{'API':>{_COLUMN // 2}}{'reader':>{_COLUMN - _COLUMN // 2}}" * len(sizes),
    ]
    for number, first in enumerate(sizes[0].measures):
        made.append(_row(first.name, [_both(one.measures[number]) for one in sizes]))
    for number, count in enumerate(sizes[0].counts):
        counts = [one.counts[number] for one in sizes]
        made.append(_row(f"count {count.name}: API", [_api(one) for one in counts]))
        made.append(_row("  about how many (off by)", [f"{_p(one.about)} ({100 * one.off:.0f} %)" for one in counts]))
        made.append(_row("  exactly", [_p(one.exact) if one.exact else "not in a minute" for one in counts]))
    for name, show in _FACTS:
        made.append(_row(name, [show(one) for one in sizes]))
    return [*made, *_judged(sizes[-1]), ""]


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:<{_NAME - 2}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)


def _p(times: Times | None) -> str:
    return f"{times.p50:.1f} / {times.p95:.1f}" if times else "-"


def _both(one: Measure) -> str:
    return f"{_p(one.api):>{_COLUMN // 2}}{_p(one.reader):>{_COLUMN - _COLUMN // 2}}"


def _api(one: Counted) -> str:
    return f"{_p(one.api)} {'exact' if one.api_exact else f'(off by {100 * one.api_off:.0f} %)'}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


_FACTS: tuple[tuple[str, Callable[[Size], str]], ...] = (
    ("made in", lambda one: f"{one.made:.0f} s" if one.made else "copied"),
    ("indexed in", lambda one: f"{one.indexed:.0f} s" if one.indexed else "indexed before"),
    ("program started in", lambda one: f"{one.started:.0f} ms"),
    ("live exchanges meanwhile", lambda one: f"{one.live:,}"),
    ("index behind, changes p50/most", lambda one: f"{one.lag_p50:.0f} / {one.lag_most}"),
    ("database", lambda one: _megabytes(one.database)),
    ("index", lambda one: _megabytes(one.index)),
    ("main process, resident (most)", lambda one: f"{_megabytes(one.memory)} ({_megabytes(one.most_memory)})"),
    ("indexer, resident", lambda one: _megabytes(one.indexer_memory)),
)


def _judged(largest: Size) -> list[str]:
    """What was wanted of the largest store, by p95 through the API where it was asked there."""
    missed = [
        f"{one.name} {times.p95:.0f} ms (wanted {one.wanted:.0f})"
        for one in largest.measures
        if one.wanted and (times := one.api or one.reader) and times.p95 > one.wanted
    ]
    if largest.most_memory > search.MEMORY:
        missed.append(f"main process {_megabytes(largest.most_memory)} (wanted {_megabytes(search.MEMORY)})")
    said = f"NOT REACHED: {'; '.join(missed)}" if missed else "reached"
    return [f"  wanted at {largest.exchanges:,}, by p95: {said}"]
