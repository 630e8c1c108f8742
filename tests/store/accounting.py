"""Whether a store is what it should be: everything that is counted or shared, against a plain recount of its rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import apsw

Place = tuple[int, str, str]


def check(folder: Path) -> None:
    """Of a store whose last transaction is committed; its writer may run."""
    db = apsw.Connection(str(folder / "wireglass.db"))
    try:
        rows = Rows(db)
        assert rows.tallies == recount(rows), "tallies"
        check_bodies(rows, folder)
        exchanges = {row["id"] for row in rows.exchanges}
        staged = {row["id"] for row in rows.of("staged")}
        assert not exchanges & staged
        assert {row["exchange_id"] for row in rows.details} == exchanges | staged
        assert {row["exchange_id"] for row in rows.memberships} <= exchanges
        assert {row["session_id"] for row in rows.memberships} <= {row["id"] for row in rows.of("sessions")}
        assert {row["exchange_id"] for row in rows.of("marks")} <= exchanges
        is_open = {row["id"] for row in rows.exchanges if row["key"] is not None}
        assert {row["exchange_id"] for row in rows.of("dropped")} <= is_open
        assert not {row["exchange_id"] for row in rows.of("gone")} & exchanges
    finally:
        db.close()


class Rows:
    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self.exchanges = self.of("exchanges")
        self.details = self.of("details")
        self.memberships = self.of("memberships")
        self.tallies = {
            (row["session_id"], row["dimension"], row["value"]): (
                row["exchanges"],
                row["request_bytes"],
                row["response_bytes"],
            )
            for row in self.of("tallies")
        }

    def of(self, table: str) -> list[dict[str, Any]]:
        cursor = self._db.execute(f"SELECT * FROM {table}")
        rows = cursor.fetchall()
        names = [row[1] for row in self._db.execute(f"PRAGMA table_info({table})")]
        return [dict(zip(names, row, strict=True)) for row in rows]


def recount(rows: Rows) -> dict[Place, tuple[int, int, int]]:
    exchanges: Counter[Place] = Counter()
    request: Counter[Place] = Counter()
    response: Counter[Place] = Counter()
    by_id = {row["id"]: row for row in rows.exchanges}
    for membership in rows.memberships:
        row = by_id[membership["exchange_id"]]
        if row["key"] is not None:
            continue
        values = {
            "all": "",
            "method": row["method"],
            "domain": row["host"],
            "type": row["type"],
            "status": "failed" if row["status"] is None else f"{row['status'] // 100}xx",
            "mode": row["mode"] or "none",
        } | ({"failed": ""} if row["state"] == "failed" else {})
        for dimension, value in values.items():
            place = membership["session_id"], dimension, value
            exchanges[place] += 1
            request[place] += row["request_size"]
            response[place] += row["response_size"]
    return {place: (exchanges[place], request[place], response[place]) for place in exchanges}


def check_bodies(rows: Rows, folder: Path) -> None:
    """The bodies, the files and the hashes are those that some exchange has, and no others."""
    columns = "request_body", "response_body", "timeline"
    uses = Counter(row[column] for row in rows.details for column in columns if row[column] is not None)
    bodies = {row["id"]: row for row in rows.of("bodies")}
    assert bodies.keys() == uses.keys(), "bodies"
    shared = {row["body_id"]: row["extra"] for row in rows.of("shared_bodies")}
    assert shared == {id: number - 1 for id, number in uses.items() if number > 1}, "shared bodies"
    files = {row["hash"].hex(): row["size"] for row in bodies.values() if row["data"] is None}
    assert {path.name: path.stat().st_size for path in (folder / "bodies").glob("*/*")} == files, "files"
    (counted,) = (row["value"] for row in rows.of("counters") if row["name"] == "files")
    assert counted == sum(files.values())
    fresh = {row["id"]: row["hash"] for row in rows.of("fresh_hashes")}
    sorted_ids = {row["id"] for row in rows.of("body_hashes")}
    assert fresh.keys() | sorted_ids == bodies.keys(), "hashes"
    assert fresh == {id: bodies[id]["hash"] for id in fresh}
    growing = {f"{row['key']}-{row['side']}" for row in rows.of("open_bodies") if row["length"]}
    assert {path.name for path in (folder / "open").iterdir() if path.stat().st_size} == growing, "open files"
