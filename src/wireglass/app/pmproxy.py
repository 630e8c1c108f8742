"""pmproxy (PostmanProxy 0.1.5) on our capture: what it printed, sent and saved, made from the record."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import msgspec

from wireglass.app.pmproxy_following import is_complete
from wireglass.app.pmproxy_tcp import Sender
from wireglass.errors import NotFound, UsageError
from wireglass.formats import postman_v1
from wireglass.formats.har_fields import from_wire
from wireglass.formats.postman_v1_body import METHODS, data_mode
from wireglass.model import Record
from wireglass.store import Reader
from wireglass.whole_file import replacing
from wireglass.wire.postman_headers import UNWRAPPED, locations_renamed, unwrapped_name

Print: TypeAlias = Callable[[str], None]

_SEEN = 200_000
"""Requests that are remembered to say ``Duplicate request``: some 25 MB. The file has its own way."""
_WINDOW = 20_000
"""Ids looked through by one query: 5 ms."""
_BUFFER = 256 * 1024
_SPARE = 180
"""Bytes of a name to which a time, ``.postman_collection`` and ``.part`` are added; a file's name has 255 at most."""
_SESSION = 100
"""Characters of a session's name."""


class Rules(msgspec.Struct, frozen=True):
    """Which requests are taken, and how."""

    host: str = ""
    """As the client writes it, without a port; empty for all."""
    methods: str = ""
    """With commas between; empty for all."""
    keep_restricted: bool = False

    def allow(self, record: Record) -> bool:
        if self.host and self.host != sent_host(record):
            return False
        return not self.methods or record.summary.method in _listed(self.methods)

    def line(self) -> str:
        return str({"host": self.host, "methods": self.methods, "restricted_headers": self.keep_restricted})


@lru_cache(maxsize=4)
def _listed(methods: str) -> frozenset[str]:
    return frozenset(method.strip().upper() for method in methods.split(","))


def sent_host(record: Record) -> str:
    """The host of a request in the case in which the client wrote it, without port and brackets."""
    target = record.detail.target.decode("latin-1")
    found = re.match(r"(?i:https?)://([^/?#]*)", target)
    hosts = [value for name, value in record.detail.request_headers if name.lower() in (b"host", b":authority")]
    authority = found[1] if found else from_wire(hosts[0]) if hosts else ""
    host = re.sub(r":[0-9]*$", "", authority.rpartition("@")[2]).strip("[]")
    return host if host.lower() == record.summary.host else record.summary.host


class Collection:
    """One collection: its name, its id, and which exchanges it is made of."""

    def __init__(self, name: str, rules: Rules) -> None:
        self.name = name
        self.rules = rules
        self.id = str(uuid4())
        self.timestamp = round(time.time())

    def request(self, record: Record, reader: Reader) -> dict[str, Any]:
        body = reader.body(record, "request")
        return postman_v1.request(record, body, self.id, keep_restricted=self.rules.keep_restricted)

    def save(self, reader: Reader, ids: range, file: Path) -> Saved:
        """Writes it from what the record has of the exchanges ``ids``, for this user alone to read. Raises OSError,
        StoreError; then what was in ``file`` before still is."""
        saved = Saved()
        held = bytearray()
        with replacing(file) as stream:  # also in the place of a link, which in /tmp may be anybody's
            requests = self._requests(reader, ids, saved)
            for piece in postman_v1.collection(self.name, self.id, self.timestamp, requests, saved.duplicate):
                held += piece
                if len(held) >= _BUFFER:
                    stream.write(held)
                    held.clear()
            stream.write(held)
        return saved

    def _requests(self, reader: Reader, ids: range, saved: Saved) -> Iterator[dict[str, Any]]:
        for first in range(ids.start, ids.stop, _WINDOW):
            for id in reader.ids(first, min(first + _WINDOW, ids.stop) - 1):
                try:
                    record = reader.get(id)
                except NotFound:  # deleted meanwhile
                    continue
                if record.summary.source != "proxy" or not postman_v1.is_request(record):
                    continue
                if not is_complete(record):
                    saved.incomplete += 1
                elif self.rules.allow(record):
                    request = self.request(record, reader)
                    saved.taken += 1
                    saved.changed += bool(request["description"])
                    yield request


class Saved(msgspec.Struct):
    taken: int = 0
    """Requests that the rules let through, duplicates among them."""
    changed: int = 0
    """Of them: those whose body is not in the file as it was sent; their ``description`` says why."""
    incomplete: int = 0
    """Requests that had not come whole, and were not answered."""
    duplicates: int = 0
    """Of ``taken``: those that are in the file once already."""

    def duplicate(self) -> None:
        self.duplicates += 1


class Saving:
    """The lines of ``save``, and the messages of ``--tcp_connection``: a ``Listener``."""

    def __init__(self, collection: Collection, sender: Sender | None, line: Print) -> None:
        self._collection = collection
        self._sender = sender
        self._line = line
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def request(self, record: Record, reader: Reader) -> None:
        headers = record.detail.request_headers
        if record.summary.method in METHODS:
            types = [value for name, value in headers if name.lower() == b"content-type"]
            if types:
                self._line(from_wire(types[0]))
            self._line(f"Data mode is {data_mode(types[0] if types else b'')}")
        self._line(postman_v1.header_lines(headers))
        if not self._collection.rules.allow(record):
            return
        self._line(self._collection.rules.line())
        request = self._collection.request(record, reader)
        if self._is_duplicate(request):
            self._line("Duplicate request")
        if self._sender is not None:
            self._send(self._sender, b"".join(postman_v1.written(request)))

    def response(self, record: Record) -> None:
        self._line("Sent response")

    def _is_duplicate(self, request: dict[str, Any]) -> bool:
        digest = postman_v1.identity(request)
        if digest in self._seen:
            return True
        self._seen[digest] = None
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        return False

    def _send(self, sender: Sender, message: bytes) -> None:
        self._line(message.decode("ascii"))
        reply = sender.send(message)
        if reply is not None:
            self._line(f"received data: {from_wire(reply)}")
        self._line("Sent to Postman")


class Filtering:
    """The lines of ``filter``: a ``Listener``. The change itself is made in the proxy (``wire.postman_headers``)."""

    def __init__(self, line: Print) -> None:
        self._line = line

    def request(self, record: Record, reader: Reader) -> None:
        if not any(note.startswith(UNWRAPPED) for note in record.detail.notes):
            return  # what cannot be read without the prefix was not sent on
        for name, _ in record.detail.request_headers:
            lower = name.lower()
            if unwrapped_name(lower) is not None:
                self._line(f"Found {from_wire(lower)}")

    def response(self, record: Record) -> None:
        self._line("###Incoming headers###")
        self._line(postman_v1.header_lines(locations_renamed(record.detail.response_headers)))


def session_name(words: str, now: float) -> str:
    """``pmproxy WORDS DATE TIME``, of what a session may be called."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    plain = "".join(character if character.isprintable() else "_" for character in words)
    return f"pmproxy {plain[: _SESSION - len(when) - 9]} {when}"


def target(path: str, name: str) -> Path:
    """``PATHNAME.postman_collection``, as pmproxy puts them together; where PATH is a folder, the file is in it. Raises
    UsageError where it could not be written at the end."""
    between = "/" if path and Path(path).is_dir() else ""
    file = Path(f"{path}{between}{name}.postman_collection")
    try:
        if _is_anothers(file):
            raise UsageError(f"{file} belongs to another user.", "Choose another --name or --path.")
        if file.is_dir():
            raise UsageError(f"{file} is a folder.", "Choose another --name or --path.")
        with tempfile.NamedTemporaryFile(prefix=f".{file.name}.", suffix=".part", dir=file.parent):
            pass  # as it will be at the end (whole_file.replacing)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{file} cannot be written: {why}.", "Choose another folder with --path, or another --name."
        ) from None
    return file


def _is_anothers(file: Path) -> bool:
    """In a folder like /tmp, where it cannot be replaced then (inode(7), "sticky bit")."""
    try:
        folder, there = file.parent.stat(), file.lstat()
    except OSError:
        return False
    return bool(folder.st_mode & stat.S_ISVTX) and os.geteuid() not in (0, folder.st_uid, there.st_uid)


def spare(home: Path, name: str, now: float) -> Path:
    """Where the collection goes if its place cannot be written. Raises OSError."""
    folder = home / "pmproxy"
    folder.mkdir(mode=0o700, exist_ok=True)
    plain = re.sub(r"[^\w.-]", "_", name).encode("utf-8", "replace")[:_SPARE].decode("utf-8", "ignore") or "_"
    return folder / f"{plain}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}.postman_collection"
