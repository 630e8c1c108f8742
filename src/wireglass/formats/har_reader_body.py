"""Bodies out of a HAR file: the text or base64 of an entry, as the bytes to keep.

A HAR file has bodies decoded. They are kept as it has them, with the headers as they were, and ``Detail.decoded`` says
that no Content-Encoding is left to undo. Text was bytes in some charset: in the one that Content-Type names, if the
text can be written in it, else in UTF-8.
"""

from __future__ import annotations

import binascii
import codecs
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from wireglass.content.decoding import to_undo
from wireglass.content.text import media_type
from wireglass.errors import BadFile
from wireglass.formats.har_body import text_codec
from wireglass.formats.har_reader_shape import Content, Param, PostData
from wireglass.formats.har_reader_values import scalar, text, to_wire, whole
from wireglass.formats.json_text import Long, ReadAt, text_of
from wireglass.model import Headers

_PIECE = 256 * 1024
_MAGIC = {"gzip": b"\x1f\x8b\x08", "x-gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}
_BOUNDARY = b"----wireglass-import"


class Damaged(Exception):
    """``str()`` says what is wrong with the text of a body."""


class Kept(msgspec.Struct):
    """A body as it goes into the store."""

    pieces: Iterable[bytes] = ()
    kept: int = 0
    """Bytes of ``pieces``."""
    passed: int = 0
    """Bytes that passed; ``kept`` where it is not known."""
    note: str = ""
    decoded: bool = False
    """The content codings that the headers name are undone."""
    notes: list[str] = []
    """What else a reader should know."""


class Source(msgspec.Struct, frozen=True):
    """Where an entry came from, for what is not held."""

    read: ReadAt
    long: dict[str, Long]

    def pieces(self, text: str) -> Iterable[str]:
        """``text`` in pieces; what was left in the file is read again each time."""
        long = self.long.get(text)
        if long is None:
            return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        return Again(partial(_read, self.read, long))


class Again(msgspec.Struct, frozen=True):
    """What can be gone through more than once."""

    begin: Callable[[], Iterator[Any]]

    def __iter__(self) -> Iterator[Any]:
        return self.begin()


def _read(read: ReadAt, long: Long) -> Iterator[str]:
    try:
        yield from text_of(read, long)
    except ValueError as error:
        raise Damaged(f"is no text: {error}") from error


def response_body(content: Content | None, headers: Headers, body_size: Any, *, ours: bool, source: Source) -> Kept:
    """``ours``: Wireglass wrote the file, so that a size above what is there says that the rest was not kept. Raises
    Damaged."""
    if content is None:
        return Kept()
    whole_size, passed = whole(content.size) or 0, whole(body_size) or 0
    if not content.text:
        size = (passed if ours else 0) or whole_size
        return Kept(passed=size, note=_missing(content.comment, content.file) if size else "")
    body = _bytes(content.text, content.encoding, _charset(headers, content.media_type), source)
    body.note = text(content.comment)
    coded = _coded(body, headers, passed)
    compression = whole(content.compression) or 0
    if coded:
        body.passed = passed or max(0, body.kept - compression)
        body.decoded = True
    else:
        body.passed = max(body.kept, passed) if ours else body.kept
    return body


def request_body(post: PostData | None, headers: Headers, body_size: Any, *, ours: bool, source: Source) -> Kept:
    """Raises Damaged."""
    passed = whole(body_size) or 0
    if post is None:
        return Kept(passed=passed, note=_missing(None, None) if passed and not ours else "")
    if not post.text and post.params:
        return _of_params(post.params, headers)
    if not post.text:
        return Kept(passed=passed, note=_missing(post.comment, post.file) if passed else "")
    encoding = post.our_encoding or post.encoding
    body = _bytes(post.text, encoding, _charset(headers, post.media_type), source)
    body.note = text(post.comment)
    if _coded(body, headers, passed):
        body.passed, body.decoded = passed or body.kept, True
    else:
        body.passed = max(body.kept, passed) if ours else body.kept
    return body


def _missing(comment: Any, file: Any) -> str:
    if said := text(comment):
        return said
    if name := text(file):
        return f"it is in another file, {name}, which is not imported"
    return "the HAR file does not hold it"


def _coded(body: Kept, headers: Headers, passed: int) -> bool:
    """Whether the headers name a coding that the body does not have any more. Some writers give it as it passed."""
    codings, _ = to_undo(headers)
    if not codings:
        return False
    if passed not in (0, body.kept):
        return True
    magic = _MAGIC.get(codings[0])
    return not (magic and next(iter(body.pieces), b"").startswith(magic))


def _charset(headers: Headers, type: Any) -> str:
    return media_type(headers)[1] or media_type([(b"content-type", to_wire(text(type)))])[1]


def text_body(value: str, source: Source) -> Kept:
    """In UTF-8. Raises Damaged, like the next one."""
    return _measured(partial(_encoded, source.pieces(value), "utf-8"), [])


def base64_body(value: str, source: Source) -> Kept:
    return _measured(partial(_from_base64, source.pieces(value)), [])


def _bytes(value: str, encoding: Any, charset: str, source: Source) -> Kept:
    if isinstance(encoding, str) and encoding.strip().lower() == "base64":
        return base64_body(value, source)
    pieces = source.pieces(value)
    named = text_codec(charset)
    for codec in (named, "cp1252") if named in ("iso8859-1", "ascii") else (named,):  # which browsers read it as
        if codec == "utf-8":
            break
        try:
            return _measured(partial(_encoded, pieces, codec), [])
        except UnicodeEncodeError:
            continue
    notes = [] if named == "utf-8" else [f"a body is kept in UTF-8: its text cannot be written in {charset}"]
    return _measured(partial(_encoded, pieces, "utf-8"), notes)


def _measured(begin: Callable[[], Iterator[bytes]], notes: list[str]) -> Kept:
    """One that is small is made at once."""
    held: list[bytes] | None = []
    size = 0
    for piece in begin():
        size += len(piece)
        if held is not None:
            held.append(piece)
            if size > 4 * _PIECE:
                held = None
    pieces: Iterable[bytes] = held if held is not None else Again(partial(_unchanged, begin, size))
    return Kept(pieces, size, size, notes=notes)


def _unchanged(begin: Callable[[], Iterator[bytes]], size: int) -> Iterator[bytes]:
    """A second time; raises BadFile where the file is another one by now."""
    try:
        for piece in begin():
            size -= len(piece)
            yield piece
    except (Damaged, ValueError):
        size = -1
    if size:
        raise BadFile("the file has changed while it was read.", "Import it again.")


def _encoded(pieces: Iterable[str], codec: str) -> Iterator[bytes]:
    encoder = codecs.getincrementalencoder(codec)()
    for piece in pieces:
        yield encoder.encode(piece)
    if rest := encoder.encode("", True):
        yield rest


def _from_base64(pieces: Iterable[str]) -> Iterator[bytes]:
    """Line ends and missing padding are forgiven, nothing else."""
    held = b""
    for piece in pieces:
        held += "".join(piece.split()).encode("ascii", "replace")
        cut = max(0, len(held) - 1) // 4 * 4  # the last four may have padding
        if cut:
            yield _decoded(held[:cut])
        held = held[cut:]
    yield _decoded(held + b"=" * (-len(held) % 4))


def _decoded(data: bytes) -> bytes:
    if not data:
        return b""
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except binascii.Error as error:
        raise Damaged(f"is not the base64 that its encoding says: {error}") from error


def _of_params(params: Sequence[Param], headers: Headers) -> Kept:
    """A form that the writer has only taken apart, put together again."""
    type, _ = media_type(headers)
    if type == "multipart/form-data":
        data = _multipart(params, headers)
        notes = ["the request body is put together from the form's fields: files are empty, parts may differ"]
    else:
        pairs = [(one.name, scalar(one.value)) for one in params]
        data = urllib.parse.urlencode(pairs).encode("ascii")
        notes = ["the request body is put together from the form's fields"]
    return Kept([data], len(data), len(data), notes=notes)


def _multipart(params: Sequence[Param], headers: Headers) -> bytes:
    """RFC 7578, with the boundary that Content-Type names."""
    boundary = _boundary(headers)
    parts = []
    for one in params:
        name = _quoted(one.name)
        head = b'Content-Disposition: form-data; name="%b"' % name
        if file := text(one.file_name):
            head += b'; filename="%b"' % _quoted(file)
        if type := text(one.content_type):
            head += b"\r\nContent-Type: %b" % to_wire(type)
        parts.append(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, head, scalar(one.value).encode("utf-8", "replace")))
    return b"".join(parts) + b"--%b--\r\n" % boundary


def _quoted(name: str) -> bytes:
    """As browsers escape it (WHATWG HTML 4.10.21.8)."""
    return name.encode("utf-8", "replace").replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")


def _boundary(headers: Headers) -> bytes:
    for name, value in headers:
        if name.lower() == b"content-type":
            _, found, rest = value.partition(b"boundary=")
            if found and (boundary := rest.partition(b";")[0].strip(b' \t"')):
                return boundary
    return _BOUNDARY
