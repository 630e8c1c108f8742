"""The schema, as numbered steps. ``user_version`` is the number of steps a database has seen.

A step is never changed once released: what it got wrong, a later one puts right. A feature that needs tables of its own
appends a step here through ``STEPS``.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from wireglass.errors import StoreError

RECORD = """
-- One row per exchange: the columns of model.Summary. Ids and seqs are counted by the writer (table counters), so that
-- none is used twice even when the newest rows are deleted; AUTOINCREMENT would write sqlite_sequence for each row.
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    key INTEGER,                      -- only while open
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    started REAL NOT NULL,
    protocol TEXT NOT NULL,
    source TEXT NOT NULL,
    client TEXT NOT NULL,
    status INTEGER,
    type TEXT NOT NULL,
    request_size INTEGER NOT NULL,
    response_size INTEGER NOT NULL,
    duration_ms REAL,
    state TEXT NOT NULL,
    error_kind TEXT,
    error TEXT
);
CREATE UNIQUE INDEX exchanges_seq ON exchanges(seq);
CREATE UNIQUE INDEX exchanges_open ON exchanges(key) WHERE key IS NOT NULL;

-- model.Detail as msgpack, and what else a list does not need.
CREATE TABLE details (
    exchange_id INTEGER PRIMARY KEY,
    data BLOB NOT NULL,
    request_body INTEGER,
    response_body INTEGER,
    request_note TEXT NOT NULL DEFAULT '',
    response_note TEXT NOT NULL DEFAULT ''
);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL
);
CREATE TABLE memberships (
    session_id INTEGER NOT NULL,
    exchange_id INTEGER NOT NULL,
    PRIMARY KEY (session_id, exchange_id)
) WITHOUT ROWID;
CREATE INDEX memberships_exchange ON memberships(exchange_id);

-- Each content once. ``data`` is NULL if the body is a file. Its hash is in fresh_hashes, body_hashes or both (see
-- hashes.py); prefix is the first eight bytes of it as a signed integer.
CREATE TABLE bodies (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    data BLOB
);
CREATE TABLE fresh_hashes (id INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE TABLE body_hashes (prefix INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (prefix, id)) WITHOUT ROWID;
-- The bytes of an open body that are committed; ``broken`` is not 0 if what comes next would stand behind a gap
-- (bodies.GAPS).
CREATE TABLE open_bodies (
    key INTEGER NOT NULL,
    side INTEGER NOT NULL,
    length INTEGER NOT NULL,
    broken INTEGER NOT NULL,
    PRIMARY KEY (key, side)
) WITHOUT ROWID;
-- Bodies whose file may still have its name from when it was open.
CREATE TABLE moves (body_id INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE certificates (hash BLOB PRIMARY KEY, der BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (run INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('exchange', 0), ('seq', 0), ('body', 0), ('run', 0);
"""

TIMELINE = """
-- When the bytes of a streamed exchange came (content.timeline); in the same way as its bodies.
ALTER TABLE details ADD COLUMN timeline INTEGER;
ALTER TABLE details ADD COLUMN timeline_note TEXT NOT NULL DEFAULT '';
"""

OPERATION = """
-- The GraphQL operation of a request (content.graphql).
ALTER TABLE exchanges ADD COLUMN operation TEXT NOT NULL DEFAULT '';
"""

STEPS: Sequence[str] = (RECORD, TIMELINE, OPERATION)


def version(db: apsw.Connection) -> int:
    return int(str(db.pragma("user_version")))


def refuse_newer(db: apsw.Connection, known: int = len(STEPS)) -> None:
    found = version(db)
    if found > known:
        raise StoreError(
            f"{db.filename} was written by a newer Wireglass (its schema is {found}, this one knows {known}).",
            "Upgrade Wireglass, or choose another folder with --home.",
        )


def migrate(db: apsw.Connection, steps: Sequence[str] = STEPS) -> None:
    """Take the database to the newest schema. Each step and its number are one transaction: a crash between two leaves
    a database that the next start takes on from there."""
    refuse_newer(db, len(steps))
    for number in range(version(db), len(steps)):
        with db:
            db.execute(steps[number])
            db.pragma("user_version", number + 1)
