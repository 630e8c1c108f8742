"""Bodies whose coding is cut off, damaged, a lie or a bomb, as `wireglass show` has them."""

from __future__ import annotations

import gzip
import os
import random
import resource
import subprocess
from collections.abc import Callable

import brotli
import pytest
import zstandard
from tests.peers.client import Client
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass

GIGABYTE = 2**30
ADDRESS_SPACE = 3 * GIGABYTE // 2
"""What `show` may map at most: the least of the bombs below is 10 GB."""

HUNDRED_MB = 100_000_000


def of_many_gzip_members() -> bytes:
    return gzip.compress(b"A" * HUNDRED_MB) * 100


def of_many_zstd_frames() -> bytes:
    return zstandard.compress(b"A" * HUNDRED_MB) * 100


def of_brotli() -> bytes:
    stream = brotli.Compressor(quality=1, lgwin=24)
    piece = b"A" * (HUNDRED_MB // 10)
    return b"".join(stream.process(piece) for _ in range(1000)) + bytes(stream.finish())


def nested() -> bytes:
    return bytes(brotli.compress(of_many_gzip_members(), quality=5))


def asked(wireglass: Wireglass, number: int, *flags: str) -> subprocess.CompletedProcess[bytes]:
    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))

    return subprocess.run(
        [COMMAND, "show", str(number), *flags, "--home", wireglass.home],
        capture_output=True,
        timeout=60,
        preexec_fn=limits,
        env={**os.environ, "NO_COLOR": "1"},
    )


def recorded(wireglass: Wireglass, origin: Origin, body: bytes, coding: bytes) -> int:
    url = origin.on("/body", fixed(body, b"Content-Type: text/plain", b"Content-Encoding: " + coding))
    with Client(wireglass.proxy) as client:
        assert client.get(url).body == body
    return wireglass.row(url).id


@pytest.mark.parametrize(
    ("make", "coding"),
    [
        (of_many_gzip_members, b"gzip"),
        (of_many_zstd_frames, b"zstd"),
        (of_brotli, b"br"),
        (nested, b"gzip, br"),
    ],
    ids=["gzip", "zstd", "br", "nested"],
)
def test_a_bomb_of_ten_gigabytes(
    wireglass: Wireglass, origin: Origin, make: Callable[[], bytes], coding: bytes
) -> None:
    """It stops at a limit, within 20 s of CPU time and 1.5 GB of addresses, and says so."""
    body = make()
    assert len(body) < 12_000_000
    number = recorded(wireglass, origin, body, coding)
    people = asked(wireglass, number)
    assert people.returncode == 0, people.stderr
    assert len(people.stdout) < 2_000_000
    assert b"are shown" in people.stdout
    program = asked(wireglass, number, "--json")
    assert program.returncode == 0, program.stderr
    assert len(program.stdout) < 10_000_000
    exact = asked(wireglass, number, "--response-body")
    assert exact.returncode == 1
    assert b"limit of 268435456 bytes" in exact.stderr
    assert exact.stdout == body, "whoever asked can still look at the bytes"


def test_a_stream_that_is_cut_off(wireglass: Wireglass, origin: Origin) -> None:
    text = random.Random(1).randbytes(20_000).hex().encode()
    body = gzip.compress(text)
    body = body[: len(body) // 2]
    number = recorded(wireglass, origin, body, b"gzip")
    people = asked(wireglass, number).stdout
    assert text[:5000] in people
    assert b"the gzip stream ends early: decoded as far as it goes" in people
    exact = asked(wireglass, number, "--response-body")
    assert (exact.returncode, exact.stdout) == (1, body)
    assert b"it ends early; written as on the wire" in exact.stderr
    shown = wireglass.show(number)
    assert "it ends early" in str(shown["response"])


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"zstd", b"deflate", b"unheard-of"])
def test_a_coding_that_is_a_lie(wireglass: Wireglass, origin: Origin, coding: bytes) -> None:
    body = b"this is plain text, whatever the header says"
    number = recorded(wireglass, origin, body, coding)
    people = asked(wireglass, number).stdout
    assert body in people
    assert coding in people.split(body)[1], "the reason stands behind the bytes"
    exact = asked(wireglass, number, "--response-body")
    assert (exact.returncode, exact.stdout) == (1, body)
    assert coding in exact.stderr
