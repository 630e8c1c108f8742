"""What the traffic list may take while much happens. ``python -m bench --only wireglass,ui`` measures at length; here
a shorter load finds what is broken, with limits that a busy machine keeps as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import ui
from bench.origin import start_origin
from tests.peers.installed import installed


@pytest.mark.alone
def test_the_list_stays_smooth_and_small_while_exchanges_rush_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Debian keeps it there.
    monkeypatch.setenv("PATH", "/usr/sbin:/sbin", prepend=":")
    installed("nginx")
    server = start_origin(tmp_path)
    try:
        folder = tmp_path / "program"
        folder.mkdir()
        got = ui.measure(folder, server, exchanges=4000, seconds=9, first_screens=2)
    finally:
        server.stop()
    assert got.faults == []
    assert got.rate > 0.9 * ui.RATE
    assert got.frames > ui.WANTED_FRAMES / 2
    assert got.longest_task < 4 * ui.WANTED_TASK
    assert got.heap < ui.WANTED_HEAP
    assert got.first < 3 * ui.WANTED_FIRST
    assert got.script < ui.WANTED_SCRIPT
