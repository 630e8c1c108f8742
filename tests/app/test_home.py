"""The home folder: private, used by one at a time, and clear about why it cannot be used."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from wireglass.app.home import Home, Run
from wireglass.errors import HomeInUse, HomeNotWritable


def _run(pid: int) -> Run:
    return Run(pid=pid, listen="127.0.0.1:8080", started=1.0, version="0.1.0")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_is_made_for_this_user_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.make()
    home.make()
    for folder in (home.path, home.store, home.ca, home.spool, home.tmp):
        assert _mode(folder) == 0o700


def test_a_home_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Home(tmp_path).make()
    assert _mode(tmp_path) == 0o755


def test_a_second_process_is_told_who_holds_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    program = """
import sys
from pathlib import Path
from wireglass.app.home import Home
from wireglass.errors import HomeInUse
try:
    with Home(Path(sys.argv[1])).lock():
        print("locked")
except HomeInUse as error:
    print(error.line())
"""

    def other() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    with home.lock():
        home.write_run(_run(os.getpid()))
        assert other() == (
            f"Home {tmp_path} is in use by Wireglass (pid {os.getpid()}, proxy on 127.0.0.1:8080). "
            "Stop it, or start this one with --home DIR."
        )
        home.remove_run()
        assert "in use by another Wireglass." in other()
    assert other() == "locked"


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(RuntimeError), home.lock():
        raise RuntimeError
    with home.lock(), pytest.raises(HomeInUse), Home(tmp_path).lock():
        pass


def test_run_json_is_private_whole_and_has_a_secret_of_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_run() is None
    first, second = _run(1), _run(2)
    home.write_run(first)
    home.write_run(second)
    assert home.read_run() == second
    assert first.token != second.token
    assert len(second.token) >= 40
    assert _mode(tmp_path / "run.json") == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]
    home.remove_run()
    home.remove_run()
    assert home.read_run() is None


def test_a_run_file_that_a_killed_process_left_is_not_running(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(60)
    home.write_run(_run(ended.pid))
    assert home.running() is None
    home.write_run(_run(os.getpid()))
    with home.lock():
        assert home.running() == home.read_run() is not None
    assert home.running() is None  # another program has its number now


def test_a_damaged_run_file_is_nobody(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    assert Home(tmp_path).read_run() is None


@pytest.mark.parametrize("below", [False, True])
def test_a_file_in_the_way_is_named(tmp_path: Path, below: bool) -> None:
    file = tmp_path / "file"
    file.write_text("")
    home = Home(file / "home" if below else file)
    with pytest.raises(HomeNotWritable, match="is a file, not a folder") as caught, home.lock():
        pass
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_home_that_cannot_be_written_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    home = Home(tmp_path)
    home.make()

    def refuse(path: object, *_args: object) -> int:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(os, "open", refuse)
    for use in (home.lock().__enter__, lambda: home.write_run(_run(1))):
        with pytest.raises(HomeNotWritable, match=os.strerror(code)):
            use()


def test_folders_that_were_there_are_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for folder, mode in ((home.store, 0o755), (home.spool, 0o711), (home.tmp, 0o500)):
        folder.mkdir()
        folder.chmod(mode)
    home.make()
    assert [_mode(folder) for folder in (home.store, home.ca, home.spool, home.tmp)] == [0o700] * 4
