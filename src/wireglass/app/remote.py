"""``Control`` over the API of the main process that runs in this home."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlencode

import msgspec

from wireglass import errors
from wireglass.capture.control import Progress
from wireglass.capture.local_control import check_name, check_note, check_session_name
from wireglass.errors import Interrupted, NotFound, QueryError, UsageError, WireglassError
from wireglass.formats import HarReader
from wireglass.listening import parse_address
from wireglass.model import Color, Retention, SavedFilter, Session, SessionOptions

T = TypeVar("T")

_CONNECT = 10.0  # seconds; an answer may take as long as deleting a million exchanges does
_ANSWER_LIMIT = 64 * 2**20
_PIECE = 256 * 1024
_MARKED, _DELETED = 10_000, 1_000  # ids of one request, as the API has it


class _Problem(msgspec.Struct):
    code: str
    message: str
    hint: str = ""
    at: tuple[int, int] | None = None


class _Number(msgspec.Struct):
    exchanges: int


def _by_code() -> dict[str, type[WireglassError]]:
    found: dict[str, type[WireglassError]] = {}
    waiting: list[type[WireglassError]] = [WireglassError]
    while waiting:
        one = waiting.pop()
        found.setdefault(one.code, one)
        waiting.extend(one.__subclasses__())
    return found


def error_of(status: int, body: bytes, query: str = "") -> WireglassError:
    """The error that an answer of the API is. ``query``: what was asked, for the caret of a QueryError."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:
        return WireglassError(
            f"The running Wireglass answered {status}, and not in the words of its API.",
            "Is it of another version? Restart it.",
        )
    if problem.code == QueryError.code:
        return QueryError(problem.message, problem.hint, text=query, at=problem.at or (0, 0))
    kind = _by_code().get(problem.code)
    if kind is None or kind is errors.StreamReset:  # of a newer version; or one that the API never says
        kind = UsageError if 400 <= status < 500 else WireglassError
    return kind(problem.message, problem.hint)


class RemoteControl:
    """``address`` (``host:port``) and ``token`` as ``run.json`` has them. Raises ``Interrupted`` as well, where nobody
    answers any more."""

    def __init__(self, address: str, token: str) -> None:
        self._address = parse_address(address)
        self._token = token

    # sessions

    def start_session(self, name: str, source: str, options: SessionOptions, note: str = "") -> Session:
        check_note(note)
        name = check_session_name(name) if name else name
        body = {"name": name, "source": source, "note": note, "options": options}
        return self._ask(Session, "POST", "/sessions", body, query=options.filter)

    def pause_session(self, session: int | str) -> Session:
        return self._ask(Session, "POST", f"/sessions/{self._id(session)}/pause")

    def resume_session(self, session: int | str) -> Session:
        return self._ask(Session, "POST", f"/sessions/{self._id(session)}/resume")

    def stop_session(self, session: int | str) -> Session:
        return self._ask(Session, "POST", f"/sessions/{self._id(session)}/stop")

    def clear_session(self, session: int | str) -> int:
        return self._ask(_Number, "POST", f"/sessions/{self._id(session)}/clear").exchanges

    def change_session(
        self,
        session: int | str,
        *,
        name: str | None = None,
        note: str | None = None,
        options: SessionOptions | None = None,
    ) -> Session:
        if name is not None:
            name = check_session_name(name)
        if note is not None:
            check_note(note)
        body = {"name": name, "note": note, "options": options}
        query = options.filter if options else ""
        return self._ask(Session, "PATCH", f"/sessions/{self._id(session)}", body, query=query)

    def delete_session(self, session: int | str) -> int:
        return self._ask(_Number, "DELETE", f"/sessions/{self._id(session)}").exchanges

    def _id(self, session: int | str) -> int:
        if isinstance(session, int):
            return session
        found = self._ask(list[Session], "GET", f"/sessions?{urlencode({'name': session})}")
        if not found:
            raise NotFound(f"There is no session {session!r}.", "`wireglass session ls` lists them.")
        return found[0].id

    # exchanges

    def mark(
        self, ids: Sequence[int], *, color: Color | None = None, star: bool | None = None, note: str | None = None
    ) -> int:
        if note is not None:
            check_note(note)
        return sum(
            self._ask(
                _Number, "POST", "/exchanges/marks", {"ids": part, "color": color, "star": star, "note": note}
            ).exchanges
            for part in _parts(ids, _MARKED)
        )

    def delete(self, ids: Sequence[int]) -> int:
        return sum(
            self._ask(_Number, "DELETE", f"/exchanges?{urlencode({'id': part}, doseq=True)}").exchanges
            for part in _parts(ids, _DELETED)
        )

    def delete_matching(self, query: str, progress: Callable[[int], None] | None = None) -> int:
        """``progress`` is told once, at the end."""
        path = f"/exchanges?{urlencode({'query': query})}"
        deleted = self._ask(_Number, "DELETE", path, query=query).exchanges
        if progress is not None:
            progress(deleted)
        return deleted

    def prune(self, retention: Retention, session: int | str | None = None) -> int:
        body = {
            "age": retention.age,
            "count": retention.count,
            "size": retention.size,
            "session": None if session is None else self._id(session),
        }
        return self._ask(_Number, "POST", "/prune", body).exchanges

    # the rest

    def save_filter(self, saved: SavedFilter) -> None:
        self._ask(
            SavedFilter, "PUT", "/filters", {"name": check_name(saved.name), "query": saved.query}, query=saved.query
        )

    def remove_filter(self, name: str) -> None:
        self._answer("DELETE", f"/filters?{urlencode({'name': name})}")

    def import_file(self, path: Path, session: str, progress: Progress | None = None) -> Session:
        """``progress`` counts the bytes that are handed over; the rest of the work follows them."""
        session = check_session_name(session) if session else session
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not size:  # refused in the words of the reader, which the API would not come to
                    next(iter(HarReader(lambda _at, _most: b"")), None)
                target = f"/import?{urlencode({'session': session})}"
                return self._ask(Session, "POST", target, _Upload(file, size, progress))
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}.", "Name another file.") from error

    def _ask(self, type: type[T], method: str, path: str, body: object = None, query: str = "") -> T:
        return msgspec.json.decode(self._answer(method, path, body, query), type=type)

    def _answer(self, method: str, path: str, body: object = None, query: str = "") -> bytes:
        """Raises the WireglassError that it is."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data: Any = None
        if isinstance(body, _Upload):
            headers["Content-Length"] = str(body.size)
            data = body.pieces()
        elif body is not None:
            data = msgspec.json.encode(body)
        connection = http.client.HTTPConnection(self._address.host, self._address.port, timeout=_CONNECT)
        try:
            connection.connect()
            connection.sock.settimeout(None)
            connection.request(method, f"/api{path}", data, headers)
            response = connection.getresponse()
            answer = response.read(_ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise Interrupted(
                f"The running Wireglass did not answer on {self._address}: {error}.", "Did it just stop? Try again."
            ) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise error_of(response.status, answer, query)
        return answer


class _Upload:
    def __init__(self, file: BinaryIO, size: int, progress: Progress | None) -> None:
        self.size = size
        self._file = file
        self._progress = progress

    def pieces(self) -> Iterator[bytes]:
        done = 0
        while done < self.size and (piece := self._file.read(min(_PIECE, self.size - done))):
            yield piece
            done += len(piece)
            if self._progress is not None:
                self._progress(done, self.size)


def _parts(ids: Sequence[int], most: int) -> Iterator[list[int]]:
    for at in range(0, len(ids), most):
        yield list(ids[at : at + most])
