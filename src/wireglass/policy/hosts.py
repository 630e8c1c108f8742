"""Host patterns, as ``settings.parse_hosts`` gives them."""

from __future__ import annotations

from collections.abc import Collection


def find_host(patterns: Collection[str], port: int, *names: str) -> str:
    """The pattern that fits a server by one of its names or addresses; empty if none does.

    ``patterns`` are ``host``, ``*.domain`` (every name below it), each with ``:port`` or for all ports, in lower case
    and an IPv6 address in brackets; ``*`` is everybody. ``names`` are in lower case and without brackets.
    """
    if not patterns:
        return ""
    for name in names:
        shown = f"[{name}]" if ":" in name else name
        wider = name.split(".")
        below = ("*." + ".".join(wider[at:]) for at in range(1, len(wider)))
        for candidate in (shown, *below, "*"):
            for pattern in (f"{candidate}:{port}", candidate):
                if pattern in patterns:
                    return pattern
    return ""
