"""A home with a record, and a way to run the command line in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.recording import Outcome, Recording, Run

from wireglass.app.home import Home
from wireglass.cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that is not made yet, and that commands take without ``--home``."""
    home = Home(tmp_path / "home")
    monkeypatch.setenv("WIREGLASS_HOME", str(home.path))
    monkeypatch.delenv("WIREGLASS_TEST_SEED", raising=False)  # of other tests; a note on standard error
    return home


@pytest.fixture
def recording(home: Home) -> Iterator[Recording]:
    recording = Recording(home)
    yield recording
    recording.close()


@pytest.fixture
def wireglass(home: Home, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with the home of this test; captures file descriptors, as bodies go around text streams."""

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = main(arguments)
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run
