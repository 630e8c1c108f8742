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

SESSIONS = """
-- Sessions that are paused and go on, what is counted about them, and what people say of exchanges.
ALTER TABLE exchanges ADD COLUMN mode TEXT NOT NULL DEFAULT '';
UPDATE exchanges SET mode = 'raw' WHERE request_size > 0;  -- what older versions knew

ALTER TABLE sessions ADD COLUMN state TEXT NOT NULL DEFAULT 'ended';
ALTER TABLE sessions ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN options BLOB;               -- model.SessionOptions as msgpack; NULL: all defaults
ALTER TABLE sessions ADD COLUMN recorded REAL NOT NULL DEFAULT 0;  -- seconds, up to ``resumed``
ALTER TABLE sessions ADD COLUMN resumed REAL;               -- since when it records; NULL while paused or ended
UPDATE sessions SET recorded = coalesce(ended, started) - started;

-- model.Tally, kept with every transaction; dimension 'all' has one row a session, its totals, and 'failed' another.
CREATE TABLE tallies (
    session_id INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    exchanges INTEGER NOT NULL,
    request_bytes INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    PRIMARY KEY (session_id, dimension, value)
) WITHOUT ROWID;
INSERT INTO tallies
WITH kinds AS MATERIALIZED (
    SELECT m.session_id AS session, e.method, e.host, e.type, e.mode, e.state,
        CASE WHEN e.status IS NULL THEN 'failed' ELSE (e.status / 100) || 'xx' END AS status,
        count(*) AS exchanges, sum(e.request_size) AS request, sum(e.response_size) AS response
    FROM memberships AS m JOIN exchanges AS e ON e.id = m.exchange_id WHERE e.key IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT session, 'all', '', sum(exchanges), sum(request), sum(response) FROM kinds GROUP BY session
UNION ALL SELECT session, 'failed', '', sum(exchanges), sum(request), sum(response) FROM kinds
    WHERE state = 'failed' GROUP BY session
UNION ALL SELECT session, 'method', method, sum(exchanges), sum(request), sum(response) FROM kinds
    GROUP BY session, method
UNION ALL SELECT session, 'domain', host, sum(exchanges), sum(request), sum(response) FROM kinds GROUP BY session, host
UNION ALL SELECT session, 'type', type, sum(exchanges), sum(request), sum(response) FROM kinds GROUP BY session, type
UNION ALL SELECT session, 'status', status, sum(exchanges), sum(request), sum(response) FROM kinds
    GROUP BY session, status
UNION ALL SELECT session, 'mode', CASE mode WHEN '' THEN 'none' ELSE mode END, sum(exchanges), sum(request),
    sum(response) FROM kinds GROUP BY session, mode;

-- model.Missing; session_id 0 where no session is concerned.
CREATE TABLE missing (
    session_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    host TEXT NOT NULL,
    count INTEGER NOT NULL,
    first REAL NOT NULL,
    last REAL NOT NULL,
    detail TEXT NOT NULL,
    client TEXT NOT NULL,
    PRIMARY KEY (session_id, reason, host)
) WITHOUT ROWID;

CREATE TABLE marks (
    exchange_id INTEGER PRIMARY KEY,
    color TEXT NOT NULL,
    star INTEGER NOT NULL,
    note TEXT NOT NULL
);

CREATE TABLE saved_filters (name TEXT PRIMARY KEY, query TEXT NOT NULL) WITHOUT ROWID;

-- Of bodies that more than one side of an exchange uses: how many uses there are beyond the first.
CREATE TABLE shared_bodies (body_id INTEGER PRIMARY KEY, extra INTEGER NOT NULL);
INSERT INTO shared_bodies
    SELECT body, count(*) - 1 FROM (
        SELECT request_body AS body FROM details WHERE request_body IS NOT NULL
        UNION ALL SELECT response_body FROM details WHERE response_body IS NOT NULL
        UNION ALL SELECT timeline FROM details WHERE timeline IS NOT NULL
    ) GROUP BY body HAVING count(*) > 1;

-- Open exchanges that no session holds any more: they are deleted at their end.
CREATE TABLE dropped (exchange_id INTEGER PRIMARY KEY);

-- Deleted exchanges with the seq of their deletion: for the feed and the search index to follow. Counter 'gone' is the
-- seq up to which rows were forgotten again: who has followed to there or further misses none.
CREATE TABLE gone (seq INTEGER PRIMARY KEY, exchange_id INTEGER NOT NULL);
-- Files of deleted bodies that may still be there.
CREATE TABLE doomed_files (hash BLOB PRIMARY KEY) WITHOUT ROWID;

-- What an import has brought so far: the columns of ``exchanges``, which they become in one go when it is through.
-- Their details and bodies are in their tables already, where nobody looks for them.
CREATE TABLE staged (
    import INTEGER NOT NULL,
    id INTEGER NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    started REAL NOT NULL,
    protocol TEXT NOT NULL,
    source TEXT NOT NULL,
    client TEXT NOT NULL,
    status INTEGER,
    type TEXT NOT NULL,
    operation TEXT NOT NULL,
    mode TEXT NOT NULL,
    request_size INTEGER NOT NULL,
    response_size INTEGER NOT NULL,
    duration_ms REAL,
    state TEXT NOT NULL,
    error_kind TEXT,
    error TEXT,
    PRIMARY KEY (import, id)
) WITHOUT ROWID;

-- 'files': bytes of the bodies that are files.
INSERT INTO counters VALUES ('gone', 0), ('import', 0);
INSERT INTO counters SELECT 'session', coalesce(max(id), 0) FROM sessions;
INSERT INTO counters SELECT 'files', coalesce(sum(size), 0) FROM bodies WHERE data IS NULL;
"""

STEPS: Sequence[str] = (RECORD, TIMELINE, OPERATION, SESSIONS)


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
