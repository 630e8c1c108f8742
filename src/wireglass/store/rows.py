"""The rows of an exchange."""

from __future__ import annotations

import msgspec

from wireglass.model import Summary
from wireglass.store.tallies import has_failed

INSERT_EXCHANGE = (
    "INSERT INTO exchanges (id, seq, key, method, url, host, started, protocol, source, client, status, type,"
    " operation, mode, request_size, response_size, duration_ms, state, error_kind, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE_EXCHANGE = (
    "UPDATE exchanges SET seq = ?2, key = ?3, method = ?4, url = ?5, host = ?6, started = ?7, protocol = ?8,"
    " source = ?9, client = ?10, status = ?11, type = ?12, operation = ?13, mode = ?14, request_size = ?15,"
    " response_size = ?16, duration_ms = ?17, state = ?18, error_kind = ?19, error = ?20 WHERE id = ?1"
)
INSERT_DETAIL = (
    "INSERT INTO details (exchange_id, data, request_body, response_body, request_note, response_note, timeline,"
    " timeline_note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE_DETAIL = (
    "UPDATE details SET data = ?2, request_body = ?3, response_body = ?4, request_note = ?5, response_note = ?6,"
    " timeline = ?7, timeline_note = ?8 WHERE exchange_id = ?1"
)

Row = tuple[int | float | str | bytes | msgspec.Raw | None, ...]


def exchange_row(id: int, seq: int, key: int | None, s: Summary, lengths: tuple[int, int] = (0, 0)) -> Row:
    """``key``: only while it is open; ``lengths``: what has come of its bodies so far."""
    request_size, response_size = s.request_size, s.response_size
    state: str = s.state
    if key is not None:
        state = "open"
        request_size, response_size = at_least((request_size, response_size), lengths)
    elif state == "open":
        # ``Closed`` is the end, whatever its summary says: a row that stays open would never be ended.
        state = "failed" if has_failed(s) else "done"
    return (
        id,
        seq,
        key,
        s.method,
        s.url,
        s.host,
        s.started,
        s.protocol,
        s.source,
        s.client,
        s.status,
        s.type,
        s.operation,
        s.mode,
        request_size,
        response_size,
        s.duration_ms,
        state,
        s.error_kind,
        s.error,
    )


def at_least(sizes: tuple[int, int], lengths: tuple[int, int]) -> tuple[int, int]:
    return max(sizes[0], lengths[0]), max(sizes[1], lengths[1])
