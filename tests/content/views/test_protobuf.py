"""The view ``protobuf``; the bytes are made by Google's own library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.peers import rpc

from wireglass.content.protobuf_names import Names, files_of_set
from wireglass.content.views import Body, View, ViewError
from wireglass.content.views.protobuf import view

TYPE = "application/x-protobuf"
URL = "https://host/api/wireglass.test.Showcase/Unary"


NAMES = Names(lambda: files_of_set(rpc.descriptor_set()))


@pytest.fixture
def names() -> Names:
    return NAMES


@pytest.mark.parametrize(
    ("type", "fits"),
    [
        (TYPE, True),
        ("application/protobuf", True),
        ("application/vnd.google.protobuf", True),
        ("application/vnd.oai.openapi+protobuf", True),
        ("application/octet-stream", False),
        ("application/grpc", False),
        ("", False),
    ],
)
def test_fits(type: str, fits: bool) -> None:
    assert bool(view.fits(Body(b"", type))) is fits


def test_names_by_url_by_type_and_none(names: Names) -> None:
    data = rpc.request(text="hello").SerializeToString()
    assert view.render(Body(data, TYPE, side="request", url=URL, names=names)) == View(
        'text: "hello"', {"message": "wireglass.test.Request"}, []
    )
    said = Body(data, TYPE, {"messagetype": "wireglass.test.Nested"}, names=names)
    assert view.render(said) == View('name: "hello"', {"message": "wireglass.test.Nested"}, [])
    assert view.render(Body(data, TYPE, {"messagetype": "no.Such"}, names=names)) == View('1: "hello"')
    assert view.render(Body(data, TYPE, url=URL)) == View('1: "hello"')


def test_damaged_and_truncated(names: Names) -> None:
    data = rpc.request(text="hello", count=7).SerializeToString()
    with pytest.raises(ViewError, match=r"no Protobuf message \(byte 0: field 1 has 5 bytes and 2 are there\)"):
        view.render(Body(data[:4], TYPE))
    cut = view.render(Body(data[:-1], TYPE, side="request", url=URL, names=names, whole=False))
    assert cut == View('1: "hello"', {}, ["cut, byte 8: a varint does not end"])
    other = view.render(Body(b"\x08\x01", TYPE, side="request", url=URL, names=names))
    assert other.text == "1: 1", "a number in place of the text: a field that is not known"
    wrong = view.render(Body(b"\x0a\x01\xff", TYPE, side="request", url=URL, names=names))
    assert wrong.text == '1: "\\377"  # 1 bytes'
    assert wrong.notes[0].startswith("not a wireglass.test.Request")


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(data: bytes, whole: bool) -> None:
    for body in (Body(data, TYPE, whole=whole), Body(data, TYPE, side="request", url=URL, whole=whole, names=NAMES)):
        try:
            shown = view.render(body)
        except ViewError:
            continue
        assert len(shown.text) <= 2**20
