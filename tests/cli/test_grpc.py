"""``wireglass show`` of calls of gRPC, with names and without."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

from grpc_reflection.v1alpha import reflection_pb2
from tests.cli.recording import Recording, Run
from tests.peers import rpc

from wireglass.content.protobuf_names import files_of_set
from wireglass.model import Detail, Headers, Summary

METHOD = "/wireglass.test.Showcase/Unary"
GRPC = [(b"content-type", b"application/grpc")]


def call(
    recording: Recording,
    request: bytes,
    response: bytes,
    *,
    path: str = METHOD,
    type: bytes = b"application/grpc",
    head: Headers | None = None,
    trailers: Headers | None = None,
    response_head: Headers | None = None,
) -> None:
    detail = Detail(
        target=path.encode(),
        request_headers=[(b"content-type", type), *(head or [])],
        response_version="HTTP/2",
        response_headers=[(b"content-type", type), *(response_head or [])],
        response_trailers=trailers or [],
    )
    summary = Summary("POST", f"https://api.example{path}", "api.example", 1000.0, status=200, protocol="http/2")
    recording.closed(summary, detail, request=request, response=response)


def hello(recording: Recording, trailers: Headers | None = None) -> None:
    request = rpc.framed(rpc.request(text="Grüße", delta=-3).SerializeToString())
    response = rpc.framed(gzip.compress(rpc.reply(text="GRÜSSE").SerializeToString()), 1)
    call(recording, request, response, response_head=[(b"grpc-encoding", b"gzip")], trailers=trailers)


def test_without_names(recording: Recording, wireglass: Run) -> None:
    hello(recording, trailers=[(b"grpc-status", b"0")])
    shown = wireglass("show", "1")
    assert (shown.code, shown.err) == (0, "")
    assert f"gRPC\n  method     {METHOD}\n  status     0 OK\n" in shown.out
    assert re.search(r'→ message +11 B  1: "Grüße" 3: 5\n', shown.out)
    assert '1: "GRÜSSE"' in shown.out
    assert "compression=gzip" in shown.out


def test_with_names_that_were_added(recording: Recording, wireglass: Run, tmp_path: Path) -> None:
    hello(recording)
    (tmp_path / "api.binpb").write_bytes(rpc.descriptor_set())
    assert wireglass("protos", "add", str(tmp_path / "api.binpb")).code == 0
    assert 'text: "Grüße" delta: -3\n' in wireglass("show", "1").out
    shown = wireglass("show", "1", "--messages").out
    assert '    # wireglass.test.Request\n    text: "Grüße"\n    delta: -3\n' in shown
    assert '    # wireglass.test.Reply\n    text: "GRÜSSE"\n' in shown
    first, second = map(json.loads, wireglass("show", "1", "--messages", "--json").out.splitlines())
    assert first["decoded"] == '# wireglass.test.Request\ntext: "Grüße"\ndelta: -3'
    assert base64.b64decode(second["base64"]) if "base64" in second else second["text"]


def test_names_of_captured_reflection(recording: Recording, wireglass: Run) -> None:
    hello(recording)
    assert 'text: "' not in wireglass("show", "1").out
    _reflected(recording, _files())
    assert 'text: "Grüße" delta: -3\n' in wireglass("show", "1").out


def test_added_names_count_more_than_told_ones(recording: Recording, wireglass: Run, tmp_path: Path) -> None:
    """A server tells other names for the same file and method."""
    hello(recording)
    false = [one.replace(b"text", b"evil").replace(b"\x05delta", b"\x05alpha") for one in _files()]
    _reflected(recording, false)
    assert 'evil: "Grüße" alpha: -3\n' in wireglass("show", "1").out
    (tmp_path / "api.binpb").write_bytes(rpc.descriptor_set())
    wireglass("protos", "add", str(tmp_path / "api.binpb"))
    assert 'text: "Grüße" delta: -3\n' in wireglass("show", "1").out


def _files() -> list[bytes]:
    return files_of_set(rpc.descriptor_set())


def _reflected(recording: Recording, files: list[bytes]) -> None:
    answer = reflection_pb2.ServerReflectionResponse()
    answer.file_descriptor_response.file_descriptor_proto.extend(files)
    asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=rpc.SERVICE)
    call(
        recording,
        rpc.framed(asked.SerializeToString()),
        rpc.framed(answer.SerializeToString()),
        path="/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    )


def test_a_message_that_is_not_what_the_names_say(recording: Recording, wireglass: Run, tmp_path: Path) -> None:
    call(recording, rpc.framed(b"\x0a\x01\xff"), rpc.framed(b"no message"))
    (tmp_path / "api.binpb").write_bytes(rpc.descriptor_set())
    wireglass("protos", "add", str(tmp_path / "api.binpb"))
    shown = wireglass("show", "1", "--messages").out
    assert "# not a wireglass.test.Request" in shown
    assert '1: "\\377"  # 1 bytes' in shown
    assert "# no Protobuf message (" in shown
    assert '"no message"' in shown


def test_an_error(recording: Recording, wireglass: Run) -> None:
    trailers = [
        (b"grpc-status", b"5"),
        (b"grpc-message", b"no %E2%80%9Csuch%E2%80%9D thing\x1b[2J"),
        (b"grpc-status-details-bin", base64.b64encode(rpc.details()).rstrip(b"=")),
    ]
    call(recording, rpc.framed(b""), b"", response_head=trailers)
    shown = wireglass("show", "1").out
    assert (
        "  status     5 NOT_FOUND\n"
        "  message    no “such” thing\\x1b[2J\n"
        "  detail     wireglass.test.Nested\n"
        '    1: "which"\n'
    ) in shown
    found = json.loads(wireglass("show", "1", "--json").out)["grpc"]
    assert found == {
        "dialect": "gRPC",
        "method": METHOD,
        "status": "5",
        "status_name": "NOT_FOUND",
        "message": "no “such” thing\x1b[2J",
        "details": [
            {
                "type": "wireglass.test.Nested",
                "value": base64.b64encode(rpc.message("Nested", name="which").SerializeToString()).decode(),
            }
        ],
    }


def test_grpc_web_has_its_status_in_the_body(recording: Recording, wireglass: Run) -> None:
    response = rpc.framed(rpc.reply(text="HELLO").SerializeToString()) + rpc.framed(
        b"grpc-status: 8\r\ngrpc-message: too%20much\r\n", 0x80
    )
    call(
        recording,
        base64.b64encode(rpc.framed(rpc.request(text="hello").SerializeToString())),
        base64.b64encode(response),
        type=b"application/grpc-web-text+proto",
    )
    shown = wireglass("show", "1").out
    assert f"gRPC-Web\n  method     {METHOD}\n  status     8 RESOURCE_EXHAUSTED\n  message    too much\n" in shown
    assert '1: "hello"' in shown
    assert '1: "HELLO"' in shown
    assert "trailers" in shown
    assert "grpc-status: 8" in shown


def test_a_stream_of_connect(recording: Recording, wireglass: Run) -> None:
    end = json.dumps({"error": {"code": "unavailable", "message": "later"}}).encode()
    call(
        recording,
        rpc.framed(b'{"text":"hello"}'),
        rpc.framed(b'{"text":"HELLO"}') + rpc.framed(end, 2),
        type=b"application/connect+json",
    )
    shown = wireglass("show", "1").out
    assert "Connect\n" in shown
    assert "  status     unavailable UNAVAILABLE\n  message    later\n" in shown
    assert '{"text":"HELLO"}' in shown


def test_one_message_as_it_is(recording: Recording, wireglass: Run, tmp_path: Path) -> None:
    """Connect and Twirp send a call that is no stream without a prefix: the view ``protobuf``, names by the URL."""
    call(
        recording,
        rpc.request(text="hello").SerializeToString(),
        rpc.reply(text="HELLO").SerializeToString(),
        path=f"/api{METHOD}",
        type=b"application/proto",
    )
    assert '1: "hello"' in wireglass("show", "1").out
    (tmp_path / "api.binpb").write_bytes(rpc.descriptor_set())
    wireglass("protos", "add", str(tmp_path / "api.binpb"))
    shown = wireglass("show", "1").out
    assert "[shown as protobuf: message wireglass.test.Request]\n" in shown
    assert 'text: "HELLO"\n' in shown


def test_the_view(recording: Recording, wireglass: Run) -> None:
    hello(recording)
    shown = wireglass("show", "1", "--response-body", "--view", "grpc")
    assert (shown.code, shown.out) == (0, '# message 1: 9 bytes\n1: "GRÜSSE"\n')


def test_an_answer_in_html(recording: Recording, wireglass: Run) -> None:
    detail = Detail(
        request_headers=GRPC,
        response_version="HTTP/1.1",
        response_headers=[(b"content-type", b"text/html")],
    )
    summary = Summary("POST", f"https://api.example{METHOD}", "api.example", 1000.0, status=502, type="text/html")
    recording.closed(summary, detail, request=rpc.framed(b""), response=b"<h1>Bad gateway</h1>")
    shown = wireglass("show", "1").out
    assert "<h1>" in shown
    assert "  status     none was sent\n" in shown
