"""Commands as hints name them: to be copied into the same shell, for the same home."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from wireglass.errors import WireglassError
from wireglass.setting_values import absolute
from wireglass.settings import load_home


def hint(arguments: str, home: Path | None) -> str:
    """``wireglass ARGUMENTS``, with ``--home`` where this home is not the one that is taken without it."""
    ours, dashes, theirs = arguments.partition(" -- ")  # what is behind belongs to another program
    return f"{program()} {ours}{_home_flag(home)}{dashes}{theirs}"


def program() -> str:
    """``wireglass`` where the PATH leads to this program, else the way it was started (``make run`` needs no PATH)."""
    started = Path(sys.argv[0])
    if started.name == "pmproxy":  # they are installed side by side
        started = started.with_name("wireglass") if started.with_name("wireglass").is_file() else started
    as_module = started.name == "__main__.py" and started.parent.name == "wireglass"
    if not as_module and started.stem != "wireglass":
        return "wireglass"  # called as a function: the name of the caller's program helps nobody
    found = shutil.which("wireglass")
    if as_module:
        python = Path(sys.executable)
        if found and Path(found).parent == python.parent:
            return "wireglass"
        return f"{_from_here(python)} -m wireglass"
    if found and os.path.realpath(found) == os.path.realpath(started):
        return "wireglass"
    return _from_here(started)


def with_hints(text: str, home: Path | None) -> str:
    """Other rooms know neither the home nor the PATH: their `wireglass …` in backticks is completed here."""
    return re.sub(r"`wireglass ([^`]*)`", lambda match: f"`{hint(match[1], home)}`", text)


def _home_flag(home: Path | None) -> str:
    if home is None:
        return ""
    try:
        usual = load_home(None, os.environ)
    except WireglassError:  # WIREGLASS_HOME is wrong, which --home has overruled
        usual = None
    return "" if home == usual else f" --home {shlex.quote(str(home))}"


def _from_here(file: Path) -> str:
    file = absolute(file.parent) / file.name  # the program itself may be a link that must not be followed
    if not file.is_relative_to(Path.cwd()):
        return shlex.quote(str(file))
    path = str(file.relative_to(Path.cwd()))
    return shlex.quote(path if os.sep in path else f".{os.sep}{path}")
