"""The view ``grpc``; the bytes are made by Google's own library."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.peers import rpc

from wireglass.content.protobuf_names import Names, files_of_set
from wireglass.content.views import Body, View, ViewError
from wireglass.content.views.grpc import view

URL = "https://host/wireglass.test.Showcase/ServerStream"
METHOD = "/wireglass.test.Showcase/ServerStream"
DATA = b"".join(
    rpc.framed(one)
    for one in (rpc.reply(text="one").SerializeToString(), rpc.reply(text="two", count=2).SerializeToString())
)


def body(data: bytes, type: str = "application/grpc", **more: object) -> Body:
    return Body(data, type, url=URL, **more)  # type: ignore[arg-type]


def test_fits() -> None:
    types = ("application/grpc", "application/grpc-web-text+proto", "application/connect+json", "application/json", "")
    assert [bool(view.fits(Body(b"", type))) for type in types] == [True, True, True, False, False]


def test_messages() -> None:
    names = Names(lambda: files_of_set(rpc.descriptor_set()))
    assert view.render(body(DATA, names=names)) == View(
        "# message 1: 5 bytes, wireglass.test.Reply\n"
        'text: "one"\n\n'
        "# message 2: 7 bytes, wireglass.test.Reply\n"
        'text: "two"\ncount: 2',
        {"method": METHOD, "messages": "2"},
    )
    assert view.render(body(DATA)).text.startswith('# message 1: 5 bytes\n1: "one"\n')


def test_compressed_with_trailers_as_text() -> None:
    data = rpc.framed(gzip.compress(rpc.reply(text="one").SerializeToString()), 1) + rpc.framed(
        b"grpc-status:0\r\n", 128
    )
    shown = view.render(
        body(base64.b64encode(data), "application/grpc-web-text", headers=[(b"grpc-encoding", b"gzip")])
    )
    assert shown.text == '# message 1: 5 bytes\n1: "one"\n\n# trailers: 15 bytes\ngrpc-status:0'


def test_damaged_and_truncated() -> None:
    with pytest.raises(ViewError, match="its flags are 0x3c"):
        view.render(body(b"<html></html>"))
    with pytest.raises(ViewError, match="its Content-Type is text/html"):
        view.render(body(DATA, "text/html"))
    shown = view.render(body(DATA[:-1], whole=False))
    assert shown.notes == ["only the start of the body is here"]
    assert (
        '# message 2: 7 bytes, cut off: 6 of 7 bytes came, cut, byte 6: a varint does not end\n1: "two"' in shown.text
    )


@given(
    st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(rpc.framed)),
    st.sampled_from(["application/grpc", "application/grpc-web", "application/grpc-web-text", "application/connect+x"]),
)
def test_any_bytes(data: bytes, type: str) -> None:
    try:
        shown = view.render(body(data, type, headers=[(b"grpc-encoding", b"gzip")]))
    except ViewError:
        return
    assert len(shown.text) <= 2**20
