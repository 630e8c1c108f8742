"""What is accepted of a response although RFC 9112 does not have it: a name for each, and how it leaves us.

Browsers read what careless servers send, so a proxy that refuses it breaks pages. What Chrome accepts is accepted,
named in the record, and written anew in the one form that every parser reads alike. ``chrome`` is what Chromium 156
was seen to do (tests/wire/cases.py has the bytes). Requests get no leniency.
"""

from __future__ import annotations

from typing import NamedTuple

_RECEIVED_SHOWN = 2000  # bytes of a head that is not passed on as it came which are kept for the record


class Leniency(NamedTuple):
    name: str
    accepts: str
    rfc: str
    chrome: str
    passed_on: str
    keeps: bool = False
    """Whether the server's connection may serve the next request: only where no byte could be counted differently."""

    @property
    def note(self) -> str:
        """For the record."""
        return f"lenient: {self.name}: {self.accepts} (RFC {self.rfc}); {self.passed_on}"


BARE_LF = Leniency(
    "bare-lf", "a line of the head ends with LF alone", "9112 2.2", "takes it for a line end", "passed on with CRLF"
)
BARE_CR = Leniency(
    "bare-cr", "a CR without LF in the head", "9112 2.2", "takes it for a line end", "passed on with CRLF"
)
LEADING_BYTES = Leniency(
    "leading-bytes",
    "up to 4 bytes before the status line",
    "9112 2.2",
    "passes over up to 4 bytes before HTTP",
    "left out",
)
VERSION = Leniency(
    "odd-version",
    "a version other than HTTP/1.0 and HTTP/1.1",
    "9112 2.3",
    "takes 1.1 and above for 1.1, all else for 1.0",
    "passed on as HTTP/1.1",
)
STATUS_SPACES = Leniency(
    "odd-spaces",
    "spaces in the status line where there should be one or none",
    "9112 4",
    "passes over them, and reads 200OK as 200",
    "passed on with one",
)
MISSING_STATUS = Leniency(
    "missing-status", "no status code", "9112 4", "assumes 200", "passed on as 200, as browsers do"
)
UNKNOWN_CLASS = Leniency(
    "unknown-class", "a status code from 600 to 999", "9110 15", "takes it as it is", "passed on as it is", True
)
MISSING_REASON = Leniency(
    "missing-space",
    "neither a reason nor the space before it",
    "9112 4",
    "takes it for an empty reason",
    "passed on with the space",
    True,
)
FOLDED = Leniency(
    "obs-fold", "a header field folded over several lines", "9112 5.2", "joins the lines", "passed on in one line"
)
NOT_A_FIELD = Leniency(
    "not-a-field",
    "a line without colon, without name, or with a name that is no token",
    "9110 5.1",
    "leaves the line out",
    "left out",
)
SPACE_BEFORE_COLON = Leniency(
    "space-before-colon",
    "white space between a header's name and its colon",
    "9112 5.1",
    "removes it",
    "passed on without it",
)
CONTROL = Leniency(
    "control-character",
    "a control character in a value or the reason",
    "9110 5.5",
    "keeps it",
    "passed on as a space",
)
REPEATED_LENGTH = Leniency(
    "repeated-length",
    "the same Content-Length more than once",
    "9110 8.6",
    "takes them for one",
    "passed on once",
)
LENGTH_ZEROS = Leniency(
    "length-zeros", "zeros in front of Content-Length", "9110 8.6", "reads the number", "passed on without them", True
)
INVALID_LENGTH = Leniency(
    "invalid-length",
    "a Content-Length that is no number",
    "9112 6.3",
    "reads until the close",
    "left out, and read until the close",
)
CHUNKED_AND_LENGTH = Leniency(
    "chunked-and-length",
    "Transfer-Encoding: chunked with Content-Length",
    "9112 6.3",
    "reads chunks",
    "the length is left out",
)
CODING_AND_LENGTH = Leniency(
    "coding-and-length",
    "a Transfer-Encoding without chunked, with Content-Length",
    "9112 6.3",
    "reads the length",
    "the transfer coding is left out",
)
UNKNOWN_CODING = Leniency(
    "unknown-coding",
    "a Transfer-Encoding that names no coding of the registry",
    "9112 7",
    "reads until the close",
    "left out, and read until the close",
)
CHUNKED_ODDLY = Leniency(
    "chunked-not-last",
    "chunked is named more than once, not last, or behind a coding that is none of the registry",
    "9112 6.1",
    "undoes it once",
    "passed on as chunked alone",
)
CHUNKED_IN_1_0 = Leniency(
    "chunked-in-1.0",
    "Transfer-Encoding in an HTTP/1.0 response",
    "9112 6.1",
    "reads the chunks as the body",
    "read as chunked, as RFC 9112 6.3 has it",
)
FRAMED_NO_CONTENT = Leniency(
    "framed-no-content",
    "Content-Length or Transfer-Encoding where a response has no body",
    "9110 8.6",
    "reads no body",
    "left out",
)
CHUNK_BARE_LF = Leniency(
    "chunk-bare-lf",
    "a line of the chunked coding ends with LF alone",
    "9112 7.1",
    "takes it for a line end",
    "chunked anew",
)
CHUNK_SPACES = Leniency("chunk-spaces", "spaces behind a chunk size", "9112 7.1", "passes over them", "chunked anew")
CHUNK_ZEROS = Leniency(
    "chunk-zeros", "a chunk size of more than 15 digits, with zeros in front", "9112 7.1", "reads it", "chunked anew"
)
CHUNK_EXTENSION = Leniency(
    "chunk-extension", "a control character in a chunk extension", "9112 7.1.1", "leaves it out", "left out"
)
TRAILER_LINES = Leniency(
    "trailer-lines",
    "trailer lines that are no header fields, or folded",
    "9112 7.1.2",
    "leaves out all trailers",
    "what is no field is left out",
)
FORBIDDEN_TRAILER = Leniency(
    "forbidden-trailer",
    "a trailer that frames, routes or authenticates",
    "9110 6.5.1",
    "leaves out all trailers",
    "left out",
    True,
)
BYTES_AFTER_BODY = Leniency(
    "bytes-after-body",
    "bytes behind the end of the response",
    "9112 6.3",
    "leaves them out and closes",
    "left out, and the server's connection is not used again",
)

LENIENCIES = tuple(value for value in dict(globals()).values() if isinstance(value, Leniency))


class Lenient:
    """What was accepted of one response, and what has to change before its head is passed on."""

    __slots__ = ("left_out", "length", "named", "received")

    def __init__(self) -> None:
        self.named: list[Leniency] = []
        self.left_out: tuple[bytes, ...] = ()
        """Fields of the section, in lower case, that are not passed on."""
        self.length = b""
        """The one Content-Length to pass on in their place."""
        self.received = b""
        """The head as it came, where its lines had to be written anew."""

    def add(self, leniency: Leniency) -> None:
        if leniency not in self.named:
            self.named.append(leniency)

    @property
    def keeps(self) -> bool:
        return all(leniency.keeps for leniency in self.named)

    def notes(self) -> list[str]:
        """For the record."""
        notes = [leniency.note for leniency in self.named]
        if self.received:
            notes.append(received_note(self.received))
        return notes


def received_note(head: bytes) -> str:
    """For the record: the bytes of a head that was not passed on as it came."""
    return f"received: {head[:_RECEIVED_SHOWN]!r}"
