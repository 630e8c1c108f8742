"""What can be asked of a record: everything that changes it. The API and the command line call these words and no
others; reading is ``store.Reader``'s.

``LocalControl`` does it here, where the store's writer is: in the main process, or in a command while none runs. The
command line's other one (``app.remote``) asks a running main process through its API.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from wireglass.model import Color, Retention, SavedFilter, Session, SessionOptions

Progress = Callable[[int, int], None]
"""Done, and of how many."""


class Control(Protocol):
    """A session is named by its number or its name (``session: int | str``); raises ``NotFound`` for others. All raise
    ``StoreError``; ``QueryError`` where a query is given."""

    def start_session(self, name: str, source: str, options: SessionOptions, note: str = "") -> Session:
        """An empty name: one is made of the time. The name of an ended session goes on recording into it, with these
        options. Raises ``UsageError`` for the name of a running one."""

    def pause_session(self, session: int | str) -> Session: ...

    def resume_session(self, session: int | str) -> Session: ...

    def stop_session(self, session: int | str) -> Session: ...

    def clear_session(self, session: int | str) -> int:
        """Drops what it holds, of which what other sessions hold too stays in those; returns how many exchanges went
        out of it. It goes on recording."""

    def change_session(
        self,
        session: int | str,
        *,
        name: str | None = None,
        note: str | None = None,
        options: SessionOptions | None = None,
    ) -> Session:
        """What is None stays. New options hold for what comes from now on."""

    def delete_session(self, session: int | str) -> int:
        """With the exchanges that no other session holds; returns how many went out of it. Raises ``UsageError`` while
        it is not ended."""

    def mark(
        self, ids: Sequence[int], *, color: Color | None = None, star: bool | None = None, note: str | None = None
    ) -> int:
        """What is None stays. Returns how many exchanges there were; ids of others are passed over."""

    def delete(self, ids: Sequence[int]) -> int:
        """Returns how many there were. Raises ``UsageError`` for one that is still open."""

    def delete_matching(self, query: str, progress: Callable[[int], None] | None = None) -> int:
        """Ended ones alone; in small steps, of which those that are done stay done if it is broken off."""

    def prune(self, retention: Retention, session: int | str | None = None) -> int:
        """Returns how many exchanges went. Space is given back to the disk."""

    def save_filter(self, saved: SavedFilter) -> None:
        """Takes the place of one with the same name."""

    def remove_filter(self, name: str) -> None: ...

    def import_file(self, path: Path, session: str, progress: Progress | None = None) -> Session:
        """A HAR file into a session of its own, wholly or not at all."""
