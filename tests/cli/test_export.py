"""``export``: which exchanges, where to, and what becomes of a file when it cannot be done."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.recording import Recording, Run
from tests.formats.schema import check

from wireglass.app.home import Home
from wireglass.cli import export
from wireglass.model import Detail, Summary


def _summary(number: int = 0) -> Summary:
    url = f"http://example.test/{number}"
    return Summary(method="GET", url=url, host="example.test", started=1_700_000_000.0 + number, status=200)


@pytest.fixture
def seven(recording: Recording) -> Recording:
    """Exchanges 1 to 7; the third began after all others, as one does that took long to be stored."""
    for number in (1, 2, 100, 4, 5, 6, 7):
        recording.closed(_summary(number), response=b"body %d" % number)
    return recording


def _ids(text: str) -> list[int]:
    har = json.loads(text)
    check(har)
    return [entry["_id"] for entry in har["log"]["entries"]]


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        ((), [1, 2, 3, 4, 5, 6, 7]),
        (("--limit", "1"), [7]),
        (("--limit", "5"), [3, 4, 5, 6, 7]),
        (("--limit", "8"), [1, 2, 3, 4, 5, 6, 7]),
        (("--since", "1700000005"), [3, 5, 6, 7]),
        (("--since", "1700000005", "--limit", "4"), [3, 5, 6, 7]),
        (("--since", "1700000005", "--limit", "3"), [5, 6, 7]),
        (("--since", "2023-11-14T22:13:26Z", "--limit", "9"), [3, 6, 7]),
        (("--since", "1800000000"), []),
    ],
)
@pytest.mark.parametrize("window", [1, 2, 3, 20_000])
def test_the_newest_that_match_oldest_first(
    seven: Recording,
    wireglass: Run,
    flags: tuple[str, ...],
    ids: list[int],
    window: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "_WINDOW", window)
    code, out, err = wireglass("export", *flags)
    assert (code, err) == (0, "")
    assert _ids(out) == ids


def test_a_file_is_for_its_owner_and_says_what_it_holds(seven: Recording, wireglass: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.har"
    code, out, err = wireglass("export", "-o", str(file), "--with-secrets")
    assert (code, out) == (0, "")
    assert err.startswith(f"Exported 7 exchanges to {file} (")
    assert "passwords, cookies and tokens" in err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert _ids(file.read_text()) == [1, 2, 3, 4, 5, 6, 7]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.har"]


def test_secrets_are_redacted_unless_they_are_asked_for(recording: Recording, wireglass: Run, tmp_path: Path) -> None:
    detail = Detail(
        request_headers=[(b"Authorization", b"Bearer hunter2hunter2")],
        response_headers=[(b"Content-Type", b"application/json")],
    )
    recording.closed(_summary(), detail, response=b'{"password":"hunter2hunter2","n":1}')
    file = tmp_path / "out.har"
    code, _, err = wireglass("export", "-o", str(file))
    assert code == 0
    assert err.endswith("2 values redacted, --with-secrets keeps them.\n")
    assert "hunter2" not in file.read_text()
    [entry] = json.loads(file.read_text())["log"]["entries"]
    first = re.fullmatch(r"Bearer \[bearer:14:(\w{8})\]", entry["request"]["headers"][0]["value"])
    second = re.fullmatch(r'{"password":"\[password:14:(\w{8})\]","n":1}', entry["response"]["content"]["text"])
    assert first and second and first[1] == second[1]
    key = recording.home.path / "redaction.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = file.read_text()
    assert wireglass("export", "--force", "-o", str(file)).code == 0
    assert file.read_text() == before, "the key stays"
    assert wireglass("export", "--with-secrets", "--force", "-o", str(file)).code == 0
    assert file.read_text().count("hunter2hunter2") == 2


def test_a_file_is_replaced_only_with_force(seven: Recording, wireglass: Run, tmp_path: Path) -> None:
    file, link = tmp_path / "out.har", tmp_path / "link.har"
    file.write_text("mine")
    link.symlink_to(file)
    code, _, err = wireglass("export", "-o", str(link))
    assert (code, file.read_text()) == (2, "mine")
    assert f"{link} is there already. Choose another, or add --force." in err
    assert wireglass("export", "-o", str(link), "--force").code == 0
    assert link.is_symlink()
    assert len(_ids(file.read_text())) == 7


@pytest.mark.parametrize("target", ["missing/out.har", "."])
def test_a_file_that_cannot_be_written(seven: Recording, wireglass: Run, tmp_path: Path, target: str) -> None:
    code, _, err = wireglass("export", "-o", str(tmp_path / target), "--force")
    assert code == 1
    assert "cannot be written" in err and "Traceback" not in err


def test_a_disk_that_fills_up_leaves_the_file_as_it_was(
    seven: Recording, wireglass: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.har"
    file.write_text("mine")

    def full(*_: Any) -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "har", full)
    code, _, err = wireglass("export", "-o", str(file), "--force")
    assert (code, file.read_text()) == (1, "mine")
    assert f"{file} cannot be written: No space left on device." in err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.har"]


def test_a_pipe_in_the_file_system_stays_one(seven: Recording, wireglass: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
    assert wireglass("export", "-o", str(pipe)).code == 0
    assert len(_ids(reading.communicate(timeout=30)[0])) == 7
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_terminal_is_refused(
    seven: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for flags in ((), ("-o", "-")):
        code, out, err = wireglass("export", *flags)
        assert (code, out) == (2, "")
        assert "not for the terminal. Name a file, -o FILE" in err
    assert wireglass("export", "-o", str(tmp_path / "out.har")).code == 0


def test_progress_on_a_terminal(
    seven: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, _, err = wireglass("export", "-o", str(tmp_path / "out.har"))
    assert "Exporting" in err and "100%" in err


def test_an_empty_home_gives_a_file_without_entries(wireglass: Run, home: Home) -> None:
    code, out, err = wireglass("export")
    assert (code, _ids(out)) == (0, [])
    assert err.startswith(f"Nothing is recorded in {home.path}")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--limit", "0"), "--limit must be a whole number, at least 1, not 0. Try 'wireglass export --help'."),
        (("--since", "soon"), "'soon' is no time; write how long ago (10m, 2h, 1d), a date"),
        (("--format", "xml"), "'xml' is not"),
        (("--force",), "--force says to replace a file, and there is none. Add -o FILE."),
        (("-o", ""), "-o names no file. Name one, or leave it out"),
    ],
)
def test_wrong_usage(wireglass: Run, flags: tuple[str, ...], said: str) -> None:
    code, out, err = wireglass("export", *flags)
    assert (code, out) == (2, "")
    assert said in err


def test_a_body_whose_file_is_gone_is_said_in_its_entry(recording: Recording, wireglass: Run, home: Home) -> None:
    recording.closed(_summary(1), response=b"x" * 70_000)
    recording.closed(_summary(2), response=b"still here")
    [large] = [path for path in (home.store / "bodies").rglob("*") if path.is_file()]
    large.unlink()
    code, out, _ = wireglass("export")
    first, second = json.loads(out)["log"]["entries"]
    assert code == 0
    assert "is gone" in first["response"]["content"]["comment"]
    assert second["response"]["content"]["text"] == "still here"
    large.mkdir()  # cannot be read as a file, whoever asks
    first, _ = json.loads(wireglass("export").out)["log"]["entries"]
    assert "the response body cannot be read" in first["response"]["content"]["comment"]
