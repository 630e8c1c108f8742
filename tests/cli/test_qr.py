"""The QR code: what is drawn is the code, in every theme, or nothing."""

from __future__ import annotations

import io
import re
import sys

import pytest
import segno

from wireglass.cli.qr import qr_lines

URL = "http://192.168.178.123:8080/"
_BLOCKS = {" ": (False, False), "▀": (True, False), "▄": (False, True), "█": (True, True)}


@pytest.fixture(autouse=True)
def utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))


def drawn(lines: list[str]) -> list[list[bool]]:
    rows: list[list[bool]] = []
    for line in lines:
        pairs = [_BLOCKS[character] for character in re.sub(r"\x1b\[[\d;]*m", "", line)]
        rows += [[above for above, _ in pairs], [below for _, below in pairs]]
    return rows


def dark_modules(border: int) -> list[list[bool]]:
    return [[module == 1 for module in row] for row in segno.make_qr(URL, error="m").matrix_iter(border=border)]


def test_black_on_white_with_the_quiet_zone_of_the_standard() -> None:
    lines = qr_lines(URL, 80, colour=True)
    expected = dark_modules(4)
    assert drawn(lines)[: len(expected)] == expected
    assert all(line.startswith("\x1b[") and line.endswith("\x1b[0m") for line in lines)
    assert not any(any(row) for row in drawn(lines)[len(expected) :])


def test_without_colour_the_light_modules_are_drawn() -> None:
    lines = qr_lines(URL, 80, colour=False)
    expected = [[not dark for dark in row] for row in dark_modules(4)]
    assert drawn(lines)[: len(expected)] == expected
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("colour", [True, False])
def test_a_narrow_terminal(colour: bool) -> None:
    full, tight = len(dark_modules(4)), len(dark_modules(2))
    assert [len(drawn(qr_lines(URL, columns, colour=colour))[0]) for columns in (full, full - 1, tight)] == [
        full,
        tight,
        tight,
    ]
    assert qr_lines(URL, tight - 1, colour=colour) == []


def test_a_terminal_that_has_no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "latin-1"))
    assert qr_lines(URL, 80, colour=True) == []
