"""``wireglass doctor``"""

from __future__ import annotations

import os
import sys

import click
import msgspec

from wireglass.app.home import Home
from wireglass.cli.hint import with_hints
from wireglass.cli.options import home_option, json_option
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line
from wireglass.errors import UsageError
from wireglass.launch.doctor import Finding, failed
from wireglass.settings import load

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    short_help="Say what is wrong when nothing arrives.",
    epilog="""\b
Examples:
  wireglass doctor                          in the shell whose program does not show up
  wireglass doctor | grep -v ^ok
  wireglass doctor --json | jq -r 'select(.level == "fail") | .remedy'
\b
Exit codes: 0 nothing is wrong with Wireglass; 1 something failed; 2 wrong usage or setting.
What only keeps a program away from it (warn) does not change the exit code.""",
)
@json_option
@home_option
@click.pass_context
def command(context: click.Context, home: Home, as_json: bool) -> None:
    """Say what is wrong when nothing arrives, one line a finding, with what to do.

    Looks at the program, its port, its certificate authority, the record, this shell's proxy variables and what this
    system trusts. Where Wireglass runs, one request is sent through it, and is recorded."""
    settings = load({"home": str(home.path)}, os.environ)
    if sys.platform == "win32":
        raise UsageError("`wireglass doctor` does not work on Windows yet, as recording does not.")
    # Imported here: what it imports exists on POSIX alone.
    from wireglass.app.doctor import examine

    findings = [_completed(finding, home) for finding in examine(home, settings.listen, os.environ)]
    if as_json:
        for finding in findings:
            click.echo(to_line(msgspec.structs.asdict(finding)))
    else:
        for finding in findings:
            level = click.style(f"{finding.level:<4}", fg=_COLOURS[finding.level], bold=finding.level == "fail")
            remedy = f" → {one_line(finding.remedy)}" if finding.remedy else ""
            click.echo(f"{level}  {finding.name}: {one_line(finding.text)}{remedy}")
        click.echo(_summary(findings))
    context.exit(1 if failed(findings) else 0)


def _completed(finding: Finding, home: Home) -> Finding:
    return msgspec.structs.replace(
        finding, text=with_hints(finding.text, home.path), remedy=with_hints(finding.remedy, home.path)
    )


def _summary(findings: list[Finding]) -> str:
    wrong = sum(finding.level == "fail" for finding in findings)
    doubtful = sum(finding.level == "warn" for finding in findings)
    warnings = f"; {doubtful} may keep programs away from it (warn)" if doubtful else ""
    if not wrong:
        return f"Nothing is wrong with Wireglass{warnings}."
    return f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong (fail){warnings}."
