"""Bodies: decoded, exact, and no way for a lost, damaged or lying one to break the file."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import brotli
import hypothesis.strategies as st
import pytest
import zstandard
from hypothesis import given
from tests.formats.records import export, record

from wireglass.errors import StoreError
from wireglass.formats import har_body
from wireglass.model import Headers, Record, Side

TEXT = 'Grüße \u2028 \U0001f600 "quoted" \\ \n'.encode()


def content(body: bytes, *fields: tuple[bytes, bytes], size: int | None = None, **summary: Any) -> dict[str, Any]:
    made = record(None, body, response_headers=list(fields), **summary)
    if size is not None:
        made = record(None, body, response_headers=list(fields), response_size=size, **summary)
    [entry] = export(made, response=body)
    found: dict[str, Any] = entry["response"]["content"]
    return found


def data(shape: dict[str, Any], charset: str = "utf-8") -> bytes:
    text = shape.get("text")
    if text is None:
        return b""
    return b64decode(text) if shape.get("encoding") == "base64" else text.encode(charset)


@given(
    st.binary(max_size=300), st.sampled_from(["", "utf-8", "iso-8859-1", "windows-1252", "utf-16", "shift_jis", "x"])
)
def test_every_body_can_be_made_again(body: bytes, charset: str) -> None:
    type = b"text/plain" + (f"; charset={charset}".encode() if charset else b"")
    shape = content(body, (b"Content-Type", type))
    assert data(shape, "utf-8" if charset in ("", "x") else charset) == body
    assert shape["size"] == len(body)


@pytest.mark.parametrize(
    ("body", "type", "text"),
    [
        (TEXT, b"text/plain", TEXT.decode()),
        (TEXT, b"", TEXT.decode()),
        (b"caf\xe9", b"text/plain; charset=iso-8859-1", "caf\u00e9"),
        (b"caf\xe9", b"text/plain; charset=utf-8", None),
        (b"caf\xe9", b"text/plain", None),
        ("\u65e5\u672c".encode("shift_jis"), b"text/plain; charset=Shift_JIS", "\u65e5\u672c"),
        (b"nul\0", b"text/plain", None),
        (b"abc", b"text/plain; charset=punycode", None),
        (b"abc", b"text/plain; charset=rot13", None),
        (b"abc", b"text/plain; charset=\xff", "abc"),
        (b"+2AA-", b"text/plain; charset=utf-7", None),
        (b"abc", b"image/png", "abc"),
    ],
)
def test_text_where_it_is_exact(body: bytes, type: bytes, text: str | None) -> None:
    shape = content(body, (b"Content-Type", type))
    if text is None:
        assert (shape["encoding"], b64decode(shape["text"])) == ("base64", body)
    else:
        assert "encoding" not in shape and shape["text"] == text
    assert shape["mimeType"] == type.decode("latin-1")


@pytest.mark.parametrize(
    ("codings", "packed"),
    [
        (b"gzip", gzip.compress(TEXT, mtime=0)),
        (b"x-gzip, identity", gzip.compress(TEXT, mtime=0)),
        (b"deflate", zlib.compress(TEXT)),
        (b"br", brotli.compress(TEXT)),
        (b"zstd", zstandard.compress(TEXT)),
        (b"gzip, br", brotli.compress(gzip.compress(TEXT, mtime=0))),
    ],
)
@pytest.mark.parametrize("times", [1, 100_000])
def test_codings_are_undone(codings: bytes, packed: bytes, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in one piece and streamed."""
    if times > 1:
        monkeypatch.setattr(har_body, "WHOLE", 20)
    shape = content(packed, (b"Content-Encoding", codings), (b"Content-Type", b"text/plain"))
    assert data(shape) == TEXT
    assert (shape["size"], shape["compression"]) == (len(TEXT), len(TEXT) - len(packed))
    assert "comment" not in shape


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("coding", "body", "comment"),
    [
        (b"gzip", b"not gzip", "not decoded from gzip (Error -3 while decompressing data: incorrect header check)"),
        (b"gzip", gzip.compress(TEXT, mtime=0)[:-9], "not decoded from gzip"),
        (b"aes128gcm", TEXT, "unknown content coding 'aes128gcm'"),
        (b"gzip," * 6, TEXT, "6 content codings on top of each other"),
    ],
)
def test_what_cannot_be_decoded_is_as_it_passed(
    coding: bytes, body: bytes, comment: str, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(har_body, "WHOLE", 5)
    shape = content(body, (b"Content-Encoding", coding))
    assert data(shape) == body
    assert shape["size"] == len(body)
    assert shape["comment"].startswith(comment)
    assert shape["comment"].endswith("the bytes as they passed")
    assert "compression" not in shape


def test_bytes_after_the_end_of_a_stream() -> None:
    shape = content(gzip.compress(b"abc") + b"junk", (b"Content-Encoding", b"gzip"))
    assert (shape["text"], shape["comment"]) == ("abc", "bytes after the end of the gzip stream left out")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("summary", [{"state": "open"}, {"state": "failed"}, {"size": 10_000}])
def test_the_known_beginning_is_decoded(summary: dict[str, Any], large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a body that is not whole because it has not come, or was not kept, to its end."""
    if large:
        monkeypatch.setattr(har_body, "WHOLE", 5)
    packed = gzip.compress(b"abcdefghij" * 1000)
    shape = content(packed[:-8], (b"Content-Encoding", b"gzip"), **summary)
    assert shape["text"] == "abcdefghij" * 1000
    assert "decoded from gzip as far as it goes" in shape["comment"]


@pytest.mark.parametrize("large", [False, True])
def test_only_the_start_is_kept(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr(har_body, "WHOLE", 2)
    shape = content(b"only", size=1000)
    assert (shape["text"], shape["size"], shape["comment"]) == ("only", 1000, "only the first 4 of 1000 bytes are kept")
    assert content(b"", size=1000)["comment"] == "only the first 0 of 1000 bytes are kept"


def test_an_archive_bomb_stays_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har_body, "DECODED", 3_000_000)
    bomb = gzip.compress(bytes(3_000_001))
    shape = content(bomb, (b"Content-Encoding", b"gzip"))
    assert data(shape) == bomb
    assert "it makes more than 3000000 bytes" in shape["comment"]
    nested = gzip.compress(gzip.compress(bytes(3_000_001)))
    assert data(content(nested, (b"Content-Encoding", b"gzip, gzip"))) == nested


@pytest.mark.parametrize("tail", [b"", b"\xff", b"\xc3", b"\0"])
@pytest.mark.parametrize("charset", [b"utf-8", b"us-ascii", b"iso-8859-1"])
def test_a_large_body_is_text_or_base64_as_a_whole(tail: bytes, charset: bytes) -> None:
    body = TEXT * 60_000 + tail
    shape = content(body, (b"Content-Type", b"text/plain; charset=" + charset))
    assert data(shape) == body
    assert ("encoding" in shape) == (tail != b"" or charset == b"iso-8859-1")
    assert shape["size"] == len(body)


def _reading(pieces: list[list[bytes | StoreError]]) -> Any:
    def read(_record: Record, _side: Side) -> Iterator[bytes]:
        for piece in pieces.pop(0):
            if isinstance(piece, StoreError):
                raise piece
            yield piece

    return read


LOST = StoreError("the response body of exchange 1 is gone.", "Was it moved?")


def test_a_body_that_the_store_has_lost() -> None:
    [entry] = export(record(None, b"abc"), read=_reading([[LOST]]))
    content = entry["response"]["content"]
    assert content["comment"] == LOST.message
    assert "text" not in content


@pytest.mark.parametrize(
    ("type", "start", "expected"), [(b"image/png", b"ab", b"ab"), (b"text/plain", b"a\xc3", "a\ufffd".encode())]
)
def test_a_large_body_that_is_lost_while_it_is_written(
    type: bytes, start: bytes, expected: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays valid, and says what became of the body."""
    monkeypatch.setattr(har_body, "WHOLE", 2)
    fields: Headers = [(b"Content-Type", type)]
    readings: list[list[bytes | StoreError]] = [[start, LOST]] if type == b"image/png" else [[b"abcd"], [start, LOST]]
    [entry] = export(record(None, b"abcd", response_headers=fields), read=_reading(readings))
    content = entry["response"]["content"]
    assert data(content) == expected
    assert content["comment"] == LOST.message


@pytest.mark.parametrize(("body", "encoded"), [(b"text", False), (b"\xff\0", True)])
@pytest.mark.parametrize("large", [False, True])
def test_posted_data(body: bytes, encoded: bool, large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr(har_body, "WHOLE", 1)
    [entry] = export(record(body, method="POST", request_headers=[(b"Content-Type", b"a/b")]), request=body)
    posted = entry["request"]["postData"]
    assert posted.pop("mimeType") == "a/b"
    if encoded:
        assert (posted.pop("_encoding"), b64decode(posted.pop("text"))) == ("base64", body)
    else:
        assert posted.pop("text") == "text"
    assert posted == {}


def test_posted_data_that_is_not_kept_has_a_text() -> None:
    """mitmproxy refuses the whole file without."""
    [entry] = export(record(None, method="POST", request_size=7))
    assert entry["request"]["postData"] == {
        "mimeType": "",
        "text": "",
        "comment": "only the first 0 of 7 bytes are kept",
    }
