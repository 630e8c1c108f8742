"""``wireglass run`` with the programs people use it for: recorded, verified by the program itself, exit code 0; and the
command's terminal, pipes, signals and exit code are its own."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doors.conftest import Authority
from tests.peers.installed import installed
from tests.peers.node import NODE
from tests.peers.origin import Call, Origin, Script, fixed
from tests.peers.program import COMMAND, Row, Wireglass, alive
from tests.peers.waiting import wait_for

from wireglass.app.home import Home

SECONDS = 120

Start = Callable[..., Wireglass]
Begin = Callable[..., "Terminal"]


class Runs:
    """``wireglass run`` in a home of its own, on free ports, trusting the origins."""

    def __init__(self, home: Path, authority: Authority) -> None:
        self.home = home
        self.record = Wireglass(home)
        self.environ = {
            **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            "SSL_CERT_FILE": str(authority.path),
            "WIREGLASS_HOME": str(home),
            "WIREGLASS_LISTEN": "127.0.0.1:0",
        }

    def __call__(self, *words: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        more.setdefault("env", self.environ)
        return subprocess.run(
            [COMMAND, "run", *words], capture_output=True, text=True, timeout=SECONDS, **{"check": False, **more}
        )

    def begin(self, *words: str | Path, **more: Any) -> subprocess.Popen[str]:
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen([COMMAND, "run", *words], env=self.environ, text=True, **more)

    def rows(self, url: str) -> list[Row]:
        return self.record.rows(url)

    def is_over(self) -> bool:
        """Whether nothing captures in this home any more."""
        return Home(self.home).read_run() is None


@pytest.fixture
def run(tmp_path: Path, authority: Authority) -> Iterator[Runs]:
    runs = Runs(tmp_path / "home", authority)
    yield runs
    wait_for(runs.is_over, "the end of every capture in this home", 30)


def recorded(run: Runs, url: str) -> None:
    [row] = run.rows(url)
    assert (row.method, row.status, row.state) == ("GET", 200, "done")


def folder(path: Path) -> Script:
    """A static file server for what is below ``path``."""

    def script(call: Call) -> None:
        file = path / call.path.removeprefix("/")
        if file.is_file():
            fixed(file.read_bytes(), b"Content-Type: text/plain")(call)
        else:
            fixed(b"", status=b"404 Not Found")(call)

    return script


def test_curl(run: Runs, origin: Origin, tls_origin: Origin) -> None:
    """Both schemes, to loopback servers, in one command; standard output is the command's alone."""
    installed("curl")
    urls = [origin.url + "/plain", tls_origin.url + "/secure"]
    done = run("curl", "--silent", "--show-error", "--fail", *urls)
    assert (done.returncode, done.stdout) == (0, "/plain\n/secure\n"), done.stderr
    # On a busy machine a line before it says that the end takes more than 0.3 s.
    assert done.stderr.splitlines()[-1].startswith("wireglass: Recorded 2 exchanges. Look: `")
    for url in urls:
        recorded(run, url)
    assert run.is_over()


def test_pip(run: Runs, tls_origin: Origin, tmp_path: Path) -> None:
    """A package from an index on HTTPS."""
    wheel = tmp_path / "wireglass_probe-1.0-py3-none-any.whl"
    info = "wireglass_probe-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: wireglass-probe\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    page = f'<!DOCTYPE html><a href="/files/{wheel.name}">{wheel.name}</a>'.encode()
    index = tls_origin.on("/simple/wireglass-probe/", fixed(page, b"Content-Type: text/html"))
    file = tls_origin.on(f"/files/{wheel.name}", fixed(wheel.read_bytes(), b"Content-Type: application/zip"))
    target = tmp_path / "downloads"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "download", "--no-deps")
    done = run(*pip, "--index-url", f"{tls_origin.url}/simple/", "--dest", target, "wireglass-probe")
    assert done.returncode == 0, done.stderr
    assert (target / wheel.name).read_bytes() == wheel.read_bytes()
    recorded(run, index)
    recorded(run, file)


@pytest.mark.parametrize("code", ["requests", "httpx", "urllib"])
def test_python(run: Runs, tls_origin: Origin, code: str) -> None:
    """Three that find their roots in three ways."""
    url = tls_origin.url + f"/{code}"
    get = {
        "requests": "import requests; print(requests.get({!r}).text, end='')",
        "httpx": "import httpx; print(httpx.get({!r}).text, end='')",
        "urllib": "import urllib.request as r; print(r.urlopen({!r}).read().decode(), end='')",
    }[code].format(url)
    done = run("--", sys.executable, "-c", get)
    assert (done.returncode, done.stdout) == (0, f"/{code}\n"), done.stderr
    recorded(run, url)


def test_git(run: Runs, tls_origin: Origin, tmp_path: Path) -> None:
    """A clone over HTTPS."""
    git = installed("git")
    work, bare = tmp_path / "work", tmp_path / "served" / "repo.git"
    me = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (
        ["init", "--quiet", str(work)],
        ["-C", str(work), *me, "commit", "--quiet", "--allow-empty", "--message", "first"],
        ["clone", "--quiet", "--bare", str(work), str(bare)],
        ["-C", str(bare), "update-server-info"],
    ):
        subprocess.run([git, *words], check=True, timeout=SECONDS)
    tls_origin.default = folder(bare.parent)
    done = run("git", "clone", "--quiet", f"{tls_origin.url}/repo.git", tmp_path / "clone")
    assert done.returncode == 0, done.stderr
    log = subprocess.run([git, "-C", str(tmp_path / "clone"), "log", "--format=%s"], capture_output=True, text=True)
    assert log.stdout == "first\n"
    recorded(run, f"{tls_origin.url}/repo.git/info/refs?service=git-upload-pack")
    recorded(run, f"{tls_origin.url}/repo.git/HEAD")


FETCH_AND_GET = """
import http from "node:http";
import https from "node:https";
for (const url of process.argv.slice(2)) {
    process.stdout.write(await (await fetch(url + "/fetch")).text());
    await new Promise((done, failed) => {
        (url.startsWith("https") ? https : http).get(url + "/get", (response) => {
            response.on("end", done).pipe(process.stdout);
        }).on("error", failed);
    });
}
"""


def test_node(run: Runs, origin: Origin, tls_origin: Origin, tmp_path: Path) -> None:
    """``fetch``, which is undici, and the modules ``http`` and ``https``."""
    script = tmp_path / "probe.mjs"
    script.write_text(FETCH_AND_GET)
    done = run(str(NODE), script, origin.url, tls_origin.url)
    assert (done.returncode, done.stdout) == (0, "/fetch\n/get\n" * 2), done.stderr
    assert "This Node" not in done.stderr
    for url in (origin.url, tls_origin.url):
        recorded(run, url + "/fetch")
        recorded(run, url + "/get")


@pytest.mark.parametrize(("version", "said"), [("v20.20.2", True), ("v22.20.0", True), ("v22.21.0", False)])
def test_a_node_that_is_too_old_is_named(run: Runs, tmp_path: Path, version: str, said: bool) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    done = run(node, "app.js")
    assert done.returncode == 0
    assert ("needs Node 22.21+ or 24+" in done.stderr) is said


JAVA = """
import java.net.*;
import java.net.http.*;

public class Probe {
    public static void main(String[] urls) throws Exception {
        for (String url : urls) {
            var request = HttpRequest.newBuilder(URI.create(url + "/client")).build();
            System.out.print(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
            var connection = (HttpURLConnection) new URL(url + "/connection").openConnection();
            System.out.print(new String(connection.getInputStream().readAllBytes()));
        }
    }
}
"""


def test_java(run: Runs, origin: Origin, tls_origin: Origin, tmp_path: Path) -> None:
    """``java.net.http.HttpClient`` and ``HttpURLConnection``; what JAVA_TOOL_OPTIONS held before counts on, and a home
    whose name has a space and quotes in it does no harm."""
    installed("java")
    (tmp_path / "Probe.java").write_text(JAVA)
    home = tmp_path / 'it\'s a "home"'
    run.environ |= {"WIREGLASS_HOME": str(home), "JAVA_TOOL_OPTIONS": "-Xshare:auto -Dhttp.nonProxyHosts=localhost"}
    run.home = home
    done = run("java", tmp_path / "Probe.java", origin.url, tls_origin.url)
    assert (done.returncode, done.stdout) == (0, "/client\n/connection\n" * 2), done.stderr
    record = Wireglass(home)
    urls = [url + path for url in (origin.url, tls_origin.url) for path in ("/client", "/connection")]
    assert [(row.url, row.status) for row in record.ls()] == [(url, 200) for url in urls]


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 1", 1), ("exit 77", 77), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
)
def test_exit_codes(run: Runs, script: str, code: int) -> None:
    assert run("--", "sh", "-c", script).returncode == code


def test_what_cannot_be_executed(run: Runs, tmp_path: Path) -> None:
    """As a shell says it, and nothing is started for it."""
    (tmp_path / "text").write_text("not a program")
    (tmp_path / "broken").write_text("#!/no/such/interpreter\n")
    (tmp_path / "broken").chmod(0o755)
    for word, code in (("no-such-command", 127), (tmp_path / "none", 127), (tmp_path / "text", 126), (tmp_path, 126)):
        done = run(word)
        assert (done.returncode, done.stdout) == (code, "")
        [line] = done.stderr.splitlines()
        assert line.startswith("wireglass: ") and str(word) in line
    assert not run.home.exists()
    assert run(tmp_path / "broken").returncode == 127


def test_nothing_to_run_and_wrong_flags(run: Runs) -> None:
    for words in ([], ["--"], ["--no-such-flag", "true"]):
        done = run(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "run --help" in done.stderr


def test_a_capture_that_cannot_start_is_125(run: Runs, tmp_path: Path) -> None:
    run.home.mkdir()
    (run.home / "config.toml").write_text("workers = 0")
    done = run("echo", "ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert "workers" in done.stderr and len(done.stderr.splitlines()) == 1


def test_pipes_are_the_commands(run: Runs, tmp_path: Path) -> None:
    """Bytes in and out, and descriptors beyond the usual three; nobody else holds the pipe open."""
    data = bytes(range(256)) * 4000
    done = subprocess.run(
        [COMMAND, "run", "-q", "cat"], input=data, capture_output=True, env=run.environ, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, data, b"")
    reader, writer = os.pipe()
    done_text = run("sh", "-c", f"echo through > /dev/fd/{writer}", pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert stream.read() == "through\n"  # to the end of the file: no process of ours still has it
    assert done_text.returncode == 0


READY = "import signal, sys, time; print('ready', flush=True); "


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
def test_a_signal_to_run_alone_reaches_the_command(run: Runs, number: signal.Signals) -> None:
    """As ``kill PID`` or a service manager sends it."""
    # Blocked and waited for, as below: a handler would not be run if it came just before a pause.
    wait = (
        f"import signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [{number:d}]); print('ready', flush=True); "
        f"sys.exit(40 + signal.sigwait([{number:d}]))"
    )
    with run.begin("--", sys.executable, "-c", wait, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(SECONDS) == 40 + number
    assert run.is_over()


def test_ignored_signals_stay_ignored(run: Runs) -> None:
    """``nohup wireglass run …``"""
    look = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    done = run("--", sys.executable, "-c", look, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert done.stdout == "True\n"


class Terminal:
    """A program on a terminal of its own, as its session leader."""

    def __init__(self, words: list[str], environ: dict[str, str]) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(words[0], words, environ)
        self.seen = ""
        self._at = 0
        self._ended = False

    def until(self, text: str) -> None:
        """Read until ``text`` has been shown, behind what was waited for before."""
        deadline = time.monotonic() + 30
        while (at := self.seen.find(text, self._at)) < 0:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen[self._at :]!r}"
            if select.select([self._fd], [], [], 1)[0]:
                self.seen += os.read(self._fd, 65_536).decode()
        self._at = at + len(text)

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def wait(self) -> int:
        with contextlib.suppress(OSError):  # EIO is a terminal's end of file
            while data := os.read(self._fd, 65_536):
                self.seen += data.decode()
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        self._ended = True
        return os.waitstatus_to_exitcode(status)

    def clear(self) -> None:
        """End it, if the test did not come to its end: closing the terminal hangs up on everything that runs on it."""
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self._fd)


@pytest.fixture
def terminal(run: Runs) -> Iterator[Callable[..., Terminal]]:
    """Starts ``wireglass run WORDS…`` on a terminal."""
    with contextlib.ExitStack() as stack:

        def begin(*words: str, program: tuple[str, ...] = (str(COMMAND), "run")) -> Terminal:
            opened = Terminal([*program, *words], run.environ)
            stack.callback(opened.clear)
            return opened

        yield begin


def test_an_interactive_program(terminal: Begin) -> None:
    """It reads what is typed, and knows that it is on a terminal."""
    ask = "import sys; print(sys.stdin.isatty(), sys.stdout.isatty()); print('hello', input('name? '))"
    opened = terminal("--", sys.executable, "-c", ask)
    opened.until("name? ")
    assert "True True" in opened.seen
    opened.type("world\n")
    opened.until("hello world")
    assert opened.wait() == 0
    assert "Recorded no exchange" in opened.seen


def test_interrupt_from_the_terminal_comes_once(terminal: Begin) -> None:
    """Ctrl-C is the command's: it decides what to do with it, and gets it a single time."""
    # Blocked and waited for: a handler is run only between two steps of the interpreter, and a signal that comes just
    # before a read blocks is not seen until something is read.
    count = (
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
        "print('ready', flush=True)\n"
        "signal.sigwait([signal.SIGINT])\n"
        "print('caught', flush=True)\n"
        "input()\n"
        "print('again' if signal.SIGINT in signal.sigpending() else 'once', flush=True)\n"
    )
    opened = terminal("--", sys.executable, "-c", count)
    opened.until("ready")
    opened.type("\x03")
    opened.until("caught")
    opened.type("\n")
    opened.until("once")
    assert opened.wait() == 0


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x1c", 131)], ids=["ctrl-c", "ctrl-backslash"])
def test_keys_that_end_the_command(terminal: Begin, key: str, code: int) -> None:
    """The capture ends in order all the same, and says so."""
    opened = terminal("--", "sh", "-c", "ulimit -c 0; echo ready; exec cat")
    opened.until("ready")
    opened.type(key)
    assert opened.wait() == code
    assert "Recorded no exchange" in opened.seen


def test_a_shell_with_job_control(terminal: Begin) -> None:
    """Ctrl-Z stops what the shell runs, ``fg`` brings it back; the shell has the terminal in between."""
    installed("bash")
    opened = terminal("--", "bash", "--norc", "--noprofile", "-i")
    opened.type("PS1='>'; echo be''gun\n")
    opened.until("begun")
    opened.type("sh -c 'echo cat st''arts; exec cat'\n")
    opened.until("cat starts")
    opened.type("one\n")
    opened.until("one\r\none")
    opened.type("\x1a")
    opened.until("Stopped")
    opened.type("echo in the sh''ell\n")
    opened.until("in the shell")
    opened.type("fg\n")
    opened.until("sh -c")
    opened.type("two\n")
    opened.until("two\r\ntwo")
    opened.type("\x04")
    opened.until(">")
    opened.type("exit 5\n")
    assert opened.wait() == 5


def test_a_stopped_run_comes_back(terminal: Begin) -> None:
    """Ctrl-Z under a shell: ``run`` and the command stop together, and go on together."""
    installed("bash")
    script = f"set -m; {COMMAND} run -q -- sh -c 'echo ready; read line; echo got $line'; echo stopped $?; fg; echo $?"
    opened = terminal("--norc", "--noprofile", "-c", script, program=(installed("bash"),))
    opened.until("ready")
    opened.type("\x1a")
    opened.until("stopped 148")
    opened.type("word\n")
    opened.until("got word")
    assert opened.wait() == 0


def test_a_capture_that_runs_is_used_and_left(run: Runs, start: Start, origin: Origin) -> None:
    program = start(home=run.home)
    done = run("curl", "--silent", "--fail", origin.url + "/used")
    assert done.returncode == 0
    assert "Recorded 1 exchange." in done.stderr
    [row] = program.rows(origin.url + "/used")
    assert row.status == 200
    assert program.process.poll() is None
    program.stop()


def test_a_capture_that_runs_keeps_its_settings(run: Runs, start: Start, origin: Origin) -> None:
    """What has no effect is said, in one line, also with --quiet; the command runs, and its exit code is its own. Where
    all is as it is there, also in a `wireglass run` of its own, nothing is said."""
    program = start("--session", "theirs", "--insecure-hosts", "dev.local", home=run.home)
    run.environ["WIREGLASS_LISTEN"] = program.proxy
    done = run("--session", "mine", "--quiet", "sh", "-c", "exit 3", env={**run.environ, "WIREGLASS_INSECURE": "1"})
    assert done.returncode == 3
    [line] = done.stderr.splitlines()
    assert line.startswith(f"wireglass: A capture runs already (pid {program.process.pid}, proxy on {program.proxy})")
    assert "keeps its own settings: --session and WIREGLASS_INSECURE have no effect." in line
    done = run("-q", "--insecure-hosts", "dev.local", "--session", "theirs", COMMAND, "run", "-q", "true")
    assert (done.returncode, done.stderr) == (0, "")
    program.stop()


def test_a_server_is_let_through_by_a_flag(run: Runs, tmp_path: Path) -> None:
    with Origin(Authority(tmp_path).server_context("localhost")) as stranger:
        url = f"https://localhost:{stranger.port}/"
        assert run("curl", "--silent", "--fail", url).returncode != 0
        done = run("--insecure-hosts", f"localhost:{stranger.port}", "curl", "--silent", "--fail", url)
    assert (done.returncode, done.stdout) == (0, "/\n"), done.stderr
    assert [row.status for row in run.rows(url)] == [502, 200]


def test_failed_ones_are_counted_where_a_capture_runs(run: Runs, start: Start) -> None:
    program = start(home=run.home)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        nobody = sock.getsockname()[1]
    done = run("curl", "--silent", f"http://127.0.0.1:{nobody}/")
    assert "Recorded 1 exchange, 1 of them failed." in done.stderr
    program.stop()


def test_the_session_has_its_name(run: Runs, origin: Origin) -> None:
    assert run("--session", "a name", "curl", "--silent", origin.url + "/named").returncode == 0
    [row] = run.rows(origin.url + "/named")
    assert row.sessions == ["a name"]


def test_a_taken_port_is_no_obstacle(run: Runs, origin: Origin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run.environ["WIREGLASS_LISTEN"] = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("curl", "--silent", "--fail", origin.url + "/other-port")
    assert done.returncode == 0
    assert re.search(
        rf"Port {taken_port(done.stderr)} on 127\.0\.0\.1 is taken by .*\(pid {os.getpid()}\)\. "
        r"Recording goes on 127\.0\.0\.1:\d+ instead\.",
        done.stderr,
    ), done.stderr
    recorded(run, origin.url + "/other-port")


def taken_port(text: str) -> str:
    match = re.search(r"Port (\d+)", text)
    assert match, text
    return match[1]


def test_several_at_once_share_one_capture(run: Runs, origin: Origin) -> None:
    """Whoever begins it may leave first: the others go on recording, and the last one ends it."""
    gate = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).status, flush=True); input();"
    again = "print(r.urlopen(sys.argv[1]).status, flush=True)"
    words = ["--", sys.executable, "-c", gate + again]
    with contextlib.ExitStack() as stack:
        several = [
            stack.enter_context(run.begin(*words, f"{origin.url}/{number}", stdin=subprocess.PIPE)) for number in "abc"
        ]
        for process in several:
            assert process.stdout
            assert process.stdout.readline() == "200\n", process.stderr and process.stderr.read()
        captured = Home(run.home).running()
        assert captured
        for process in several:
            out, err = process.communicate("\n", timeout=SECONDS)
            assert (process.returncode, out) == (0, "200\n"), err
            assert err.count("wireglass: Recorded ") == 1, err
    wait_for(lambda: not alive(captured.pid), "the end of the capture", 30)
    for number in "abc":
        assert [row.status for row in run.rows(f"{origin.url}/{number}")] == [200, 200]


def test_a_killed_run_leaves_no_capture(run: Runs, origin: Origin) -> None:
    """SIGKILL lets ``run`` do nothing any more; the capture it began ends by itself, with its record whole."""
    get = f"import urllib.request as r; r.urlopen({origin.url + '/killed'!r}); print('ready', flush=True); input()"
    with run.begin("--", sys.executable, "-c", get, stdin=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        captured = Home(run.home).running()
        assert captured
        process.kill()
        wait_for(lambda: not alive(captured.pid), "the end of the capture", 30)
    recorded(run, origin.url + "/killed")


def test_a_capture_that_is_killed_is_reported(run: Runs) -> None:
    """The command's exit code stays its own."""
    with run.begin("--", sys.executable, "-c", READY + "input(); sys.exit(9)", stdin=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        captured = Home(run.home).running()
        assert captured
        os.kill(captured.pid, signal.SIGKILL)
        assert process.stderr
        assert "The capture has ended before the command" in process.stderr.readline()
        _, err = process.communicate("\n", timeout=SECONDS)
    assert process.returncode == 9
    assert "signal 9" in err
    assert run("true").returncode == 0  # a next one begins in the same home, and tidies up


def test_interrupt_while_it_starts(run: Runs) -> None:
    """No traceback, no capture left."""
    with run.begin("sleep", "60", start_new_session=True) as process:
        wait_for(lambda: (run.home / "lock").exists(), "the home's lock")
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
