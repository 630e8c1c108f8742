"""Tree → SQL: a condition on rows of ``exchanges AS e``, true for what ``query.match`` says True to, NULL for None.

What columns tell is SQL; the rest are functions that ask the same predicates as ``match`` does. SQL's AND, OR and NOT
have the same three values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import apsw
import msgspec

from wireglass.errors import NotFound
from wireglass.query import All, And, Between, Compares, Holds, Is, Node, Not, Or, Term, Test, There, leaf, predicate
from wireglass.query.leaf import TextTest
from wireglass.query.match import Predicate as Asked
from wireglass.query.subject import Subject
from wireglass.query.url_parts import url_parts
from wireglass.store.search.ranges import NONE, Range
from wireglass.store.search.subject import COLUMNS, ID, EndedSubject, StoredSubject

if TYPE_CHECKING:
    from wireglass.store.reader import Reader

Value = str | float | int
OfUrl = Callable[[str], bool]

ENDED = "e.state <> 'open'"
ANSWERED = f"(e.status IS NOT NULL OR {ENDED})"
REACHED = {"start": "", "answer": ANSWERED, "end": ENDED}

TEXTS = {
    "method": ("e.method", "start"),
    "host": ("e.host", "start"),
    "url": ("e.url", "start"),
    "source": ("e.source", "start"),
    "client": ("e.client", "start"),
    "operation": ("e.operation", "end"),
    "mode": ("e.mode", "end"),
    "color": ("coalesce(k.color, '')", "start"),
    "note": ("coalesce(k.note, '')", "start"),
}
NUMBERS = {
    "status": ("e.status", "answer"),
    "size": ("e.response_size", "end"),
    "request_size": ("e.request_size", "end"),
    "time": ("e.duration_ms", "end"),
    "started": ("e.started", "start"),
    "id": ("e.id", "start"),
}
_BODY = "(e.request_size > 0 OR e.response_size > 0)"
FLAGS = {
    ("is", "marked"): "(coalesce(k.color, '') <> '' OR coalesce(k.star, 0))",
    ("is", "starred"): "coalesce(k.star, 0)",
    ("is", "open"): "e.state = 'open'",
    ("is", "done"): f"CASE WHEN {ENDED} THEN e.state = 'done' END",
    ("is", "failed"): f"CASE WHEN {ENDED} THEN e.state = 'failed' END",
    ("has", "note"): "coalesce(k.note, '') <> ''",
    ("has", "error"): f"CASE WHEN e.error_kind IS NOT NULL OR e.error IS NOT NULL THEN 1 WHEN {ENDED} THEN 0 END",
    ("has", "body"): f"CASE WHEN {_BODY} THEN 1 WHEN {ENDED} THEN 0 END",
    ("has", "request_body"): f"CASE WHEN e.request_size > 0 THEN 1 WHEN {ENDED} THEN 0 END",
    ("has", "response_body"): f"CASE WHEN e.response_size > 0 THEN 1 WHEN {ENDED} THEN 0 END",
    ("has", "websocket"): f"CASE WHEN e.protocol = 'websocket' THEN 1 WHEN {ANSWERED} THEN 0 END",
}

OF_DETAIL = frozenset(
    ("header", "request_header", "response_header", "body", "request_body", "response_body", "text", "has", "is")
)
"""Fields that ask nothing of sessions and marks (the flags that do are columns)."""

OF_ROW, OF_FUNCTION, OF_RECORD, OF_BODIES = range(4)
"""What a condition costs: columns; a function of one; the whole record; its bodies."""


class Predicate(msgspec.Struct, frozen=True):
    sql: str
    bindings: tuple[Value, ...]
    cost: int
    join: str
    """What stands behind ``FROM exchanges AS e``."""


class OutOfTime(Exception):
    """Raised out of a statement whose functions took too long."""


class _Piece(msgspec.Struct, frozen=True):
    sql: str
    bindings: tuple[Value, ...] = ()
    cost: int = OF_ROW


class Compiler:
    """Conditions for one connection, and the functions that they call."""

    def __init__(self, db: apsw.Connection, reader: Reader, out_of_time: Callable[[], bool]) -> None:
        self._db = db
        self._reader = reader
        self._out_of_time = out_of_time
        self._texts: list[TextTest] = []
        self._urls: list[OfUrl] = []
        self._terms: list[Asked] = []
        self._sessions: list[tuple[int, str, float]] | None = None
        self._subject: tuple[int, Subject | None] | None = None
        self._of_sessions_or_marks = False
        db.create_scalar_function("wg_text", self._text, 2)
        db.create_scalar_function("wg_url", self._url, 2)
        db.create_scalar_function("wg_term", self._term)

    def compile(self, node: Node) -> Predicate:
        """The one before cannot be used any more. Raises QueryError as ``query.predicate`` does."""
        self._texts, self._urls, self._terms = [], [], []
        self._sessions = None
        self._of_sessions_or_marks = False
        piece = self._top(node)
        join = " LEFT JOIN marks AS k ON k.exchange_id = e.id" if "k." in piece.sql else ""
        if piece.cost >= OF_RECORD:
            join += " CROSS JOIN details AS d ON d.exchange_id = e.id"
        return Predicate(piece.sql, piece.bindings, piece.cost, join)

    def forget(self) -> None:
        """Between two statements: what was read for the last one may have changed."""
        self._subject = None

    def ids_of_sessions(self, term: Term) -> Range:
        """From the first to the last exchange that the sessions hold which a term means."""
        sessions = self.sessions_of(term)
        rows: list[tuple[Any, ...]] = self._db.execute(
            "SELECT min(first), max(last) FROM ("
            " SELECT (SELECT min(exchange_id) FROM memberships WHERE session_id = s.value) AS first,"
            " (SELECT max(exchange_id) FROM memberships WHERE session_id = s.value) AS last"
            " FROM json_each(?) AS s)",
            (msgspec.json.encode(sessions).decode(),),
        ).fetchall()
        return NONE if rows[0][0] is None else Range(*rows[0])

    # the tree

    def _top(self, node: Node) -> _Piece:
        """Where only true counts, what is costly is kept for those that pass the rest: it needs ``details``, which the
        join looks for behind what the row of ``exchanges`` tells."""
        if not isinstance(node, And):
            return self._node(node)
        return _joined(" AND ", sorted(map(self._node, node.items), key=_cost))

    def _node(self, node: Node) -> _Piece:
        match node:
            case All():
                return _Piece("1")
            case And(items):
                return _joined(" AND ", sorted(map(self._node, items), key=_cost))
            case Or(items):
                return _joined(" OR ", sorted(map(self._node, items), key=_cost))
            case Not(item):
                piece = self._node(item)
                return _Piece(f"NOT ({piece.sql})", piece.bindings, piece.cost)
            case Term():
                return self._of_term(node)

    def _of_term(self, term: Term) -> _Piece:
        asked = predicate(term)  # refuses what is no term
        name, test = term.field, term.test
        if isinstance(test, Is | Holds) and not _can_be_bound(test.text):
            return self._generic(term, asked)
        if name in TEXTS:
            return self._of_text(*TEXTS[name], test)
        if name in NUMBERS:
            return _of_number(*NUMBERS[name], test)
        if isinstance(test, Is) and (name, test.text) in FLAGS:
            return _Piece(FLAGS[name, test.text])
        if name in ("session", "session_started"):
            return self._of_sessions(term)
        if of_url := _of_url(term):
            self._urls.append(of_url)
            return _Piece("wg_url(?, e.url)", (len(self._urls) - 1,), OF_FUNCTION)
        if name == "type":
            # Not the text test: ``type:json`` knows families.
            self._texts.append(leaf.type_test(test))
            return _reached("e.type", f"wg_text({len(self._texts) - 1}, e.type)", "answer", (), OF_FUNCTION)
        if name == "protocol":
            piece = self._of_text("e.protocol", "start", test)
            sql = f"CASE WHEN {ANSWERED} OR e.protocol = 'websocket' THEN {piece.sql} END"
            return _Piece(sql, piece.bindings, piece.cost)
        if name == "error":
            error = self._of_text("coalesce(e.error, '')", "start", test)
            kind = self._of_text("coalesce(e.error_kind, '')", "start", test)
            sql = f"CASE WHEN {ENDED} THEN ({error.sql} OR {kind.sql}) END"
            return _Piece(sql, error.bindings + kind.bindings, error.cost)
        return self._generic(term, asked)

    def _generic(self, term: Term, asked: Asked) -> _Piece:
        self._terms.append(asked)
        self._of_sessions_or_marks |= term.field not in OF_DETAIL
        cost = OF_BODIES if term.field in ("text", "body", "request_body", "response_body") else OF_RECORD
        return _Piece(f"wg_term({len(self._terms) - 1}, e.key, {COLUMNS})", cost=cost)

    def _of_text(self, column: str, known: str, test: Test) -> _Piece:
        match test:
            case Is(text):
                return _reached(column, f"lower({column}) = ?", known, (leaf.fold(text),))
            case Holds(text):
                return _reached(column, f"instr(lower({column}), ?) > 0", known, (leaf.fold(text),))
            case There():
                return _reached(column, f"{column} <> ''", known)
        self._texts.append(leaf.text_test(test))
        return _reached(column, f"wg_text({len(self._texts) - 1}, {column})", known, (), OF_FUNCTION)

    def _of_sessions(self, term: Term) -> _Piece:
        sessions = self.sessions_of(term)
        if not sessions:
            return _Piece("0")
        numbers = ", ".join(map(str, sessions))
        return _Piece(
            # Compared: by itself SQLite would make it a join, behind the one with ``details`` and its functions.
            "1 = EXISTS (SELECT 1 FROM memberships AS m"  # noqa: S608 - numbers of our own
            f" WHERE m.exchange_id = e.id AND m.session_id IN ({numbers}))",
            cost=OF_FUNCTION,
        )

    def sessions_of(self, term: Term) -> list[int]:
        """The numbers of those that a term means."""
        if self._sessions is None:
            self._sessions = list(self._db.execute("SELECT id, name, started FROM sessions ORDER BY id"))
        test = term.test
        if term.field == "session":
            holds = leaf.text_test(test)
            return [id for id, name, _ in self._sessions if holds(name)]
        return [id for id, _, started in self._sessions if leaf.number_is(test, started)]

    # what SQL calls

    def _text(self, *given: Any) -> bool:
        number, value = given
        return bool(self._texts[number](value))

    def _url(self, *given: Any) -> bool:
        number, url = given
        return bool(self._urls[number](url))

    def _term(self, *given: Any) -> bool | None:
        number: int
        key: int | None
        number, key, *row = given
        if self._out_of_time():
            raise OutOfTime
        id: int = row[ID]
        if self._subject is None or self._subject[0] != id:
            self._subject = id, self._read(id, key, row)
        subject = self._subject[1]
        if subject is None:
            return False
        try:
            return self._terms[number](subject)
        except NotFound:  # deleted a moment ago
            return False

    def _read(self, id: int, key: int | None, row: list[Any]) -> Subject | None:
        if key is None and not self._of_sessions_or_marks:
            return EndedSubject(self._db, self._reader, row)
        try:
            return StoredSubject(self._reader, id)
        except NotFound:
            return None


def _cost(piece: _Piece) -> int:
    return piece.cost


def _joined(word: str, pieces: list[_Piece]) -> _Piece:
    sql = "(" + word.join(piece.sql for piece in pieces) + ")"
    return _Piece(sql, tuple(one for piece in pieces for one in piece.bindings), max(map(_cost, pieces)))


def _reached(column: str, sql: str, known: str, bindings: tuple[Value, ...] = (), cost: int = OF_ROW) -> _Piece:
    """As ``match``: a text that is there is final, an empty one may still come."""
    if known != "start":
        sql = f"CASE WHEN {column} <> '' OR {REACHED[known]} THEN {sql} END"
    return _Piece(sql, bindings, cost)


def _of_number(column: str, known: str, test: Test) -> _Piece:
    bindings: tuple[Value, ...] = ()
    match test:
        case Compares(operator, number):
            sql, bindings = f"{column} {operator} ?", (number,)
        case Between(low, high):
            sql, bindings = f"{column} BETWEEN ? AND ?", (low, high)
        case _:
            sql = f"{column} IS NOT NULL"
    sql = f"coalesce({sql}, 0)"
    return _Piece(sql if known == "start" else f"CASE WHEN {REACHED[known]} THEN {sql} END", bindings)


def _of_url(term: Term) -> OfUrl | None:
    name, test = term.field, term.test
    if name == "path":
        return lambda url: leaf.path_is(url, test)
    if name == "scheme":
        return lambda url: leaf.scheme_is(url, test)
    if name == "port":
        return lambda url: leaf.port_is(url, test)
    if name == "param":
        return leaf.param_test(term.key, test)
    if name == "is" and test == Is("https"):
        return lambda url: url_parts(url).scheme in ("https", "wss")
    return None


def _can_be_bound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
