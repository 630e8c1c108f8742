"""What people say of exchanges, and the filters they keep. Inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw

from wireglass.errors import NotFound
from wireglass.model import Color, SavedFilter

READ_FILTERS = "SELECT name, query FROM saved_filters ORDER BY name LIMIT ?"


def mark(
    db: apsw.Connection, next_seq: Callable[[], int], color: Color | None, star: bool | None, note: str | None, id: int
) -> bool:
    """What is None stays. False if there is no such exchange; one that says so already has not changed."""
    rows: list[tuple[Any, ...]] = db.execute(
        "SELECT coalesce(k.color, ''), coalesce(k.star, 0), coalesce(k.note, '')"
        " FROM exchanges AS e LEFT JOIN marks AS k ON k.exchange_id = e.id WHERE e.id = ?",
        (id,),
    ).fetchall()
    if not rows:
        return False
    before = rows[0]
    after = (
        before[0] if color is None else color,
        before[1] if star is None else int(star),
        before[2] if note is None else note,
    )
    if after == before:
        return True
    if any(after):
        db.execute("INSERT OR REPLACE INTO marks (exchange_id, color, star, note) VALUES (?, ?, ?, ?)", (id, *after))
    else:
        db.execute("DELETE FROM marks WHERE exchange_id = ?", (id,))
    db.execute("UPDATE exchanges SET seq = ? WHERE id = ?", (next_seq(), id))
    return True


def save_filter(db: apsw.Connection, saved: SavedFilter) -> None:
    db.execute("INSERT OR REPLACE INTO saved_filters (name, query) VALUES (?, ?)", (saved.name, saved.query))


def remove_filter(db: apsw.Connection, name: str) -> None:
    """Raises ``NotFound``."""
    if not db.execute("DELETE FROM saved_filters WHERE name = ? RETURNING 1", (name,)).fetchall():
        raise NotFound(f"there is no saved filter {name!r}.", "`wireglass filters` lists them.")
