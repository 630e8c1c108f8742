"""npm packages that tests run, of the versions in their lock, each set in an ignored folder of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.peers.node import NODE

NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def modules(locked: Path, folder: Path) -> Path:
    """The ``node_modules`` in ``folder``, made if it is not there or is of another lock than that in ``locked``."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "package-lock.json"
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        wanted = locked / "package-lock.json"
        if not lock.exists() or lock.read_bytes() != wanted.read_bytes():
            lock.unlink(missing_ok=True)
            work = folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(locked, work)
            command = [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(command, cwd=work, env={**os.environ, "PATH": path}, capture_output=True, timeout=300)
            assert done.returncode == 0, done.stderr.decode()
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            (work / "node_modules").rename(folder / "node_modules")
            shutil.rmtree(work)
            shutil.copy(wanted, lock)  # last: it says that all is there
    return folder / "node_modules"
