"""Lines on a stream that is slow, full or gone."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from typing import TextIO

import pytest

from wireglass.cli import output
from wireglass.cli.output import Output


def close(stream: TextIO) -> None:
    with contextlib.suppress(BrokenPipeError):  # what it holds back
        stream.close()


def pipe() -> tuple[int, TextIO]:
    reads, writes = os.pipe()
    return reads, os.fdopen(writes, "w")


def test_all_lines_come_in_their_order() -> None:
    stream = io.StringIO()
    out = Output(stream)
    for number in range(1000):
        (out.line if number % 2 else out.say)(str(number))
    assert out.end() and not out.closed
    assert stream.getvalue().split() == [str(number) for number in range(1000)]


def test_what_was_never_used_ends() -> None:
    assert Output(io.StringIO()).end()


def test_a_reader_that_has_gone_ends_the_printing() -> None:
    reads, stream = pipe()
    os.close(reads)
    out = Output(stream)
    for _ in range(100):
        out.line("x" * 100_000)
    assert out.end() and out.closed
    close(stream)


def test_a_reader_that_does_not_read_holds_up_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who says that it will wait, and that until the printing has ended."""
    monkeypatch.setattr(output, "_STUCK", 0.1)
    reads, stream = pipe()
    out = Output(stream)

    def print_much() -> None:
        for _ in range(100):
            out.line("x" * 100_000)

    waiting = threading.Thread(target=print_much)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "it waits for room"
    out.say("y")
    waiting.join(10)
    assert not waiting.is_alive() and out.closed
    assert not out.end()
    os.close(reads)  # which ends the write
    assert out.end()
    close(stream)
