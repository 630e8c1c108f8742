"""The proxies that are measured: how each is set up, started and stopped, and what it costs in processor time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import trustme
from cryptography.hazmat.primitives import serialization

from bench import origin as nginx

TICKS = os.sysconf("SC_CLK_TCK")


class Tool:
    """One proxy. ``start`` gives the port it listens on; ``root`` is a folder of its own for one round."""

    name = ""
    tls = True

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def version(self) -> str:
        raise NotImplementedError

    def start(self, root: Path, server: nginx.Nginx) -> int:
        raise NotImplementedError

    def stop(self) -> str:
        """What it said, for a tool that says something."""
        if self.process is None:
            return ""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        return ""

    def cpu(self) -> float:
        """Seconds of processor time of the process and all below it, read when it has become quiet (or after 5 s)."""
        if self.process is None:
            return 0.0
        before = tree_cpu(self.process.pid)
        for _ in range(25):
            time.sleep(0.2)
            now = tree_cpu(self.process.pid)
            if now - before < 0.01:
                return now
            before = now
        return before

    def _run(self, root: Path, command: list[str], env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (root / f"{self.name}.out").open("wb") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})}
            )
        return self.process


class Direct(Tool):
    """No proxy at all: what the load and the origin can do."""

    name = "direct"

    def version(self) -> str:
        return nginx.version()

    def start(self, root: Path, server: nginx.Nginx) -> int:
        return 0


class Run(msgspec.Struct):
    """What is looked at of ``run.json``."""

    listen: str
    ui: str
    token: str

    @property
    def api(self) -> int:
        """The port."""
        return int(self.ui.rsplit(":", 1)[1])


class Wireglass(Tool):
    name = "wireglass"
    command = Path(sys.executable).parent / "wireglass"

    def version(self) -> str:
        shown = subprocess.run([self.command, "--version"], capture_output=True, text=True, check=True).stdout
        return shown.split()[-1]

    def start(self, root: Path, server: nginx.Nginx) -> int:
        """In ``root/home``, with what may be there already."""
        self.home = root / "home"
        run_file = self.home / "run.json"
        process = self._run(
            root,
            [str(self.command), "up", "--listen", "127.0.0.1:0", "--home", str(self.home)],
            {"SSL_CERT_FILE": str(server.certificates), "WIREGLASS_UI": "127.0.0.1:0"},
        )
        self.said = root / f"{self.name}.out"
        deadline = time.monotonic() + 30
        while not run_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"wireglass did not start: {self.said.read_text()}")
            time.sleep(0.02)
        self.run = msgspec.json.decode(run_file.read_bytes(), type=Run)
        return int(self.run.listen.rsplit(":", 1)[1])

    def stop(self) -> str:
        super().stop()
        return self.said.read_text()

    def processes(self) -> dict[str, int]:
        """Name → process id, of those that run now."""
        assert self.process is not None
        main = self.process.pid
        found = {"main": main}
        for child in children(main):
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            for module, name in ((b"wireglass.app.worker", "proxy"), (b"wireglass.app.indexer", "indexer")):
                if module in command:
                    found[name] = child
        return found


class Mitmdump(Tool):
    """Without ``-w``: it forwards and forgets."""

    name = "mitmdump"
    options: tuple[str, ...] = ()
    """To be set besides, for the next start."""

    def __init__(self, environments: Path) -> None:
        super().__init__()
        self.bin = environment(environments, "mitmproxy")

    def version(self) -> str:
        shown = subprocess.run([self.bin / "mitmdump", "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"Mitmproxy:\s*(\S+)\s+Python:\s*(\S+)", shown)
        return f"{found[1]} (Python {found[2]})" if found else shown

    def start(self, root: Path, server: nginx.Nginx) -> int:
        port = nginx.free_port()
        options = [
            f"confdir={root / 'mitmproxy'}",
            f"ssl_verify_upstream_trusted_ca={server.certificates}",
            *self.options,
        ]
        command = [str(self.bin / "mitmdump"), "-q", "--listen-host", "127.0.0.1", "-p", str(port)]
        process = self._run(root, command + [part for option in options for part in ("--set", option)])
        nginx.wait_for_port(port, process, self.name)
        return port


class ProxyPy(Tool):
    """With its default of one acceptor for each core, taking TLS apart."""

    name = "proxy.py"

    def __init__(self, environments: Path) -> None:
        super().__init__()
        self.bin = environment(environments, "proxy.py")

    def version(self) -> str:
        shown = subprocess.run([self.bin / "proxy", "--version"], capture_output=True, text=True, check=True).stdout
        python = subprocess.run([self.bin / "python", "--version"], capture_output=True, text=True, check=True).stdout
        return f"{shown.strip()} ({python.strip()})"

    def start(self, root: Path, server: nginx.Nginx) -> int:
        port = nginx.free_port()
        folder = root / "proxy.py"
        (folder / "certificates").mkdir(parents=True)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        authority.private_key_pem.write_to_path(str(folder / "ca-key.pem"))
        signing = trustme.CA().private_key_pem.bytes()
        key = serialization.load_pem_private_key(signing, None)
        (folder / "signing-key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        flags = {
            "--hostname": "127.0.0.1",
            "--port": str(port),
            "--log-level": "ERROR",
            "--data-dir": str(folder),
            "--ca-file": str(server.certificates),
            "--ca-cert-file": str(folder / "ca.pem"),
            "--ca-key-file": str(folder / "ca-key.pem"),
            "--ca-signing-key-file": str(folder / "signing-key.pem"),
            "--ca-cert-dir": str(folder / "certificates"),
        }
        process = self._run(root, [str(self.bin / "proxy"), *(part for flag in flags.items() for part in flag)])
        nginx.wait_for_port(port, process, self.name)
        return port


class ReverseNginx(Tool):
    """One worker process, plain only: as a reverse proxy it has no CONNECT."""

    name = "nginx"
    tls = False

    def version(self) -> str:
        return nginx.version()

    def start(self, root: Path, server: nginx.Nginx) -> int:
        running = nginx.start_reverse(root, server.plain)
        self.process = running.process
        return running.plain


def environment(root: Path, package: str) -> Path:
    """``bin`` of the virtual environment of ``package`` below ``root``, made with the newest Python there is."""
    folder = root / package
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"setting up {package} in {folder} …", flush=True)
        subprocess.run([newest_python(), "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", package], check=True)
        (folder / "ready").touch()
    return folder / "bin"


def newest_python() -> str:
    """The newest of python3.14 … 3.11 on the path or among pyenv's: the newest mitmproxy asks for at least 3.12."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for minor in (14, 13, 12, 11):
        name = f"python3.{minor}"
        found = [shutil.which(name), *map(str, sorted(pyenv.glob(f"versions/*/bin/{name}")))]
        for path in found:
            # A pyenv shim exists for versions that are not switched on, and then fails.
            if path and subprocess.run([path, "-c", "import ensurepip"], capture_output=True).returncode == 0:
                return path
    return sys.executable


def tree_cpu(pid: int) -> float:
    """Seconds of user and system time of a process and its descendants, the reaped ones included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        below = children(pid)
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(map(tree_cpu, below))


def cpu(pid: int) -> float:
    """Seconds of user and system time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / TICKS


def busy() -> float:
    """Seconds in which a processor of this machine was not idle, since it was started."""
    user, nice, system, _idle, _waiting, *rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *rest))) / TICKS


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and its descendants together; pages they share count in each."""
    try:
        return memory(pid) + sum(map(tree_memory, children(pid)))
    except OSError:
        return 0


def memory(pid: int, what: str = "VmRSS") -> int:
    """Resident bytes of one process; ``VmHWM``: the most it ever had."""
    return 1024 * int(Path(f"/proc/{pid}/status").read_text().split(f"{what}:")[1].split()[0])


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int
    python: str


def machine() -> Machine:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return Machine(found[1] if found else "?", os.cpu_count() or 0, sys.version.split()[0])
