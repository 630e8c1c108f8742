"""A browser from its start until it is closed."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from wireglass.errors import WireglassError

_CLOSING = 10.0  # seconds the browser is given to close
_LAST_WORDS = 5  # lines
_LINE = 4096  # bytes


def visit(
    title: str,
    command: Sequence[str],
    environ: Mapping[str, str],
    inherited: Sequence[int],
    hear: Callable[[str], None] | None,
) -> None:
    """Starts the browser and waits until it is closed; whatever ends the wait closes it. ``hear`` is given what it
    writes to standard error, line by line and from another thread; ``inherited`` are descriptors it is to have.

    Raises WireglassError when it cannot be started, or ends by itself with another exit code than 0.
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
                if text:
                    last.append(text)
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
        said = f" It said: {' / '.join(last)}" if last else ""
        raise WireglassError(f"{title} ended {how}.{said}")


def _close(process: subprocess.Popen[bytes]) -> None:
    """In order, so that it leaves nothing of its own behind; a second Ctrl-C or too long a wait: at once."""
    process.terminate()
    try:
        process.wait(_CLOSING)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
