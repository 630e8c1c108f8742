"""``device``: what a phone needs, for the way the running proxy listens."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.peers.client import Client
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for

from wireglass.launch.addresses import find

Start = Callable[..., Wireglass]


def device(home: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, "device", "--home", home, *flags], capture_output=True, text=True, timeout=30)


def test_nothing_runs(tmp_path: Path) -> None:
    done = device(tmp_path / "home")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Nothing runs in {tmp_path / 'home'}." in done.stderr
    assert "up --listen 0.0.0.0:8080 --home" in done.stderr
    assert not (tmp_path / "home").exists()


def test_it_listens_on_loopback_alone(start: Start) -> None:
    program = start()
    port = program.proxy.rpartition(":")[2]
    for flags in ((), ("--json",)):
        done = device(program.home, *flags)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"up --listen 0.0.0.0:{port}" in done.stderr
        assert str(program.process.pid) in done.stderr
        assert done.stderr.count("\n") == 1
    assert "Everybody in the network" not in program.stderr()


def test_what_it_says_leads_to_the_page(start: Start) -> None:
    """The address is one of this machine's own, and the page there is ours: asked as a phone would."""
    program = start(listen="0.0.0.0:0")
    done = device(program.home, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["host"], said["port"]) == (find()[0].address, int(program.proxy.rpartition(":")[2]))
    assert said["addresses"][0]["url"] == said["url"]
    with Client(f"{said['host']}:{said['port']}") as phone:
        page = phone.get("/", f"Host: {said['host']}:{said['port']}", "User-Agent: Mozilla/5.0 (iPhone)")
    assert page.status == 200
    assert b"Certificate Trust Settings" in page.body
    text = device(program.home)
    assert said["url"] in text.stdout
    assert f"Port:   {said['port']}" in text.stdout
    assert not any(character in text.stdout for character in "▀▄█\x1b"), "a QR code is for terminals"
    assert text.stderr == "wireglass: The QR code is shown on a terminal only.\n"
    wait_for(lambda: "Everybody in the network" in program.stderr(), "the warning at the start")
    assert program.ls() == []


def test_a_terminal_gets_a_qr_code(start: Start) -> None:
    program = start(listen="0.0.0.0:0")
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        shown = on_a_terminal(
            [str(COMMAND), "device", "--home", str(program.home)],
            {"COLUMNS": "60", "PYTHONIOENCODING": "utf-8", **variables},
        )
        assert shown.count("█") > 50
        assert ("\x1b[" in shown) == coloured
    narrow = on_a_terminal([str(COMMAND), "device", "--home", str(program.home)], {"COLUMNS": "20"})
    assert "▀" not in narrow
    assert "Port:" in narrow


def on_a_terminal(command: list[str], variables: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(command, stdout=theirs, stdin=theirs, env={**environ, **variables}) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # EIO: the last one with the terminal open has gone
                break
            if not data:
                break
            shown += data
        os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()
