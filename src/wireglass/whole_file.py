"""Writing a file as a whole: readers see the old one or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(file: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """What takes the place of ``file`` at the end of the block, and is gone after an exception. Raises OSError.

    A killed process leaves ``.NAME.….part`` behind."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)  # 0600, O_EXCL
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        if mode != 0o600:
            part.chmod(mode)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
