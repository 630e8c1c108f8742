"""``show``: everything about one exchange, exact where bytes are asked for, safe where people look."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

import msgspec
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.cli.recording import Recording, Run

from wireglass.cli import main
from wireglass.cli.certificate import describe
from wireglass.cli.shape import BODY_IN_JSON
from wireglass.model import Detail, Endpoint, Informational, Summary, Timings, Tls


def _summary(**more: Any) -> Summary:
    given: dict[str, Any] = {"status": 200, "duration_ms": 12.5, "client": "127.0.0.1:5000", **more}
    return Summary(method="POST", url="https://example.com/a?b", host="example.com", started=1_700_000_000.0, **given)


def _detail(response_headers: list[tuple[bytes, bytes]] | None = None, **more: Any) -> Detail:
    return Detail(
        target=b"/a?b",
        request_headers=[(b"hOsT", b"example.com"), (b"X-Dup", b"1"), (b"x-dup", b"2")],
        response_version="HTTP/1.1",
        reason=b"Fine",
        response_headers=[(b"Content-Type", b"text/plain")] if response_headers is None else response_headers,
        **more,
    )


GZIP = [(b"Content-Type", b"text/plain"), (b"Content-Encoding", b"gzip")]


def test_heads_are_in_wire_order_and_case(recording: Recording, wireglass: Run) -> None:
    detail = _detail(
        informational=[Informational(103, [(b"Link", b"</x>")])],
        response_trailers=[(b"X-Sum", b"7")],
        timings=Timings(dns=1.0, connect=2.25, wait=3.0),
        client=Endpoint("127.0.0.1:5000", "127.0.0.1:8080", Tls("TLSv1.3", "TLS_AES", "http/1.1", "example.com")),
        server=Endpoint("192.0.2.1:443", "10.0.0.1:4000", number=3),
        notes=["retried on a new connection"],
    )
    recording.closed(_summary(), detail, request=b"question", response="Grüße\n".encode())
    code, out, err = wireglass("show", "1")
    assert (code, err) == (0, "")
    assert "POST /a?b HTTP/1.1\nhOsT: example.com\nX-Dup: 1\nx-dup: 2\n\nquestion\n" in out
    assert "HTTP/1.1 200 Fine\nContent-Type: text/plain\n\nGrüße\n\nTrailers\nX-Sum: 7\n" in out
    assert "Informational response 103\nLink: </x>\n" in out
    for part in (
        "Exchange 1: done, 12.5 ms", "2023-11-14T22:13:20.000000Z", "retried on a new connection", "2.2 ms",
        "192.0.2.1:443, our side 10.0.0.1:4000, connection 3", "TLSv1.3, TLS_AES, ALPN http/1.1, SNI example.com",
    ):  # fmt: skip
        assert part in out


@pytest.mark.parametrize(("status", "passed"), [(None, 0), (200, 0), (200, 7)])
def test_a_tunnel_says_whether_bytes_passed(
    recording: Recording, wireglass: Run, status: int | None, passed: int
) -> None:
    """None is one in which the client ended TLS; 200 is what older records have there."""
    summary = _summary(status=status, state="failed", error="why", error_kind="client_distrust", request_size=passed)
    summary.method, summary.protocol = "CONNECT", "tunnel"
    recording.closed(summary, Detail(target=b"a.example:443"))
    out = wireglass("show", "1").out
    assert ("none: no byte has passed through the tunnel" in out) == (not passed)
    assert ("passed on untouched" in out) == ("  from the client  7 B" in out) == bool(passed)
    if status is None:
        [row] = [line for line in wireglass("ls").out.splitlines() if "CONNECT" in line]
        assert " failed " in row and "200" not in row


def test_http2_has_no_reason(recording: Recording, wireglass: Run) -> None:
    spoken: dict[str, Any] = {"request_version": "HTTP/2", "response_version": "HTTP/2", "reason": b""}
    detail = msgspec.structs.replace(_detail(response_trailers=[(b"x-sum", b"7")]), **spoken)
    recording.closed(_summary(protocol="http/2"), detail, response=b"hello")
    out = wireglass("show", "1").out
    assert "\nPOST /a?b HTTP/2\n" in out
    assert "\nHTTP/2 200\nContent-Type: text/plain\n\nhello\n\nTrailers\nx-sum: 7\n" in out


def test_body_flags_write_exactly_the_bytes(recording: Recording, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    body = bytes(range(256)) * 4000
    packed = gzip.compress(body)
    recording.closed(_summary(), _detail(GZIP), request=body, response=packed)
    for arguments, expected in (
        (("--request-body",), body),
        (("--request-body", "--raw"), body),
        (("--response-body",), body),
        (("--response-body", "--raw"), packed),
    ):
        assert main(["show", "1", *arguments]) == 0
        assert capfdbinary.readouterr() == (expected, b"")


def test_a_damaged_coding_gives_the_bytes_the_reason_and_exit_1(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary(), _detail(GZIP), response=b"not gzip at all")
    code, out, err = wireglass("show", "1", "--response-body")
    assert (code, out) == (1, "not gzip at all")
    assert "gzip" in err
    assert err.endswith("written as on the wire\n")
    assert wireglass("show", "1", "--response-body", "--raw")[0] == 0
    assert "gzip" in wireglass("show", "1").out


def test_a_body_that_is_not_whole_says_so_with_exit_1(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary(response_size=100), _detail(), response=b"part", response_note="only 4 kept: the limit")
    assert wireglass("show", "1", "--response-body") == (1, "part", "wireglass: only 4 kept: the limit\n")
    recording.opened(_summary(), _detail())
    code, out, err = wireglass("show", "2", "--response-body")
    assert (code, out) == (1, "")
    assert "still open" in err


def test_raw_is_both_messages(recording: Recording, wireglass: Run) -> None:
    """The trailers belong to the chunked coding, which is gone."""
    detail = _detail(request_trailers=[(b"T", b"1")], response_trailers=[(b"T", b"2")])
    recording.closed(_summary(), detail, request=b"q", response=b"r")
    assert wireglass("show", "1", "--raw").out == (
        "POST /a?b HTTP/1.1\r\nhOsT: example.com\r\nX-Dup: 1\r\nx-dup: 2\r\n\r\nq"
        "\r\nHTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\n\r\nr"
    )


def test_captured_text_cannot_drive_the_terminal(recording: Recording, wireglass: Run) -> None:
    bad = "\x1b]0;t\x07\u202e"
    headers = [(b"X-Bad", bad.encode()), (b"X-C1", b"\x9b2J"), (b"Content-Type", b"text/plain")]
    recording.closed(
        _summary(error=bad, error_kind="x", state="failed"),
        _detail(headers, notes=[bad], server=Endpoint(bad, "", Tls(bad, bad, bad, bad))),
        response=bad.encode(),
        response_note=bad,
    )
    for flags in ((), ("--json",)):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(wireglass("show", "1", *flags).out)


def test_bytes_to_a_terminal_are_shown_escaped(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.closed(_summary(), _detail(), response=b"a\x1b[2J\xff\r\nb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert wireglass("show", "1", "--response-body").out == "a\\x1b[2J\\xff\nb"


def test_binary_is_not_printed_but_named(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary(), _detail([(b"Content-Type", b"image/png")]), response=b"\x89PNG\0\0")
    assert "[6 B image/png; binary; all: wireglass show 1 --response-body]" in wireglass("show", "1").out


def test_a_long_text_is_cut_and_said_to_be(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wireglass.cli.shown_body.TEXT_SHOWN", 10)
    recording.closed(_summary(), _detail(), response=b"0123456789abc")
    out = wireglass("show", "1").out
    assert "0123456789\n[13 B text/plain; the first 10 B are shown; all: wireglass show 1 --response-body]" in out


def test_json_has_everything_lossless(recording: Recording, wireglass: Run) -> None:
    headers = [(b"X-Latin", b"\xe9\xff"), *GZIP]
    recording.closed(_summary(), _detail(headers), request=b"\xff\0", response=gzip.compress(b"text"))
    shown = json.loads(wireglass("show", "1", "--json").out)
    assert shown["response"]["headers"][0] == ["X-Latin", "\xe9\xff"]
    assert shown["request"]["headers"] == [["hOsT", "example.com"], ["X-Dup", "1"], ["x-dup", "2"]]
    request, response = shown["request"]["body"], shown["response"]["body"]
    assert request["encoding"] == "base64"
    assert base64.b64decode(request["data"]) == b"\xff\0"
    assert request["sha256"] == hashlib.sha256(b"\xff\0").hexdigest()
    assert (response["encoding"], response["data"], response["codings"]) == ("utf-8", "text", ["gzip"])
    assert shown["timings"]["dns"] is None
    assert shown["server_connection"] is None
    raw = json.loads(wireglass("show", "1", "--json", "--raw").out)["response"]["body"]
    assert gzip.decompress(base64.b64decode(raw["data"])) == b"text"


@pytest.mark.parametrize("raw", [(), ("--raw",)])
def test_json_leaves_out_large_bodies(recording: Recording, wireglass: Run, raw: tuple[str, ...]) -> None:
    recording.closed(_summary(), _detail(), request=b"x" * BODY_IN_JSON, response=b"x" * (BODY_IN_JSON + 1))
    shown = json.loads(wireglass("show", "1", "--json", *raw).out)
    assert shown["request"]["body"]["note"] is None
    assert len(shown["request"]["body"]["data"]) == BODY_IN_JSON
    assert shown["response"]["body"]["data"] is None
    assert "use --request-body or --response-body" in shown["response"]["body"]["note"]


def test_the_servers_certificate_is_explained(recording: Recording, wireglass: Run) -> None:
    pem = trustme.CA(organization_name="Test Org").issue_cert("example.com", "127.0.0.1").cert_chain_pems[0].bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    der = certificate.public_bytes(Encoding.DER)
    hash = recording.certificate(der)
    tls = Tls("TLSv1.3", "TLS_AES", certificates=(hash, b"\1" * 32))
    recording.closed(_summary(), _detail(server=Endpoint("192.0.2.1:443", "10.0.0.1:1", tls)), response=b"")
    out = wireglass("show", "1").out
    for part in ("O=Test Org", "example.com, 127.0.0.1", hash.hex(), f"{certificate.not_valid_after_utc:%Y-%m-%d}"):
        assert part in out.partition("Server certificate")[2]
    first, second = json.loads(wireglass("show", "1", "--json").out)["server_connection"]["tls"]["certificates"]
    assert first["names"] == ["example.com", "127.0.0.1"]
    assert second == {**describe(b"\1" * 32, None), "error": "not kept"}
    assert set(first) == set(second)


@pytest.mark.parametrize("der", [b"", b"\x30\x03\x02\x01\x00", b"\xff" * 100])
def test_a_certificate_that_cannot_be_read_says_so(der: bytes) -> None:
    assert describe(b"", der)["error"]


def test_what_is_not_there_is_exit_1(recording: Recording, wireglass: Run) -> None:
    code, out, err = wireglass("show", "7")
    assert (code, out) == (1, "")
    assert "7" in err
    assert err.count("\n") == 1


def test_a_home_without_a_record_is_exit_1(wireglass: Run) -> None:
    code, _out, err = wireglass("show", "1")
    assert code == 1
    assert "nothing is recorded in" in err
    assert "the folder does not exist" in err


def test_an_answer_of_ours_has_no_status_line(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary(status=502, state="failed", error="no", error_kind="upstream"), Detail(target=b"/"))
    out = wireglass("show", "1").out
    assert "no response from the server: answered by Wireglass with 502\n" in out
    assert "Timings" not in out
    assert "502" not in wireglass("show", "1", "--raw").out
    body = wireglass("show", "1", "--response-body")
    assert (body.code, body.out) == (1, "") and "Wireglass answered 502 itself" in body.err


def test_what_was_no_request_is_said_to_be_none(recording: Recording, wireglass: Run) -> None:
    summary = Summary(method="", url="", host="", started=1.0, status=400, state="failed", error="bad")
    recording.closed(summary, Detail(notes=["received: b'x'"]))
    assert "Request\nnot a readable request\nreceived: b'x'\n" in wireglass("show", "1").out
    assert wireglass("show", "1", "--raw").out == ""


@pytest.mark.parametrize("note", ["", "the disk was full"])
def test_a_body_of_which_nothing_is_kept_says_why(recording: Recording, wireglass: Run, note: str) -> None:
    recording.closed(_summary(response_size=100), _detail(GZIP), response_note=note)
    why = note or "only the first 0 of 100 bytes are kept"
    assert f"\n\n[100 B; {why}]\n" in wireglass("show", "1").out
    assert wireglass("show", "1", "--response-body") == (1, "", f"wireglass: {why}\n")


def test_a_binary_body_without_a_type(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary(), _detail([]), response=b"\x89\0\0")
    assert "[3 B; binary; all: " in wireglass("show", "1").out
