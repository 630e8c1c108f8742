"""HAR 1.2 files (http://www.softwareishard.com/blog/har-12-spec/) of browsers and other programs, entry by entry: a
file of any size takes the memory of one entry, its long bodies aside, which are read from the file again when they are
wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from wireglass.errors import BadFile
from wireglass.formats.har_reader_body import Source
from wireglass.formats.har_reader_entry import Wrong, imported
from wireglass.formats.har_reader_shape import Creator, Entry
from wireglass.formats.har_reader_values import text
from wireglass.formats.json_scan import Scanner, Value
from wireglass.formats.json_text import ReadAt
from wireglass.model import Imported

_HINT = "A HAR file is JSON: an object with a member log, and in it a list, entries."
_FOREIGN = (
    (b"\x1f\x8b", "it is compressed with gzip.", "Unpack it first: gunzip."),
    (b"PK\x03\x04", "it is a ZIP file, and no HAR.", "Unpack it first; a .saz of Fiddler can be exported as HAR."),
    (b"\xff\xfe", "it is UTF-16, and HAR is UTF-8.", "Write it anew: iconv -f UTF-16 -t UTF-8."),
    (b"\xfe\xff", "it is UTF-16, and HAR is UTF-8.", "Write it anew: iconv -f UTF-16 -t UTF-8."),
    (b"<", "it is HTML or XML, and no HAR.", _HINT),
)
_OURS = "Wireglass"
"""The creator that ``har.har`` names, in front of the entries."""


class HarReader:
    """The exchanges of a file, in its order; to be gone through once. Whatever the file is, only BadFile is raised, and
    what ``read`` raises."""

    def __init__(self, read: ReadAt) -> None:
        self._read = read
        self._scanner = Scanner(read)
        self._ours = False
        self.creator = ""
        """Name and version of the program that wrote the file; known once the file has said so, often at its start."""

    @property
    def at(self) -> int:
        """Bytes of the file gone through."""
        return self._scanner.at

    def __iter__(self) -> Iterator[Imported]:
        scanner = self._scanner
        start = self._read(0, 4)
        for mark, message, hint in _FOREIGN:
            if start.startswith(mark):
                raise BadFile(f"This is no HAR file: {message}", hint)
        scanner.skip_mark()
        first = scanner.peek()
        if not first:
            raise BadFile("The file is empty.", _HINT)
        if first != b"{":
            raise BadFile(f"{scanner.place(scanner.at)}: this is no HAR file: it does not begin with '{{'.", _HINT)
        seen = False
        for name in scanner.members():
            if name == "log" and scanner.peek() == b"{":
                for exchange in self._log():
                    seen = True
                    if exchange is not None:
                        yield exchange
            else:
                self._passed_over()
        if scanner.peek():
            raise scanner.refused(scanner.at, "something stands behind the end of the JSON")
        if not seen:
            raise BadFile("This is no HAR file: it is JSON without log.entries.", _HINT)

    def _log(self) -> Iterator[Imported | None]:
        """None says that there are entries, be it none."""
        scanner = self._scanner
        for name in scanner.members():
            if name == "entries" and scanner.peek() == b"[":
                yield None
                for index in scanner.items():
                    yield self._entry(index)
            elif name in ("creator", "browser"):
                self._written_by(scanner.value())
            else:
                self._passed_over()

    def _written_by(self, value: Value) -> None:
        try:
            creator = self._scanner.decoded(value, Creator)
        except msgspec.ValidationError:
            return  # no object: nothing is lost but a name
        said = f"{text(creator.name, 100)} {text(creator.version, 100)}".strip()
        self.creator = self.creator or said
        self._ours = self._ours or creator.name == _OURS

    def _passed_over(self) -> None:
        """It is JSON: that much is asked of all of the file."""
        self._scanner.decoded(self._scanner.value(), msgspec.Raw)

    def _entry(self, index: int) -> Imported:
        value = self._scanner.value()
        try:
            entry = self._scanner.decoded(value, Entry)
            return imported(entry, Source(self._read, value.long), ours=self._ours)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            wrong = f"{path.rstrip('`').removeprefix('.')}: {message}" if path else message
        except Wrong as error:
            wrong = str(error)
        place = self._scanner.place(value.start)
        raise BadFile(f"Entry {index + 1} (log.entries[{index}], {place}) is no exchange: {wrong}.")
