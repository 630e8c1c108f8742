"""A network of its own, in which this machine has several addresses, so that a client can come "from elsewhere"."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable

import pytest

_CLONE_NEWNET = 0x40000000  # sched.h

HERE, ELSEWHERE = "192.0.2.10", "192.0.2.77"
"""Addresses in the network of ``apart`` (RFC 5737). Who comes from one of them to the other is taken by the policy for
another machine."""
DEVICE = "198.51.100.7"
"""A client can have this address there as well, and no interface lists it: it is nobody of this machine."""
METADATA = "169.254.169.254"
"""Link-local: there clouds have the server that gives out a machine's credentials."""


def apart(work: Callable[[], None]) -> None:
    """Calls ``work`` in a thread that has a network of its own, and so have the threads and processes it starts.
    Nothing there leads out. Raises what ``work`` raises."""
    raised: list[BaseException] = []

    def enter() -> None:
        try:
            _unshare()
            for command in (
                ["ip", "link", "set", "lo", "up"],
                *(["ip", "addr", "add", f"{address}/32", "dev", "lo"] for address in (HERE, ELSEWHERE, METADATA)),
                ["ip", "route", "add", "local", f"{DEVICE}/32", "dev", "lo"],
            ):
                subprocess.run(command, check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def _unshare() -> None:
    """Of the calling thread alone (unshare(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        why = os.strerror(ctypes.get_errno())
        assert not os.environ.get("CI"), f"the tests of other machines need a network namespace: {why}"
        pytest.skip(f"a network namespace cannot be made here: {why}")
