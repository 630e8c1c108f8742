from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.recording import Recording


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "home" / "store")
    yield recording
    recording.store.close()
    assert recording.troubles == []
