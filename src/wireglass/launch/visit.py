"""A browser from its start until it is closed."""

from __future__ import annotations

import collections
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from wireglass.errors import WireglassError

_CLOSING = 10.0  # seconds the browser is given to close
_LAST_WORDS = 5  # lines
_LINE = 4096  # bytes
_WIDEST = 200  # characters of a line among the last words

# [31563:31563:1121/151256.384062:ERROR:ui/aura/env.cc:253]: of use to those who build it
_CHROMIUM = re.compile(r"\[\d+:\d+:\d{4}/\d{6}\.\d+:[A-Z]+\d*:[^\]]*\] *")
# What Chromium 156 and Debian's script for it say at every start on a machine without a desktop, and the stack, the
# registers and the end of a report that it prints when it crashes.
_NOISE = re.compile(
    r"Failed to connect to the bus|write: Broken pipe|.*: \[: .*unexpected operator"
    r"|#\d+ 0x|\s*[0-9a-z]{2,3}: [0-9a-f]{16}|\[end of stack"
)


class Failed(WireglassError):
    """It ended by itself with an error."""

    last_words: tuple[str, ...] = ()
    """What it said last and that means something, where ``hear`` was not given it."""


def visit(
    title: str,
    command: Sequence[str],
    environ: Mapping[str, str],
    inherited: Sequence[int],
    hear: Callable[[str], None] | None,
) -> None:
    """Starts the browser and waits until it is closed; whatever ends the wait closes it. ``hear`` is given what it
    writes to standard error, line by line and from another thread; ``inherited`` are descriptors it is to have.

    Raises WireglassError when it cannot be started, Failed when it ends by itself with another exit code than 0.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the program the person asked for
            command,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environ,
            pass_fds=inherited if sys.platform != "win32" else (),
            # Its own group: Ctrl-C is for us, and we close it in order.
            start_new_session=True,
        )
    except OSError as error:
        raise WireglassError(
            f"{title} cannot be started: {error.strerror} ({command[0]}).", "Name another with --browser."
        ) from error
    last: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)

    def listen() -> None:
        assert process.stderr
        with process.stderr:
            while line := process.stderr.readline(_LINE):
                text = line.decode("utf-8", "replace").rstrip()
                if said := _meaning(text):
                    last.append(said)
                if hear is not None:
                    hear(text)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        code = process.wait()
    except BaseException:
        _close(process)
        raise
    listener.join(1)
    if code != 0:
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        failed = Failed(f"{title} ended {how}.")
        if hear is None:
            failed.last_words = tuple(last)
        raise failed


def _meaning(line: str) -> str:
    """What a line says to a person; nothing where that is nothing."""
    text = _CHROMIUM.sub("", line, count=1)
    if _NOISE.match(text):
        return ""
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _close(process: subprocess.Popen[bytes]) -> None:
    """In order, so that it leaves nothing of its own behind; a second Ctrl-C or too long a wait: at once."""
    process.terminate()
    try:
        process.wait(_CLOSING)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
