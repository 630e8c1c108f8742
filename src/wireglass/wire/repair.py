"""The head of a response that RFC 9112 does not have, as browsers read it, written anew as RFC 9112 has it.

Only what the strict parser has refused comes here, and the strict parser reads what is returned: there is one opinion
about a head, whatever it looked like.
"""

from __future__ import annotations

import re

from wireglass.errors import BadResponse
from wireglass.model import Headers
from wireglass.wire import leniency
from wireglass.wire.leniency import Lenient

_LEADING = 4  # bytes that Chrome passes over before "HTTP"
_START = re.compile(rb"http", re.IGNORECASE)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_STATUS_LINE = re.compile(rb"(http[^ \t]*)( *)([0-9]*)( *)([^\r\n]*)", re.IGNORECASE)
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_WORD = re.compile(rb"http(?:/[0-9](?:\.[0-9])?)?", re.IGNORECASE)
_VERSION = re.compile(rb"http/([0-9])[0-9]*\.([0-9])", re.IGNORECASE)


def head_start(data: bytes | bytearray) -> int | None:
    """Where the status line begins; None while too few bytes are there to tell. Raises BadResponse."""
    found = _START.search(data, 0, _LEADING + 4)
    if found is not None:
        return found.start()
    if len(data) >= _LEADING + 4:
        error = BadResponse(f"The response does not begin like HTTP/1 (RFC 9112 4): {bytes(data[:40])!r}.")
        error.received = bytes(data)
        raise error
    return None


def head_end(data: bytes | bytearray, start: int) -> int:
    """Behind the empty line that ends the head, its line ends CRLF or LF; -1 while it has not come."""
    lf, crlf = data.find(b"\n\n", start), data.find(b"\n\r\n", start)
    if lf < 0 or 0 <= crlf < lf:
        return crlf + 3 if crlf >= 0 else -1
    return lf + 2


def repaired(received: bytes) -> tuple[bytes, Lenient]:
    """The head as RFC 9112 has it; ``received`` runs to ``head_end``. Raises BadResponse."""
    lenient = Lenient()
    lenient.received = received
    start = head_start(received)
    if start is None:
        raise BadResponse("The response does not begin like HTTP/1 (RFC 9112 4).")
    if start:
        lenient.add(leniency.LEADING_BYTES)
    head = received[start:]
    if b"\0" in head:
        raise BadResponse("A NUL in the head of the response (RFC 9110 5.5).")
    if _BARE_LF.search(head):
        lenient.add(leniency.BARE_LF)
    if _BARE_CR.search(head):
        lenient.add(leniency.BARE_CR)
    first, *lines = (line for line in re.split(rb"[\r\n]+", head) if line)
    status_line = _status_line(first, lenient)
    fields = read_lines(lines, lenient, leniency.FOLDED, leniency.NOT_A_FIELD)
    return b"%b\r\n%b\r\n" % (status_line, b"".join(b"%b: %b\r\n" % field for field in fields)), lenient


def _status_line(line: bytes, lenient: Lenient) -> bytes:
    match = _STATUS_LINE.fullmatch(line)
    assert match is not None  # it begins with HTTP
    word, before, status, after, reason = match.groups()
    if word not in (b"HTTP/1.1", b"HTTP/1.0"):
        lenient.add(leniency.VERSION)
    version = _VERSION.match(word)
    minor = 1 if version is not None and (version[1], version[2]) >= (b"1", b"1") else 0
    if not status and _WORD.fullmatch(word) and (not reason or reason[:1].isalpha()):
        lenient.add(leniency.MISSING_STATUS)
        return b"HTTP/1.%d 200 " % minor
    # Chrome takes -200 and a tab before 404 for 200, and passes 20 and 2000 on, which no other parser would read.
    if len(status) != 3 or status < b"100":
        raise BadResponse(f"Not an HTTP/1 status line (RFC 9112 4): {line[:80]!r}.")
    if before != b" " or (after != b" " and reason) or len(after) > 1:
        lenient.add(leniency.STATUS_SPACES)
    elif not after:
        lenient.add(leniency.MISSING_REASON)
    return b"HTTP/1.%d %b %b" % (minor, status, _clean(reason, lenient))


def read_lines(
    lines: list[bytes], lenient: Lenient, folded: leniency.Leniency, not_a_field: leniency.Leniency
) -> Headers:
    """The fields in ``lines``, which have no line ends, folds joined and what is no field left out."""
    unfolded: list[bytes] = []
    open_line = False
    for line in lines:
        if line[0] not in b" \t":
            unfolded.append(line)
            open_line = line.find(b":") > 0
        elif open_line:
            lenient.add(folded)
            # Parts are joined once, below: a fold of 60,000 lines would copy what is there each time.
            unfolded.append(line)
        else:
            lenient.add(not_a_field)
    fields: Headers = []
    for parts in _joined(unfolded):
        name, colon, value = parts.partition(b":")
        bare = name.rstrip(b" \t")
        if not colon or not _TOKEN.fullmatch(bare):
            lenient.add(not_a_field)
            continue
        if bare != name:
            lenient.add(leniency.SPACE_BEFORE_COLON)
        clean = _clean(value, lenient)
        if clean != value.strip(b" \t") and bare.lower() in _FRAMING:
            raise BadResponse(f"A control character in {bare.decode()} (RFC 9110 5.5): {value[:40]!r}.")
        fields.append((bare, clean))
    return fields


def _joined(lines: list[bytes]) -> list[bytes]:
    groups: list[list[bytes]] = []
    for line in lines:
        if line[0] in b" \t":
            groups[-1].append(line.strip(b" \t"))
        else:
            groups.append([line.rstrip(b" \t")])
    return [b" ".join(part for part in group if part) for group in groups]


def _clean(value: bytes, lenient: Lenient) -> bytes:
    value = value.strip(b" \t")
    clean = _CONTROL.sub(b" ", value)
    if clean != value:
        lenient.add(leniency.CONTROL)
    return clean.strip(b" \t")
