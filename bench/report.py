"""What was measured, as a table and as JSON."""

from __future__ import annotations

from statistics import median

import msgspec

from bench.check import Verdict
from bench.origin import SIZES
from bench.tools import Machine

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


class Report(msgspec.Struct):
    machine: dict[str, str | int]
    versions: dict[str, str]
    seconds: float
    connections: int
    figures: list[Figure]
    verdicts: list[Verdict]

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
    lines = [
        f"{report.machine['cpu']}, {report.machine['cores']} cores, Python {report.machine['python']}",
        f"{report.connections} connections; median of {rounds} rounds of {report.seconds:g} s; every response unique: "
        f"{sizes}",
        "",
    ]
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
    lines += [f"store: {verdict.line()}" for verdict in report.verdicts]
    return "\n".join(lines)
