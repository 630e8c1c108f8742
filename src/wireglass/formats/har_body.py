"""Bodies in a HAR file: decoded, as text where text is exact, else as base64.

Up to ``WHOLE`` decoded bytes are held at once; more is passed on in pieces while it is read a second time.
"""

from __future__ import annotations

import codecs
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec

from wireglass.content import media_type
from wireglass.content.codings import STAGES, Damaged, Trailing
from wireglass.content.decoding import to_undo
from wireglass.content.text import has_binary
from wireglass.errors import WireglassError
from wireglass.formats.form import params
from wireglass.formats.har_fields import from_wire, value_of
from wireglass.model import BodyRef, Headers

Object: TypeAlias = dict[str, Any]
Read: TypeAlias = Callable[[], Iterable[bytes]]

WHOLE = 1024 * 1024
"""Bytes of a decoded body above which it is streamed."""

DECODED = 1024 * 1024 * 1024
"""Bytes that one content coding may make of a body. What makes more is an archive bomb, and stays as it passed."""

# Types that are never text: their bytes need not be looked at before they are written.
_BINARY_TYPE = re.compile(r"(?:image/(?!svg)|audio/|video/|font/|application/(?:octet-stream|zip|gzip|pdf|wasm)$)")
# Codecs that take linear time (punycode does not) and can give back the same bytes; whether they do is compared.
_CHARSETS = re.compile(r"ascii|utf-(?:8|16|32)(?:-[bl]e)?|iso8859-\d+|cp\d+|koi8-[ru]|gb\w+|big5|euc_\w+|shift_jis")

_encode = msgspec.json.Encoder().encode


class _Body(msgspec.Struct):
    """A body looked at once."""

    notes: list[str]
    codings: tuple[str, ...] = ()
    """Undone, in this order."""
    data: bytes | None = b""
    """None: it is too large to be held."""
    size: int = 0
    """Bytes of it, decoded; 0 where it was not read to its end."""
    text: str | None = None
    """Set if it is held and text."""
    utf8: bool = False
    """Whether one that is not held is UTF-8 text."""
    cut: bool = False
    """Whether its codings are known to end early."""


class Streamed:
    """An object of the file whose text is read while it is written."""

    def __init__(self, head: Object, body: _Body, read: Read, encoding: str, size: int | None = None) -> None:
        """``head``: the members before the text. ``encoding``: the name of the member that says base64. ``size``: to be
        written behind the text; 0 for the bytes of the text."""
        self._head = head if body.utf8 else head | {encoding: "base64"}
        self._body = body
        self._read = read
        self._size = size
        self._count = 0
        self._failures: list[str] = []

    def pieces(self) -> Iterator[bytes]:
        yield b'%b,"text":"' % _encode(self._head)[:-1]
        yield from (_text if self._body.utf8 else _base64)(self._source())
        yield b'"'
        tail: Object = {} if self._size is None else {"size": self._size or self._count}
        if notes := self._body.notes + self._failures:
            tail["comment"] = "; ".join(notes)
        yield b",%b" % _encode(tail)[1:] if tail else b"}"

    def _source(self) -> Iterator[bytes]:
        """Ends where reading fails: the file must be whole whatever becomes of the store."""
        try:
            for piece in _undone(self._body.codings, self._read()):
                self._count += len(piece)
                yield piece
        except Trailing:
            pass  # the first reading has noted it
        except (WireglassError, Damaged) as error:
            if not self._body.cut:
                self._failures.append(str(error))


def content(
    fields: Headers, ref: BodyRef, read: Read | None, *, partial: bool, passed: int | None = None
) -> Object | Streamed:
    """``response.content``. ``read`` is None where there is no body; ``partial``: its end is known to be missing;
    ``passed``: how many bytes passed of one that is kept decoded."""
    shape: Object = {"mimeType": from_wire(value_of(fields, b"content-type"))}
    if read is None:
        return {"size": 0, **shape}
    body = _look(fields, ref, read, partial)
    if body.codings and not body.notes:
        shape["compression"] = body.size - ref.size
    elif passed is not None and ref.kept and not body.notes:
        shape["compression"] = ref.kept - passed
    # Where nothing had to be undone, how much there was is known even if only the start is kept.
    size = body.size if body.codings else max(ref.size, body.size)
    if body.data is None:
        return Streamed(shape, body, read, "encoding", size)
    return _filled({"size": size, **shape}, body, body.data, "encoding")


def post_data(fields: Headers, ref: BodyRef, read: Read, *, partial: bool) -> Object | Streamed:
    """``request.postData``. HAR 1.2 has no word for bytes that are not text, hence ``_encoding``."""
    type = from_wire(value_of(fields, b"content-type"))
    body = _look(fields, ref, read, partial)
    shape: Object = {"mimeType": type}
    if body.data is None:
        return Streamed(shape, body, read, "_encoding")
    found = params(type, body.data)
    if found is not None:
        shape["params"] = found
    shape["text"] = ""  # mitmproxy 12 refuses a file with posted data that has no text
    return _filled(shape, body, body.data, "_encoding")


def _filled(shape: Object, body: _Body, data: bytes, encoding: str) -> Object:
    if body.text is not None:
        shape["text"] = body.text
    elif data:
        shape[encoding] = "base64"
        shape["text"] = b64encode(data).decode("ascii")
    if body.notes:
        shape["comment"] = "; ".join(body.notes)
    return shape


def _look(fields: Headers, ref: BodyRef, read: Read, partial: bool) -> _Body:
    notes = [ref.note] if ref.note else []
    if not ref.note and ref.kept < ref.size:
        notes.append(f"only the first {ref.kept} of {ref.size} bytes are kept")
    if not ref.kept:
        return _Body(notes)
    type, charset = media_type(fields)
    codings, refusal = to_undo(fields)
    if refusal:
        notes.append(f"{refusal}: the bytes as they passed")
        codings = ()
    if not codings and ref.kept > WHOLE and _BINARY_TYPE.match(type):
        return _Body(notes, data=None)
    try:
        return _read(codings, charset, read, notes, partial)
    except Damaged as damage:
        note = f"not decoded from {', '.join(codings)} ({damage}): the bytes as they passed"
        return _read((), charset, read, [*notes, note], partial)


def _read(codings: tuple[str, ...], charset: str, read: Read, notes: list[str], partial: bool) -> _Body:
    """Raises Damaged, but not for the missing end of what is ``partial``. A body that the store has lost is noted."""
    body = _Body(list(notes), codings)
    held = bytearray()
    check: _Utf8Check | None = None
    try:
        for piece in _undone(codings, read()):
            body.size += len(piece)
            if check is None:
                held += piece
                if body.size <= WHOLE:
                    continue
                check = _Utf8Check(charset)
                check.add(bytes(held))
                held.clear()
            else:
                check.add(piece)
            if not codings and not check.good:
                body.size = 0
                break  # nothing more to be learned
    except Trailing:
        body.notes.append(f"bytes after the end of the {', '.join(codings)} stream left out")
    except Damaged as damage:
        if not partial or not body.size:
            raise
        body.cut = True
        body.notes.append(f"decoded from {', '.join(codings)} as far as it goes: {damage}")
    except WireglassError as error:
        body.notes.append(str(error))
    if check is None:
        body.data = bytes(held)
        body.text = _exact_text(body.data, charset)
    else:
        body.data = None
        body.utf8 = check.end()
    return body


def text_codec(name: str) -> str:
    """Of a charset in which text can be written and read again; that of UTF-8 for others."""
    codec = _charset(name)
    return codec if _CHARSETS.fullmatch(codec) else "utf-8"


def _charset(name: str) -> str:
    """Python's name of the codec; that of UTF-8 where none is named or it is not known."""
    try:
        return codecs.lookup(name or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"


def _exact_text(data: bytes, charset: str) -> str | None:
    """Text from which whoever knows the charset can make the same bytes again; None for all else, and for nothing."""
    codec = _charset(charset)
    if not data or not _CHARSETS.fullmatch(codec):
        return None
    try:
        text = data.decode(codec)
        same = text.encode(codec) == data
        plain = text.encode("utf-8")
    except ValueError:
        return None
    return text if same and not has_binary(plain) else None


class _Utf8Check:
    """Whether pieces are UTF-8 text, for bodies that are not held."""

    def __init__(self, charset: str) -> None:
        self.good = _charset(charset) in ("utf-8", "ascii")
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def add(self, piece: bytes) -> None:
        if self.good:
            try:
                self._decoder.decode(piece)
            except UnicodeDecodeError:
                self.good = False
            else:
                self.good = not has_binary(piece)

    def end(self) -> bool:
        return self.good and not self._decoder.getstate()[0]


def _text(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """As the inside of a JSON string. What is not the UTF-8 any more that it was at the first reading is replaced."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield _encode(decoder.decode(piece))[1:-1]
    yield _encode(decoder.decode(b"", True))[1:-1]


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        data = held + piece
        cut = len(data) - len(data) % 3
        held = data[cut:]
        yield b64encode(data[:cut])
    yield b64encode(held)


def _undone(codings: tuple[str, ...], pieces: Iterable[bytes]) -> Iterator[bytes]:
    for coding in codings:
        pieces = _limited(STAGES[coding](pieces))
    return iter(pieces)


def _limited(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > DECODED:
            raise Damaged(f"it makes more than {DECODED} bytes")
        yield piece
