"""What ``pmproxy`` says, and where: the old one's lines on standard output, ours on standard error."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from wireglass.cli.hint import with_hints
from wireglass.cli.output import Output
from wireglass.cli.text import many_lines, one_line
from wireglass.settings import TABLE

_SETTINGS = {setting.flag: setting.env for setting in TABLE if setting.name != "insecure"}
_FLAG = re.compile(rf"({'|'.join(sorted(_SETTINGS, reverse=True))})(?![\w-])(?:[ =]([0-9A-Z\[][\w.:\[\]/-]*\b))?")


class Words:
    def __init__(self) -> None:
        self.out = Output(sys.stdout)
        self.err = Output(sys.stderr)

    def print(self, text: str) -> None:
        self.out.say(many_lines(text))

    def follow(self, text: str) -> None:
        """Waits for who reads it: for the thread that tells what passes."""
        self.out.line(many_lines(text))

    def say(self, line: str) -> None:
        self.err.say(f"pmproxy: {one_line(line)}")

    def say_hinting(self, line: str, home: Path | None = None) -> None:
        """What was written for ``wireglass up``: pmproxy has --port and --insecure, and variables for the rest. What
        stands in backticks is a command of ``wireglass``."""
        pieces = re.split(r"(`[^`]*`)", with_hints(line, home))
        pieces[::2] = [_FLAG.sub(_ours, re.sub(r"--listen \S*:(\d+)", r"--port \1", one)) for one in pieces[::2]]
        self.say("".join(pieces))


def _ours(flag: re.Match[str]) -> str:
    return _SETTINGS[flag[1]] + (f"={flag[2]}" if flag[2] else "")
