"""``--redact-at-rest`` in the running program: no secret that passed is anywhere in the home."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.peers.client import Client
from tests.peers.http import chunked
from tests.peers.origin import Call, Origin, fixed
from tests.peers.program import Row, Wireglass
from tests.peers.waiting import wait_for

SECRETS = [
    f"Zq{place}hunter2hunter2" for place in ("head", "query", "cookie", "json", "form", "event", "message", "cut")
]
HEAD, QUERY, COOKIE, JSON, FORM, EVENT, MESSAGE, CUT = (secret.encode() for secret in SECRETS)


def _everything_in(home: Path) -> list[Path]:
    """The files that hold a planted secret."""
    found = []
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if any(secret.encode() in data or secret.encode("utf-16-le") in data for secret in SECRETS):
                found.append(path)
    return found


def _switch(call: Call) -> None:
    call.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    call.read_some()
    text = b'{"token":"%b"}' % MESSAGE
    call.send(bytes([0x81, len(text)]) + text + b"\x88\x02\x03\xe8")
    call.close()


def _masked(opcode: int, payload: bytes) -> bytes:
    return bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 1]) + bytes(
        byte ^ (1 if at % 4 == 3 else 0) for at, byte in enumerate(payload)
    )


def _ended(wireglass: Wireglass, count: int) -> list[Row]:
    rows = [row for row in wireglass.ls() if row.state != "open"]
    return rows if len(rows) == count else []


def test_no_secret_is_in_the_home(start: Callable[..., Wireglass], origin: Origin) -> None:
    wireglass = start("--redact-at-rest")
    packed = gzip.compress(b'{"password":"%b","n":1}' % JSON)
    origin.on(
        "/json",
        fixed(packed, b"Content-Type: application/json", b"Content-Encoding: gzip", b"Set-Cookie: sid=" + COOKIE),
    )
    packer = zlib.compressobj(wbits=31)
    events = b'event: a\ndata: {"access_token":"%b"}\n\n' % EVENT
    stream = packer.compress(events) + packer.flush()
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    origin.on("/events", lambda call: call.send(head + chunked([stream[:20], stream[20:]])))
    origin.on("/socket", _switch)

    def cut(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\npassword=" + CUT)
        call.close()

    origin.on("/cut", cut)
    host = origin.authority.encode()
    common = b"Host: %b\r\nAuthorization: Bearer %b\r\nCookie: a=%b\r\n" % (host, HEAD, COOKIE)
    form = b"user=me&password=" + FORM
    with Client(wireglass.proxy) as client:
        lines = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form)
        client.send(b"POST http://%b/json?token=%b HTTP/1.1\r\n%b" % (host, QUERY, common) + lines + form)
        assert client.answer("POST").body == packed, "what the client gets is as it was sent"
        client.send(b"GET http://%b/events HTTP/1.1\r\n%b\r\n" % (host, common))
        assert client.answer("GET").body == stream
    with Client(wireglass.proxy) as client:
        client.send(b"GET http://%b/cut HTTP/1.1\r\n%b\r\n" % (host, common))
        client.wire.head()
        while client.wire.some():
            pass
    with Client(wireglass.proxy) as client:
        upgrade = (
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        client.send(b"GET http://%b/socket HTTP/1.1\r\n%b" % (host, common) + upgrade)
        client.wire.head()
        client.send(_masked(1, b'{"password":"%b"}' % MESSAGE))
        got = b""
        while data := client.wire.some():
            got += data
        assert MESSAGE in got
    rows = wait_for(lambda: _ended(wireglass, 4), "four exchanges to end")
    assert not _everything_in(wireglass.home)

    number = {row.url.partition("?")[0].rpartition("/")[2]: row.id for row in rows}
    shown = json.loads(wireglass.ask("show", str(number["json"]), "--json"))
    assert json.loads(shown["response"]["body"]["data"])["n"] == 1
    assert shown["request"]["body"]["data"].startswith("user=me&password=%5Bpassword:")
    assert any(note.startswith("redacted at rest: ") for note in shown["notes"])
    frames = wireglass.ask("show", str(number["socket"]), "--messages", "--json").splitlines()
    assert [json.loads(frame)["side"] for frame in frames] == ["request", "response", "response"]
    [event] = wireglass.ask("show", str(number["events"]), "--messages", "--json").splitlines()
    assert json.loads(event)["text"].startswith('{"access_token":"[token:')
    export = wireglass.ask("export", "--with-secrets").decode()
    assert not any(secret in export for secret in SECRETS)
    wireglass.stop()
    assert not _everything_in(wireglass.home)
