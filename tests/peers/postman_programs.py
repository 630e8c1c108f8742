"""Postman's own programs: newman, which runs collections, and the converter from format v1 to v2.1.

They are npm packages, of the versions in ``tests/peers/postman/package-lock.json``, in an ignored folder of their own.
``python -m tests.peers.postman_programs`` installs them, so that no test has to wait for the download.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
from tests.peers import npm_packages
from tests.peers.node import NODE

LOCK = Path(__file__).parent / "postman"
FOLDER = Path(__file__).parents[2] / ".bench" / "postman"


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
    return npm_packages.modules(LOCK, FOLDER)


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
