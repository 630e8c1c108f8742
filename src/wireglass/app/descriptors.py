"""Open files, and what the proxy may use them for: more than there are would fail somewhere, and not clearly."""

from __future__ import annotations

import resource
from typing import NamedTuple

_WANTED = 65536
_RESERVE = 128
"""For the link, the spool, log and listeners, certificate files, name look-ups (32 threads), second addresses that are
tried meanwhile (RFC 8305), and clients that are told that there is no room."""
_UPSTREAMS = 4096


class Places(NamedTuple):
    clients: int
    upstreams: int
    hint: str
    """What to do where there are too few."""


def raise_limit() -> int | None:
    """Asks for as many open files as are useful; returns how many there may be, None for no limit. The usual soft limit
    of 1024 is for programs that use select(), and a request takes two sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return None if soft == resource.RLIM_INFINITY else soft


def share_out(files: int | None, max_clients: int) -> Places:
    """How many connections each side may have. A third is for servers: most clients of a busy moment are idle."""
    by_setting = "Wait for some to end, or start Wireglass with a larger --max-clients."
    if files is None:
        return Places(max_clients, _UPSTREAMS, by_setting)
    rest = max(files - _RESERVE, files // 2)
    upstreams = max(1, min(_UPSTREAMS, rest // 3))
    clients = rest - upstreams
    if clients >= max_clients:
        return Places(max_clients, upstreams, by_setting)
    by_system = f"This system allows a process {files} open files: raise that (ulimit -n), and start Wireglass again."
    return Places(max(1, clients), upstreams, by_system)
