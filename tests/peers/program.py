"""The real program, as a person has it: started with its command, asked with its command, ended by signals."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from tests.peers.waiting import wait_for

COMMAND = Path(sys.executable).parent / "wireglass"


class Row(msgspec.Struct):
    """A line of ``wireglass ls --json``; every field must be there."""

    id: int
    sessions: list[str]
    started: str
    method: str
    url: str
    status: int | None
    type: str | None
    request_size: int
    response_size: int
    duration_ms: float | None
    protocol: str
    source: str
    client: str | None
    state: str
    error: str | None
    error_kind: str | None


class Wireglass:
    """``wireglass up`` in ``home``. What it prints, over all its starts, is kept in two files in ``output`` (beside the
    home if not said)."""

    def __init__(
        self,
        home: Path,
        *flags: str,
        listen: str = "127.0.0.1:0",
        trust: Path | None = None,
        output: Path | None = None,
        prefix: tuple[str, ...] = (),
    ) -> None:
        """``prefix`` is a command that becomes the program by exec, such as ``prlimit``."""
        self.home = home
        self._prefix = prefix
        self.flags = flags
        self.out_path = (output or home.parent) / "wireglass.out"
        self.err_path = (output or home.parent) / "wireglass.err"
        self.ca_path = home / "ca" / "ca.pem"
        self.listen = listen
        self._process: subprocess.Popen[bytes] | None = None
        self._cleared = False
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if trust is not None:
            self._env["SSL_CERT_FILE"] = str(trust)
        self.proxy = ""
        """``host:port`` it listens on."""

    def start(self) -> Wireglass:
        """Until ``run.json`` says that it is ready."""
        with self.out_path.open("ab") as out, self.err_path.open("ab") as err:
            self._process = subprocess.Popen(
                [*self._prefix, COMMAND, "up", "--listen", self.listen, "--home", self.home, *self.flags],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self._env,
                # Its own group: a signal to it never reaches pytest, and Ctrl-C can be sent as a terminal does.
                start_new_session=True,
            )
        run = wait_for(self._run, "run.json of this start", 30)
        self.proxy = run["listen"]
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def ls(self) -> list[Row]:
        """All rows, oldest first."""
        lines = self.ask("ls", "--json", "--limit", "10000000").splitlines()
        return [msgspec.json.decode(line, type=Row) for line in lines]

    def rows(self, url: str) -> list[Row]:
        return [row for row in self.ls() if row.url == url]

    def row(self, url: str, state: str | None = None) -> Row:
        """The row of ``url`` as soon as it is there and in ``state`` (any but ``open`` if not said)."""

        def look() -> Row | None:
            found = [row for row in self.rows(url) if (row.state == state if state else row.state != "open")]
            return found[0] if found else None

        return wait_for(look, f"{url} as {state or 'ended'} in the record; stderr: {self.stderr()!r}")

    def ended(self, urls: Iterable[str]) -> dict[str, Row]:
        """The rows of all ``urls`` as soon as all have ended. One by one each would cost the start of a program."""
        wanted = set(urls)

        def look() -> dict[str, Row] | None:
            found = {row.url: row for row in self.ls() if row.url in wanted and row.state != "open"}
            return found if len(found) == len(wanted) else None

        return wait_for(look, f"{len(wanted)} exchanges to end in the record; stderr: {self.stderr()!r}")

    def show(self, number: int) -> Any:
        """``show --json``: a tree of dicts and lists."""
        return msgspec.json.decode(self.ask("show", str(number), "--json"))

    def body(self, number: int, side: str, raw: bool = True) -> bytes:
        """``side``: ``request`` or ``response``."""
        return self.ask("show", str(number), f"--{side}-body", *(["--raw"] if raw else []))

    def ask(self, *arguments: str) -> bytes:
        """What another invocation of the command prints; it must succeed."""
        done = subprocess.run([COMMAND, *arguments, "--home", self.home], capture_output=True, timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.stderr.decode()}"
        return done.stdout

    @property
    def pids(self) -> dict[str, list[int]]:
        """``main`` (one) and ``proxy`` (one for each worker); gone processes are left out."""
        return {"main": [self.process.pid], "proxy": [pid for pid in children(self.process.pid) if is_proxy(pid)]}

    def kill(self, *roles: str) -> None:
        """SIGKILL to all processes of these roles, one right after the other."""
        pids = self.pids
        for pid in [pid for role in roles for pid in pids[role]]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the whole foreground group, as a terminal sends it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self, seconds: float = 30) -> str:
        """Ctrl-C, and everything it said."""
        if self.process.poll() is None:
            self.interrupt()
        code = self.process.wait(seconds)
        self.clear()
        assert code == 0, f"exit code {code}; stderr: {self.stderr()}"
        return self.stdout() + self.stderr()

    def clear(self) -> None:
        """End whatever of it is still there, however it is."""
        if self._process is not None and not self._cleared:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            # Once only: later the number may be somebody else's.
            self._cleared = True

    def stdout(self) -> str:
        return self.out_path.read_text()

    def stderr(self) -> str:
        return self.err_path.read_text()

    def _run(self) -> dict[str, Any] | None:
        if self.process.poll() is not None:
            raise AssertionError(f"wireglass ended with code {self.process.returncode}: {self.stderr()}")
        try:
            run: dict[str, Any] = msgspec.json.decode((self.home / "run.json").read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        # A killed run leaves its run.json behind.
        return run if run["pid"] == self.process.pid else None


@contextlib.contextmanager
def running(folder: Path, *flags: str, **options: Any) -> Iterator[Wireglass]:
    """One for several tests, in ``folder/home``; ends it, and sees that it met no mistake of its own."""
    program = Wireglass(folder / "home", *flags, **options)
    try:
        yield program.start()
        said = program.stop()
        assert "Traceback" not in said and "mistake" not in said, said
    finally:
        program.clear()
        # pytest keeps the folders of three runs, and here may stand gigabytes.
        shutil.rmtree(program.home)


def children(pid: int) -> list[int]:
    """Direct children, whichever thread started them."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def is_proxy(pid: int) -> bool:
    """Whether a child is a proxy process; the search indexer is another one."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"wireglass.app.worker" in line


def alive(pid: int) -> bool:
    """Whether it runs; one that is dead and not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    """User and system time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """The largest resident size so far, in bytes (VmHWM, proc_pid_status(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])
