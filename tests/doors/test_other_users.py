"""What other users of this machine can do: with the home, its files, folders that everybody may write, and what a dead
proxy has left behind. Root plays the other user; without root only permission bits are looked at."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.origin import Origin
from tests.peers.program import COMMAND, Wireglass

from wireglass.app.home import Home, Run

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
WITHOUT_UMASK = ("sh", "-c", 'umask 0; exec "$@"', "sh")
FOLDERS = ("store", "ca", "spool", "tmp", "trust", "browsers")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Path]:
    """A folder that every user can get to; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="wireglass-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def wireglass(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, **more)


def environment(home: Path, authority: Authority) -> dict[str, str]:
    ours = {"SSL_CERT_FILE": str(authority.path), "WIREGLASS_HOME": str(home), "WIREGLASS_LISTEN": "127.0.0.1:0"}
    return {**{name: value for name, value in os.environ.items() if "proxy" not in name.lower()}, **ours}


def open_to_others(home: Path) -> list[Path]:
    """Files and folders below ``home`` that another user gets to and could read or change."""
    found: list[Path] = []

    def look(folder: Path) -> None:
        for path in folder.iterdir():
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                if mode & 0o001:
                    look(path)
                if mode & 0o006:
                    found.append(path)
            elif mode & 0o006:
                found.append(path)

    look(home)
    return found


def test_nobody_else_reads_or_changes_the_home(
    public: Path, authority: Authority, origin: Origin, tls_origin: Origin
) -> None:
    """Even where it was there before with a mode for all, no umask closes anything, and everything is in use."""
    home = public / "home"
    home.mkdir(mode=0o755)
    program = Wireglass(home, trust=authority.path, output=public, prefix=WITHOUT_UMASK)
    try:
        program.start()
        with Client(program.proxy) as client:
            origin.on("/big", lambda call: call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + b"x" * 98))
            client.send(f"GET {origin.url}/big HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
            program.row(f"{origin.url}/big", "open")
            done = wireglass("run", "--", "true", env=environment(home, authority), umask=0)
            assert done.returncode == 0, done.stderr
            assert {path.name for path in home.iterdir()} >= {"run.json", "lock", "users", "proxy.log", *FOLDERS[:5]}
            assert open_to_others(home) == []
            assert stat.S_IMODE((home / "run.json").stat().st_mode) == 0o600
            if os.geteuid() == 0:
                for what in ("-readable", "-writable"):
                    seen = subprocess.run(
                        [*AS_NOBODY, "find", home, "-mindepth", "1", "!", "-type", "l", what],
                        capture_output=True,
                        text=True,
                        timeout=30,
                    )
                    assert seen.stdout == ""
    finally:
        program.stop()


@needs_root
def test_nobody_else_looks_into_the_processes(wireglass: Wireglass, origin: Origin) -> None:
    """Not into their memory and environment; and what everybody may see, their command lines, holds no secret."""
    with Client(wireglass.proxy) as client:
        client.get(f"{origin.url}/?password=hunter2")
    token = Home(wireglass.home).read_run()
    assert token
    for pids in wireglass.pids.values():
        for pid in pids:
            for name in ("mem", "environ", "maps", "fd"):
                seen = subprocess.run(
                    [*AS_NOBODY, "sh", "-c", f"ls /proc/{pid}/{name}/ || head -c1 /proc/{pid}/{name}"],
                    capture_output=True,
                    timeout=30,
                )
                assert (seen.returncode, seen.stdout) == (1, b"")
            line = Path(f"/proc/{pid}/cmdline").read_text()
            assert token.token not in line and "hunter2" not in line


@pytest.mark.parametrize("mode", [0o777, 0o1777])
@pytest.mark.parametrize(
    "command", [("up", "--listen", "127.0.0.1:0"), ("ca",), ("run", "true"), ("browser", "--", "--headless")]
)
def test_a_home_that_everybody_can_write_is_refused(tmp_path: Path, mode: int, command: tuple[str, ...]) -> None:
    """Somebody else could have put a CA there whose key they know, and the user would trust it."""
    tmp_path.chmod(mode)
    done = wireglass(*command[:1], "--home", tmp_path, *command[1:])
    assert done.returncode == (125 if command[0] == "run" else 2), done.stderr
    assert f"can be written by every user of this machine (mode {mode:04o})" in done.stderr
    assert f"--home {tmp_path / 'wireglass'}" in done.stderr
    assert list(tmp_path.iterdir()) == []


@needs_root
@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("as_link", [False, True])
def test_a_folder_that_another_user_has_put_into_the_home_is_refused(
    tmp_path: Path, authority: Authority, name: str, as_link: bool
) -> None:
    theirs, home = tmp_path / "theirs", tmp_path / "home"
    theirs.mkdir()
    home.mkdir(mode=0o770)
    if as_link:
        (home / name).symlink_to(theirs)
    else:
        (home / name).mkdir()
    os.chown(home / name, NOBODY, NOBODY, follow_symlinks=False)
    for command in (("ca",), ("run", "true"), ("up",)):
        done = wireglass(*command, env=environment(home, authority))
        assert done.returncode != 0
        assert f"{home / name} belongs to user {NOBODY}, and not to you" in done.stderr
    assert list(theirs.iterdir()) == []


@pytest.mark.parametrize("name", ["lock", "proxy.log", "users", "run.json"])
def test_a_link_in_the_place_of_a_file_writes_nothing_elsewhere(
    tmp_path: Path, authority: Authority, name: str
) -> None:
    home, precious = tmp_path / "home", tmp_path / "precious"
    Home(home).make()
    precious.write_text("precious")
    (home / name).symlink_to(precious)
    done = wireglass("run", "true", env=environment(home, authority))
    if name == "run.json":  # taken away, and written anew
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 125
        assert f"({home / name})" in done.stderr
    assert precious.read_text() == "precious"


def test_certificates_from_a_folder_that_others_could_write_are_not_trusted(
    tmp_path: Path, authority: Authority, public: Path
) -> None:
    """The file has the right name, and one root more."""
    env = environment(tmp_path / "home", authority)
    show = ("run", "--quiet", "--", "sh", "-c", 'cat "$CURL_CA_BUNDLE"; ls "$(dirname "$CURL_CA_BUNDLE")"')
    good = wireglass(*show, env=env).stdout
    trust = tmp_path / "home" / "trust"
    assert "BEGIN CERTIFICATE" in good
    for file in trust.iterdir():
        file.write_text("planted")
    trust.chmod(0o777)
    assert wireglass(*show, env=env).stdout == good
    assert stat.S_IMODE(trust.stat().st_mode) == 0o700
    assert not [file for file in trust.iterdir() if file.read_bytes() == b"planted"]


def test_who_takes_over_a_dead_proxys_number_and_port_gets_nothing(
    tmp_path: Path, authority: Authority, origin: Origin
) -> None:
    """The proxy was killed; another user's process has its number and listens on its port."""
    home = Home(tmp_path / "home")
    home.make()
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        listen = "{}:{}".format(*theirs.getsockname())
        home.write_run(Run(pid=os.getpid(), listen=listen, started=1.0, version="0"))
        come: list[Any] = []

        def wait_for_somebody() -> None:
            with contextlib.suppress(OSError):  # shut down at the end
                come.append(theirs.accept())

        threading.Thread(target=wait_for_somebody).start()
        env = environment(home.path, authority)
        done = wireglass("run", "curl", "-sS", f"{origin.url}/secret", env=env)
        assert (done.returncode, "/secret" in done.stdout) == (0, True), done.stderr
        assert listen not in wireglass("device", env=env).stdout
        assert come == []
        theirs.shutdown(socket.SHUT_RDWR)  # wakes accept()
    assert [row.url for row in Wireglass(home.path).ls()] == [f"{origin.url}/secret"]


@pytest.fixture
def recorded(tmp_path: Path, authority: Authority, origin: Origin) -> Path:
    """A home with one exchange."""
    done = wireglass("run", "curl", "-sS", f"{origin.url}/x", env=environment(tmp_path / "home", authority))
    assert done.returncode == 0, done.stderr
    return tmp_path / "home"


@needs_root
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_export_goes_into_nobodys_link_or_pipe(recorded: Path, public: Path, force: tuple[str, ...]) -> None:
    """In /tmp others can be first under a name that is to be guessed."""
    public.chmod(0o1777)
    precious = public / "precious"
    for prepare in (lambda path: path.symlink_to(precious), os.mkfifo):
        path = public / "all.har"
        prepare(path)
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        done = wireglass("export", "--home", recorded, "-o", path, *force)
        assert done.returncode == 2
        assert f"that user {NOBODY} has put there" in done.stderr
        path.unlink()
    assert list(public.iterdir()) == []


def test_a_certificate_is_not_written_through_a_link_that_leads_to_nothing(recorded: Path, public: Path) -> None:
    (public / "ca.crt").symlink_to(public / "elsewhere")
    done = wireglass("ca", "--home", recorded, "--export", public / "ca.crt")
    assert (done.returncode, (public / "elsewhere").exists()) == (1, False), done.stderr


def test_modules_in_the_folder_it_is_started_in_are_not_run(
    tmp_path: Path, authority: Authority, origin: Origin
) -> None:
    """In somebody's repository, or in /tmp, lie files with names that Python looks for."""
    here, mark = tmp_path / "repository", tmp_path / "ran"
    here.mkdir()
    for name in ("asyncio", "json", "msgspec", "uvloop", "wireglass", "sitecustomize", "click", "cryptography", "ssl"):
        (here / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})")
    done = wireglass("run", "curl", "-sS", f"{origin.url}/x", env=environment(tmp_path / "home", authority), cwd=here)
    assert (done.returncode, mark.exists()) == (0, False), done.stderr
