"""The search indexer's process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.peers.waiting import wait_for

from wireglass.app.indexer import NICE

AUTOGROUP = Path("/proc/self/autogroup")


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel does not share processors by session")
def test_it_leaves_the_processors_to_others(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wireglass.app.indexer", str(tmp_path), str(os.getpid())]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        autogroup = Path(f"/proc/{process.pid}/autogroup")
        wait_for(lambda: autogroup.read_text().endswith(f"nice {NICE}\n") or None, "the session to be nice")
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel does not share processors by session")
def test_it_leaves_the_session_of_others_as_it_is(tmp_path: Path) -> None:
    before = AUTOGROUP.read_text()
    command = [sys.executable, "-m", "wireglass.app.indexer", str(tmp_path), str(os.getpid())]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        nice = min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
        wait_for(lambda: os.getpriority(os.PRIO_PROCESS, process.pid) == nice or None, "the process to be nice")
        process.terminate()
        process.wait(20)
        assert AUTOGROUP.read_text() == before
    finally:
        process.kill()
        process.wait()


def test_it_ends_although_the_main_process_died_before_it_looked(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, "-m", "wireglass.app.indexer", str(tmp_path), str(gone.pid)]
    assert subprocess.run(command, timeout=30, check=False).returncode == 0
