"""Names for Protobuf messages, from the descriptors that ``protoc`` writes and servers with reflection send.

Google's ``protobuf`` is imported when the first message is to be named: the commands that name none start without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from wireglass.content.bounded import Full, Text
from wireglass.content.protobuf import INPUT_LIMIT, OUTPUT_LIMIT
from wireglass.content.protobuf_wire import NotProtobuf, fields
from wireglass.model import Side

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool

_WELL_KNOWN = (
    "any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type",
    "wrappers",
)  # fmt: skip
"""``google/protobuf/….proto``: ``protoc`` leaves them out without ``--include_imports``, reflection sometimes."""


class NotDescriptors(Exception):
    """The bytes are no ``FileDescriptorSet``; the text is the reason."""


class Named(NamedTuple):
    type: str
    """The full name of the message: ``package.Message``."""
    text: str
    """In Protobuf's text format; fields that the descriptors do not know by their number."""
    note: str


class Method(NamedTuple):
    """Of the services in a set."""

    path: str
    """``/package.Service/Method``."""
    request: str
    response: str
    request_streams: bool
    response_streams: bool


def files_of_set(data: bytes) -> list[bytes]:
    """The ``FileDescriptorProto`` of each file of a ``FileDescriptorSet`` (descriptor.proto: repeated field 1).

    Raises ``NotDescriptors``.
    """
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.message import DecodeError

    try:
        found = FileDescriptorSet.FromString(data)
    except DecodeError as error:
        raise NotDescriptors(f"it is no FileDescriptorSet ({error})") from error
    # Protobuf reads nearly anything: what it does not know is kept aside.
    if not found.file or not all(file.name for file in found.file):
        raise NotDescriptors("it is no FileDescriptorSet: there is no file in it that has a name")
    return [file.SerializeToString() for file in found.file]


def set_of_files(files: Iterable[bytes]) -> bytes:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

    return FileDescriptorSet(file=[FileDescriptorProto.FromString(one) for one in files]).SerializeToString()


def reflected_files(message: bytes) -> list[bytes]:
    """The descriptors in a ``ServerReflectionResponse`` of ``grpc.reflection.v1`` or ``v1alpha`` (field 4, and in that
    repeated field 1); none in one that says something else, or that is none."""
    try:
        answers = [one.value for one in fields(message) if one.number == 4 and isinstance(one.value, bytes)]
        return [one.value for answer in answers for one in fields(answer) if isinstance(one.value, bytes)]
    except NotProtobuf:
        return []


class Names:
    """``load`` gives the descriptors (serialized ``FileDescriptorProto``s) when they are first needed. Of two files
    with one name the first counts. What cannot be used is left out, and ``notes`` says why."""

    def __init__(self, load: Callable[[], Sequence[bytes]]) -> None:
        self._load = load
        self._built: _Built | None = None

    @property
    def notes(self) -> list[str]:
        return self._ready().notes

    def methods(self) -> list[Method]:
        """All of them, by path."""
        return [method for _, method in sorted(self._ready().methods.items())]

    def message_of(self, path: str, side: Side) -> str:
        """The full name of what this method takes or gives; empty where it is not known. ``path`` is
        ``/package.Service/Method``."""
        method = self._ready().methods.get(path)
        if method is None:
            return ""
        return method.request if side == "request" else method.response

    def decode(self, type: str, data: bytes, limit: int = OUTPUT_LIMIT) -> Named | None:
        """The whole message ``data`` with the names of ``type``; None where that is not known.

        Raises ``NotProtobuf`` where the bytes are no such message, or too many.
        """
        descriptor = self._ready().message(type)
        return None if descriptor is None else _decode(descriptor, self._ready().pool, data, limit)

    def _ready(self) -> _Built:
        if self._built is None:
            self._built = _Built(self._load())
        return self._built


class _Built:
    def __init__(self, files: Sequence[bytes]) -> None:
        from google.protobuf.descriptor_pool import DescriptorPool

        self.pool: DescriptorPool = DescriptorPool()
        self.notes: list[str] = []
        self.methods: dict[str, Method] = {}
        self._waiting: dict[str, FileDescriptorProto] = {}
        self._there: set[str] = set()
        for proto in _parsed(files, self.notes):
            self._waiting.setdefault(proto.name, proto)
        for name in list(self._waiting):
            self._add(name)

    def message(self, type: str) -> Descriptor | None:
        try:
            return self.pool.FindMessageTypeByName(type)
        except KeyError:
            return None

    def _add(self, name: str) -> None:
        """With what it imports before it; a stack of our own, as a chain of imports may be long."""
        stack = [name]
        while stack:
            proto = self._waiting.get(stack[-1])
            if proto is None:
                stack.pop()
                continue
            wanted = [one for one in proto.dependency if one in self._waiting and one not in stack]
            if wanted:
                stack += wanted
                continue
            del self._waiting[stack.pop()]
            self._build(proto)

    def _build(self, proto: FileDescriptorProto) -> None:
        for one in proto.dependency:
            if one not in self._there and (known := _well_known(one)):
                self.pool.AddSerializedFile(known)
                self._there.add(one)
        if missing := [one for one in proto.dependency if one not in self._there]:
            self.notes.append(f"{proto.name} is left out: it imports {missing[0]}, whose descriptor is not there")
            return
        try:
            self.pool.AddSerializedFile(proto.SerializeToString())
            file = self.pool.FindFileByName(proto.name)
        except (TypeError, KeyError) as error:  # the same symbol in two files, a type that does not exist
            self.notes.append(f"{proto.name} is left out: {error}")
            return
        self._there.add(proto.name)
        for service in file.services_by_name.values():
            for method in service.methods:
                path = f"/{service.full_name}/{method.name}"
                self.methods[path] = Method(
                    path,
                    method.input_type.full_name,
                    method.output_type.full_name,
                    bool(method.client_streaming),
                    bool(method.server_streaming),
                )


def _parsed(files: Sequence[bytes], notes: list[str]) -> Iterator[FileDescriptorProto]:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.message import DecodeError

    for data in dict.fromkeys(files):
        try:
            proto = FileDescriptorProto.FromString(data)
        except DecodeError as error:
            notes.append(f"a descriptor of {len(data)} bytes is left out: {error}")
            continue
        if proto.name:
            yield proto


def _well_known(file: str) -> bytes | None:
    folder, _, name = file.rpartition("/")
    name = name.removesuffix(".proto")
    if folder != "google/protobuf" or name not in _WELL_KNOWN:
        return None
    module = importlib.import_module(f"google.protobuf.{name}_pb2")
    return bytes(module.DESCRIPTOR.serialized_pb)


def _decode(descriptor: Descriptor, pool: DescriptorPool, data: bytes, limit: int) -> Named:
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError
    from google.protobuf.message_factory import GetMessageClass

    if len(data) > INPUT_LIMIT:
        raise NotProtobuf(f"{len(data)} bytes: names are given to at most {INPUT_LIMIT}")
    message = GetMessageClass(descriptor)()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise NotProtobuf(f"not a {descriptor.full_name} ({error})") from error
    out = _Writer(limit)
    note = ""
    try:
        text_format.PrintMessage(
            message,
            out,
            as_utf8=True,
            use_short_repeated_primitives=True,
            descriptor_pool=pool,
            print_unknown_fields=True,
        )
    except Full:
        note = f"stopped at the limit of {limit} characters"
    return Named(descriptor.full_name, str(out).removesuffix("\n"), note)


class _Writer(Text):
    """What ``text_format`` writes to: a message of many fields takes seconds, and nobody reads a megabyte."""

    def write(self, text: str) -> None:
        self.add(text)
