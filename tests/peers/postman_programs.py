"""Postman's own programs: newman, which runs collections, and the converter from format v1 to v2.1.

They are npm packages, of the versions in ``tests/peers/postman/package-lock.json``, in an ignored folder of their own.
``python -m tests.peers.postman_programs`` installs them, so that no test has to wait for the download.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
from tests.peers.node import NODE

LOCK = Path(__file__).parent / "postman"
FOLDER = Path(__file__).parents[2] / ".bench" / "postman"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class Run(msgspec.Struct):
    """What newman has done."""

    code: int
    """0: every request was answered, and every test in the collection passed."""
    said: str
    executions: list[dict[str, Any]]
    """Of its JSON report: ``item``, ``request`` and ``response`` of each request, or ``requestError``."""

    @property
    def statuses(self) -> list[int]:
        return [execution["response"]["code"] for execution in self.executions]


def modules() -> Path:
    """The folder ``node_modules``, made if it is not there or is of another lock."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = FOLDER / "package-lock.json"
    with (FOLDER / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        wanted = LOCK / "package-lock.json"
        if not lock.exists() or lock.read_bytes() != wanted.read_bytes():
            lock.unlink(missing_ok=True)
            work = FOLDER / "work"
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(LOCK, work)
            command = [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(command, cwd=work, env={**os.environ, "PATH": path}, capture_output=True, timeout=300)
            assert done.returncode == 0, done.stderr.decode()
            shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
            (work / "node_modules").rename(FOLDER / "node_modules")
            shutil.rmtree(work)
            shutil.copy(wanted, lock)  # last: it says that all is there
    return FOLDER / "node_modules"


def convert(file: Path, to: Path) -> dict[str, Any]:
    """``postman-collection-transformer convert``: a collection of format v1 as one of v2.1."""
    program = modules() / "postman-collection-transformer" / "bin" / "transform-collection.js"
    done = _node(program, "convert", "-i", file, "-o", to, "-j", "1.0.0", "-p", "2.1.0", "-P")
    assert done.returncode == 0, done.stdout + done.stderr
    made: dict[str, Any] = msgspec.json.decode(to.read_bytes())
    return made


def run(file: Path, report: Path, *options: str | Path) -> Run:
    """``newman run``, whichever format ``file`` is of."""
    program = modules() / "newman" / "bin" / "newman.js"
    reporters = ("--reporters", "cli,json", "--reporter-json-export", report)
    done = _node(program, "run", file, "--color", "off", *reporters, *options)
    executions = msgspec.json.decode(report.read_bytes())["run"]["executions"] if report.exists() else []
    return Run(done.returncode, done.stdout + done.stderr, executions)


def _node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run([NODE, *arguments], capture_output=True, text=True, timeout=120, env=env)


if __name__ == "__main__":
    modules()
