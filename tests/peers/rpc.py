"""gRPC's own server and client (``grpcio``), without generated code, and the server as a witness of what it got."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection

PROTO = Path(__file__).parent / "showcase.proto"
SERVICE = "wireglass.test.Showcase"
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@cache
def descriptor_set(*flags: str) -> bytes:
    """``showcase.proto`` compiled by Google's own compiler."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        compile = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO.parent}", f"--descriptor_set_out={out}"]
        subprocess.run([*compile, *(flags or ("--include_imports",)), str(PROTO)], check=True, timeout=60)
        return out.read_bytes()


@cache
def pool() -> descriptor_pool.DescriptorPool:
    made = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
        made.AddSerializedFile(file.SerializeToString())
    return made


def message(kind: str, /, **values: Any) -> Any:
    """A message of ``showcase.proto``."""
    return _class(kind)(**values)


@cache
def _class(name: str) -> Any:
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(f"wireglass.test.{name}"))


def request(**values: Any) -> Any:
    return message("Request", **values)


def reply(**values: Any) -> Any:
    return message("Reply", **values)


class Seen:
    """One call as the server had it."""

    def __init__(self, method: str, context: grpc.ServicerContext) -> None:
        self.method = method
        self.metadata = [(key, value) for key, value in context.invocation_metadata()]
        self.remaining = context.time_remaining()
        """Seconds until the deadline when it began; None without one."""
        self.requests: list[Any] = []
        self.ended = threading.Event()
        context.add_callback(self.ended.set)


class Server:
    """Answers ``text`` in upper case, and does what ``text`` says:

    ``fail`` ends the call with NOT_FOUND, a message beyond ASCII and details; ``wait`` holds it until the client or the
    deadline ends it; ``trailers`` sends metadata before and after; ``bytes N`` answers N bytes.
    """

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        self.calls: list[Seen] = []
        self._server = grpc.server(ThreadPoolExecutor(16), options=UNLIMITED)
        kinds: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
            "Unary": (grpc.unary_unary_rpc_method_handler, self._unary),
            "ServerStream": (grpc.unary_stream_rpc_method_handler, self._server_stream),
            "ClientStream": (grpc.stream_unary_rpc_method_handler, self._client_stream),
            "Bidi": (grpc.stream_stream_rpc_method_handler, self._bidi),
        }
        handlers = {
            name: make(behaviour, _class("Request").FromString, _class("Reply").SerializeToString)
            for name, (make, behaviour) in kinds.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), self._server, pool=pool())
        if credentials is None:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        self._server.start()

    def stop(self) -> None:
        assert self._server.stop(None).wait(10)

    def call(self) -> Seen:
        """The newest."""
        return self.calls[-1]

    def _begin(self, method: str, context: grpc.ServicerContext) -> Seen:
        seen = Seen(method, context)
        self.calls.append(seen)
        return seen

    def _answer(self, request: Any, seen: Seen, context: grpc.ServicerContext) -> Any:
        seen.requests.append(request)
        word, _, rest = request.text.partition(" ")
        if word == "fail":
            context.set_trailing_metadata((("grpc-status-details-bin", details()),))
            context.abort(grpc.StatusCode.NOT_FOUND, "no “such” thing: 100 %")
        if word == "wait":
            seen.ended.wait(30)
        if word == "trailers":
            context.send_initial_metadata((("first", "1"), ("first-bin", b"\x00\xff\x01")))
            context.set_trailing_metadata((("last", "2"), ("last-bin", b"\xff\x00\x02")))
        data = bytes(int(rest)) if word == "bytes" else request.data
        return reply(text=request.text.upper(), count=request.count, data=data)

    def _unary(self, request: Any, context: grpc.ServicerContext) -> Any:
        return self._answer(request, self._begin("Unary", context), context)

    def _server_stream(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        seen = self._begin("ServerStream", context)
        answer = self._answer(request, seen, context)
        for number in range(request.count):
            yield reply(text=answer.text, count=number, data=answer.data)

    def _client_stream(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        seen = self._begin("ClientStream", context)
        texts = [self._answer(one, seen, context).text for one in requests]
        return reply(text=",".join(texts), count=len(texts))

    def _bidi(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        seen = self._begin("Bidi", context)
        for one in requests:
            yield self._answer(one, seen, context)


def details() -> bytes:
    """A ``google.rpc.Status`` (code, message, details) with a detail of a type of ours."""
    status = descriptor_pb2.FileDescriptorProto(name="status.proto", package="google.rpc", syntax="proto3")
    status.dependency.append("google/protobuf/any.proto")
    made = status.message_type.add(name="Status")
    kinds = descriptor_pb2.FieldDescriptorProto
    made.field.add(name="code", number=1, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    made.field.add(name="message", number=2, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    made.field.add(
        name="details", number=3, type=kinds.TYPE_MESSAGE, type_name=".google.protobuf.Any", label=kinds.LABEL_REPEATED
    )
    any = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file
    here = descriptor_pool.DescriptorPool()
    here.AddSerializedFile(next(one for one in any if one.name.endswith("any.proto")).SerializeToString())
    here.AddSerializedFile(status.SerializeToString())
    kind: Any = message_factory.GetMessageClass(here.FindMessageTypeByName("google.rpc.Status"))
    full = kind(code=5, message="not found")
    inside = message("Nested", name="which")
    full.details.add(type_url="type.googleapis.com/wireglass.test.Nested", value=inside.SerializeToString())
    data: bytes = full.SerializeToString()
    return data


class Client:
    """A channel and the four kinds of call; as a context manager it closes."""

    def __init__(
        self,
        port: int,
        proxy: str = "",
        root: bytes | None = None,
        compression: grpc.Compression | None = None,
    ) -> None:
        """``proxy``: ``host:port``. ``root``: the PEM that is trusted; without it in clear."""
        options: list[tuple[str, Any]] = [*UNLIMITED, ("grpc.enable_http_proxy", int(bool(proxy)))]
        if proxy:
            options.append(("grpc.http_proxy", f"http://{proxy}"))
        target = f"127.0.0.1:{port}"
        if root is None:
            self.channel = grpc.insecure_channel(target, options, compression)
        else:
            self.channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(root), options, compression)
        to, back = _serialized, _class("Reply").FromString
        self.unary = self.channel.unary_unary(f"/{SERVICE}/Unary", to, back)
        self.server_stream = self.channel.unary_stream(f"/{SERVICE}/ServerStream", to, back)
        self.client_stream = self.channel.stream_unary(f"/{SERVICE}/ClientStream", to, back)
        self.bidi = self.channel.stream_stream(f"/{SERVICE}/Bidi", to, back)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()


def _serialized(one: Message) -> bytes:
    return one.SerializeToString()


def framed(data: bytes, flags: int = 0) -> bytes:
    """With the prefix of "gRPC over HTTP2": written here by hand, as the tests of its reader must not use that."""
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


def unframed(data: bytes) -> list[tuple[int, bytes]]:
    """The (flags, message) pairs."""
    found = []
    while data:
        end = 5 + int.from_bytes(data[1:5], "big")
        assert len(data) >= end
        found.append((data[0], data[5:end]))
        data = data[end:]
    return found
