"""The event loop: uvloop where it exists (it has no Windows build), asyncio's own elsewhere."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

if sys.platform == "win32":
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    import uvloop

    new_loop = uvloop.new_event_loop
