"""A full disk: traffic goes on, what cannot be kept is counted, and recording goes on when there is room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.peers.client import Client
from tests.peers.origin import Origin, fixed
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for

BODY = 200_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_full_and_room_again(start: Callable[..., Wireglass], small_disk: Path, origin: Origin) -> None:
    """Says so once, keeps proxying, counts, and records again when there is room."""
    program = start(home=small_disk / "home")
    ballast = small_disk / "ballast"
    bodies: dict[str, bytes] = {}

    def ask(client: Client, path: str) -> str:
        body = os.urandom(BODY)
        url = origin.on(path, fixed(body))
        bodies[url] = body
        answer = client.get(url)
        assert (answer.status, answer.body) == (200, body), "traffic goes on whatever the disk says"
        return url

    with Client(program.proxy) as client:
        program.row(ask(client, "/before"))
        _fill(ballast)
        for number in range(60):
            ask(client, f"/full/{number}")
        wait_for(program.stderr, "a word about the full disk")
        said = program.stderr()
        assert len(said.splitlines()) == 1, f"it says so once: {said}"
        assert "Traceback" not in said
        ballast.unlink()
        program.row(_until_kept(program, lambda number: ask(client, f"/after/{number}")))
    output = program.stop()
    rows = [row for row in program.ls() if row.state == "done"]
    whole = [row for row in rows if program.body(row.id, "response") == bodies[row.url]]
    print(f"{len(bodies)} asked, {len(rows)} rows, {len(whole)} with their whole body; said:\n{output}")
    assert whole
    assert len(rows) < len(bodies), "the disk was not full"
    assert f"{len(bodies) - len(program.ls())} more passed but could not be stored" in output


def _fill(path: Path) -> None:
    """Until the file system takes no more."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            return


def _until_kept(program: Wireglass, ask: Callable[[int], str]) -> str:
    """Ask until an exchange is in the record; its URL."""
    asked: list[str] = []

    def kept() -> str | None:
        asked.append(ask(len(asked)))
        found = {row.url for row in program.ls()}
        return next((url for url in asked if url in found), None)

    return wait_for(kept, "an exchange to be recorded again", 20)
