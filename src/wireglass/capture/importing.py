"""A HAR file into the store: a session of its own, wholly or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from wireglass.capture.control import Progress
from wireglass.errors import UsageError
from wireglass.formats import HarReader
from wireglass.model import Imported, Session
from wireglass.store import Store

SOURCE = "import"
_CREATOR = 100  # characters


def import_har(store: Store, path: Path, name: str, progress: Progress | None = None) -> Session:
    """``name`` is that of no session yet. ``progress``: bytes of the file. Raises BadFile, which names the place but
    not the file, and UsageError if it cannot be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        size = os.fstat(file.fileno()).st_size

        def read(at: int, most: int) -> bytes:
            try:
                file.seek(at)
                return file.read(most)
            except OSError as error:
                raise UsageError(f"{path} cannot be read: {error.strerror}.") from error

        reader = HarReader(read)

        def exchanges() -> Iterator[Imported]:
            for exchange in reader:
                yield exchange
                if progress is not None:
                    progress(reader.at, size)

        session = store.import_records(name, SOURCE, exchanges())
        if progress is not None:
            progress(size, size)
    if not reader.creator:
        return session
    return store.change_session(session.id, name=None, note=f"HAR by {reader.creator[:_CREATOR]}", options=None)
