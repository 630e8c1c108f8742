"""Names from descriptors that Google's compiler and reflection service make."""

from __future__ import annotations

import contextlib

import pytest
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2
from hypothesis import given
from hypothesis import strategies as st
from tests.peers import rpc

from wireglass.content.protobuf_names import Names, NotDescriptors, files_of_set, reflected_files
from wireglass.content.protobuf_wire import NotProtobuf


def names(*files: bytes) -> Names:
    return Names(lambda: files or files_of_set(rpc.descriptor_set()))


SHOWCASE = names()


def test_methods() -> None:
    found = names()
    assert [(one.path, one.request_streams, one.response_streams) for one in found.methods()] == [
        ("/wireglass.test.Showcase/Bidi", True, True),
        ("/wireglass.test.Showcase/ClientStream", True, False),
        ("/wireglass.test.Showcase/ServerStream", False, True),
        ("/wireglass.test.Showcase/Unary", False, False),
    ]
    assert found.message_of("/wireglass.test.Showcase/Unary", "request") == "wireglass.test.Request"
    assert found.message_of("/wireglass.test.Showcase/Unary", "response") == "wireglass.test.Reply"
    assert found.message_of("/wireglass.test.Showcase/None", "response") == ""
    assert found.notes == []


def test_decode() -> None:
    one = rpc.request(text="Grüße", delta=-3, kind=1, numbers=[1, 2], data=b"\x00\xff")
    one.at.FromJsonString("2026-01-31T10:00:00Z")
    one.any.Pack(rpc.message("Nested", name="packed"))
    unknown = b"\xf8\x07\x05"  # field 127
    named = names().decode("wireglass.test.Request", one.SerializeToString() + unknown)
    assert named is not None
    assert (named.type, named.note) == ("wireglass.test.Request", "")
    assert named.text == (
        'text: "Grüße"\n'
        "delta: -3\n"
        'data: "\\000\\377"\n'
        "numbers: [1, 2]\n"
        "at {\n"
        "  seconds: 1769853600\n"
        "}\n"
        "kind: LARGE\n"
        "any {\n"
        "  [type.googleapis.com/wireglass.test.Nested] {\n"
        '    name: "packed"\n'
        "  }\n"
        "}\n"
        "127: 5"
    )


def test_what_is_not_known_or_no_such_message() -> None:
    assert names().decode("wireglass.test.None", b"") is None
    with pytest.raises(NotProtobuf, match=r"not a wireglass\.test\.Request"):
        names().decode("wireglass.test.Request", b"\x0a\xff")
    with pytest.raises(NotProtobuf, match="at most 4194304"):
        names().decode("wireglass.test.Request", bytes(2**22 + 1))


def test_output_is_bounded() -> None:
    named = names().decode("wireglass.test.Request", rpc.request(text="x" * 10_000).SerializeToString(), limit=100)
    assert named is not None
    assert (len(named.text), named.note) == (100, "stopped at the limit of 100 characters")


def test_descriptors_are_loaded_when_the_first_name_is_asked_for() -> None:
    asked = []

    def load() -> list[bytes]:
        asked.append(True)
        return files_of_set(rpc.descriptor_set())

    found = Names(load)
    assert asked == []
    found.message_of("/a/b", "request")
    found.message_of("/a/b", "request")
    assert asked == [True]


def test_googles_own_files_need_not_be_there() -> None:
    """Without ``--include_imports``; and in any order with it."""
    (alone,) = files_of_set(rpc.descriptor_set("--proto_path=."))
    found = names(alone)
    assert found.notes == []
    assert found.message_of("/wireglass.test.Showcase/Unary", "request")
    assert names(*reversed(files_of_set(rpc.descriptor_set()))).notes == []


def test_files_that_cannot_be_used_are_named() -> None:
    wants = descriptor_pb2.FileDescriptorProto(name="wants.proto", dependency=["missing.proto"])
    clash = descriptor_pb2.FileDescriptorProto(name="clash.proto", package="wireglass.test")
    clash.message_type.add(name="Request")
    loop = descriptor_pb2.FileDescriptorProto(name="loop.proto", dependency=["loop.proto"])
    good = files_of_set(rpc.descriptor_set())
    found = names(*good, wants.SerializeToString(), clash.SerializeToString(), loop.SerializeToString(), b"\xff")
    assert len(found.methods()) == 4
    assert [note.split(" is left out")[0] for note in sorted(found.notes)] == [
        "a descriptor of 1 bytes",
        "clash.proto",
        "loop.proto",
        "wants.proto",
    ]


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"not descriptors at all", b"\x0a\x00"])
def test_what_is_no_set(data: bytes) -> None:
    with pytest.raises(NotDescriptors):
        files_of_set(data)


def test_files_in_reflection() -> None:
    files = files_of_set(rpc.descriptor_set())
    answer = reflection_pb2.ServerReflectionResponse(valid_host="here")
    answer.file_descriptor_response.file_descriptor_proto.extend(files)
    assert reflected_files(answer.SerializeToString()) == files
    other = reflection_pb2.ServerReflectionResponse()
    other.list_services_response.service.add(name="a.B")
    assert reflected_files(other.SerializeToString()) == []


@given(st.binary(max_size=100), st.lists(st.binary(max_size=60), max_size=3))
def test_garbage_raises_nothing_else(data: bytes, files: list[bytes]) -> None:
    for file in reflected_files(data):
        assert file in data
    found = names(*files, b"\x0a\x01a")
    assert found.message_of("/a/b", "request") == ""
    with contextlib.suppress(NotDescriptors):
        files_of_set(data)
    with contextlib.suppress(NotProtobuf):
        SHOWCASE.decode("wireglass.test.Request", data)
