"""Does memory grow with what has passed? Resident bytes of a proxy's processes after one count of exchanges and after
another."""

from __future__ import annotations

from bench import load
from bench.origin import Nginx
from bench.tools import Tool, tree_memory

COUNTS = (50_000, 200_000)
FLAT = 0.2
"""How much more the last figure may be than the first."""


def memory(tool: Tool, proxy: int, server: Nginx, connections: int) -> list[int]:
    """Bytes after each of ``COUNTS`` exchanges, when the tool has become quiet."""
    assert tool.process is not None
    figures = []
    passed = 0
    for count in COUNTS:
        target = load.Target(proxy, server.plain, tls=False, prefix=f"/memory/{count}")
        load.ask(target, count - passed, connections)
        passed = count
        tool.cpu()  # returns when it is quiet
        figures.append(tree_memory(tool.process.pid))
    return figures
