"""What the page of a failed exchange says to try: it must be there to be tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wireglass import errors
from wireglass.cli.program import COMMANDS
from wireglass.settings import TABLE

SOURCE = (Path(__file__).parent.parent.parent / "ui/src/detail/advice.ts").read_text("utf-8")
ADVICE = re.findall(r'\[\s*"(\w+)",\s*"((?:[^"\\]|\\.)+)",?\s*\]', SOURCE)
ENDS_AN_EXCHANGE = (
    errors.ProtocolError,
    errors.ClientClosed,
    errors.Interrupted,
    errors.Refused,
    errors.ProxyAuthWanted,
    errors.LimitReached,
    errors.UpstreamError,
)


def codes() -> Iterator[str]:
    waiting: list[type[errors.WireglassError]] = [*ENDS_AN_EXCHANGE]
    for kind in waiting:
        waiting += kind.__subclasses__()
        yield kind.code


def test_each_error_that_ends_an_exchange_has_advice() -> None:
    assert len(ADVICE) > 20
    assert [code for code in codes() if not any(code.startswith(known) for known, _ in ADVICE)] == []


def test_each_advice_is_of_an_error_and_none_hides_another() -> None:
    for place, (known, _) in enumerate(ADVICE):
        assert any(code.startswith(known) for code in codes()), known
        assert [before for before, _ in ADVICE[:place] if known.startswith(before)] == []


@pytest.mark.parametrize(("known", "text"), ADVICE)
def test_each_flag_and_command_exists(known: str, text: str) -> None:
    flags = {setting.flag for setting in TABLE}
    assert set(re.findall(r"(?<!\S)--[a-z][a-z-]+", text)) <= flags
    assert set(re.findall(r"`wireglass (\w+)", text)) <= set(COMMANDS)
