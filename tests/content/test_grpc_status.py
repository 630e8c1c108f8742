"""How calls end, in each dialect."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.peers import rpc

from wireglass.content.grpc_status import (
    NAMES,
    Any,
    Status,
    connect_status,
    detail_text,
    status_of,
    web_trailers,
)
from wireglass.content.protobuf_names import Names, files_of_set


def test_names_are_those_of_grpc() -> None:
    import grpc

    assert {code.value[0]: code.name for code in grpc.StatusCode} == dict(enumerate(NAMES))


def test_trailers_come_first_and_a_head_alone_counts() -> None:
    head = [(b"Content-Type", b"application/grpc"), (b"Grpc-Status", b"12")]
    assert status_of([], head) == Status("12", "UNIMPLEMENTED")
    assert status_of([(b"grpc-status", b"0")], head) == Status("0", "OK")
    assert status_of([], []) is None


def test_message() -> None:
    status = status_of([(b"grpc-status", b"5"), (b"grpc-message", "no “such” thing: 100 %".encode())])
    assert status is not None
    assert status.message == "no “such” thing: 100 %"
    coded = b"no %E2%80%9Csuch%E2%80%9D thing: 100 %25 %zz%ff"
    status = status_of([(b"grpc-status", b"5"), (b"grpc-message", coded)])
    assert status is not None
    assert status.message == "no “such” thing: 100 % %zz\ufffd"


@pytest.mark.parametrize("code", [b"17", b"-1", b"", b"ok", b"\xb2", b"99999999999999999999"])
def test_codes_that_do_not_exist(code: bytes) -> None:
    status = status_of([(b"grpc-status", code)])
    assert status is not None
    assert (status.code, status.name) == (code.decode("latin-1"), "")


@pytest.mark.parametrize("padded", [True, False])
def test_details(padded: bool) -> None:
    import base64

    value = base64.b64encode(rpc.details())
    status = status_of([(b"grpc-status", b"5"), (b"grpc-status-details-bin", value if padded else value.rstrip(b"="))])
    assert status is not None
    [detail] = status.details
    assert (detail.type, status.note) == ("wireglass.test.Nested", "")
    named = Names(lambda: files_of_set(rpc.descriptor_set()))
    assert detail_text(detail, named) == 'name: "which"'
    assert detail_text(detail, Names(list)) == '1: "which"'
    assert detail_text(Any("", b"\xff"), Names(list)).endswith('"\\377"')


@pytest.mark.parametrize("value", [b"*", b"A", b"/w=="])
def test_details_that_are_none(value: bytes) -> None:
    status = status_of([(b"grpc-status", b"5"), (b"grpc-status-details-bin", value)])
    assert status is not None
    assert status.details == ()
    assert status.note.startswith("grpc-status-details-bin: ")


def test_web_trailers() -> None:
    assert web_trailers(b"grpc-status: 5\r\ngrpc-message:no%20such\r\nnonsense\r\n") == [
        (b"grpc-status", b"5"),
        (b"grpc-message", b"no%20such"),
    ]


def test_connect() -> None:
    error = {"code": "not_found", "message": "no such", "details": [{"type": "a.B", "value": "CAE"}, 7]}
    expected = Status("not_found", "NOT_FOUND", "no such", (Any("a.B", b"\x08\x01"),))
    assert connect_status(json.dumps({"error": error}).encode()) == expected
    assert connect_status(json.dumps(error).encode()) == expected
    assert connect_status(b"{}") == Status("ok", "OK")
    assert connect_status(b'{"error": {"code": "canceled"}}') == Status("canceled", "CANCELLED")
    assert [connect_status(data) for data in (b"", b"[]", b'{"error": 7}', b"[" * 100_000)] == [None] * 4


@given(st.binary(max_size=80))
def test_garbage_raises_nothing(data: bytes) -> None:
    status_of([(b"grpc-status", data), (b"grpc-message", data), (b"grpc-status-details-bin", data)])
    status_of(web_trailers(data))
    connect_status(data)
    detail_text(Any("wireglass.test.Request", data), Names(list))
