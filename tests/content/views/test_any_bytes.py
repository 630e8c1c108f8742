"""What holds for every view: any bytes are shown or refused with a reason, within bounds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.app.views import body_views
from wireglass.content.views import INPUT_LIMIT, OUTPUT_LIMIT, Body, ViewError

NAMES = sorted(body_views().by_name)
STARTS = [
    b"", b'{"a":', b"[", b"<a>", b"<html>", b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n", b"\x82\xa1a",
    b"\xa2\x61a", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\0\x1cftypavif",
    b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"BM", b"\0\0\1\0", b"\0\0\0\x0cjP  \r\n\x87\n", b'{"query":"query A{',
    b"query=", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0\0\0\5",
]  # fmt: skip
ALPHABET = st.text("<>{}[]()\"'\\/:;,=&%#!?-+.*`$ \n\r\tabu01", max_size=200).map(str.encode)
TYPES = st.sampled_from([
    "", "application/json", "text/html", "multipart/form-data", "application/graphql", "application/grpc+proto",
    "application/x-www-form-urlencoded",
])  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@given(
    st.sampled_from(STARTS), st.binary(max_size=200) | ALPHABET, TYPES, st.booleans(),
    st.sampled_from(["request", "response"]),
)  # fmt: skip
def test_nothing_but_a_view_error(name: str, start: bytes, rest: bytes, type: str, whole: bool, side: str) -> None:
    view = body_views().by_name[name]
    parameters = {"boundary": "B", "charset": "utf-8"}
    body = Body(start + rest, type, parameters, side, "POST", "http://a/graphql", whole)  # type: ignore[arg-type]
    assert 0 <= view.fits(body) <= 9
    try:
        said = view.render(body).text
    except ViewError as error:
        said = str(error)
        lines = said.count("\n")
    else:
        lines = 0
    assert len(said) <= OUTPUT_LIMIT
    assert not lines


LARGE = {
    "json": b"[" + b"1," * (INPUT_LIMIT // 2 - 1),
    "html": b"<div>" * (INPUT_LIMIT // 5),
    "xml": b"<r>" + b"<a/>" * (INPUT_LIMIT // 4 - 1),
    "javascript": b"{" * INPUT_LIMIT,
    "css": b"a{" * (INPUT_LIMIT // 2),
    "cbor": b"\x9a\x00\x3f\xff\x00" + b"\1" * 0x3FFF00,
    "messagepack": b"\xdd\x00\x3f\xff\x00" + b"\1" * 0x3FFF00,
    "ndjson": b"{}\n" * (INPUT_LIMIT // 3),
    "urlencoded": b"%" * INPUT_LIMIT,
    "graphql": json.dumps({"query": "{a" * 50_000}).encode(),
}


@pytest.mark.parametrize("name", LARGE)
def test_output_is_bounded(name: str) -> None:
    try:
        seen = body_views().by_name[name].render(Body(LARGE[name], "application/json", side="request", method="POST"))
    except ViewError:
        return
    assert len(seen.text) <= OUTPUT_LIMIT
    assert seen.notes
