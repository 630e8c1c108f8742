from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.recording import Recording

from wireglass.store import writer


@pytest.fixture(scope="module", autouse=True)
def no_gathering() -> Iterator[None]:
    """A test waits for every batch before it sends the next one: nothing could be gathered but time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "GATHER", 0.0)
        yield


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "home" / "store")
    yield recording
    recording.store.close()
    assert recording.troubles == []
