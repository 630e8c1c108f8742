"""What an error tells a person to type must be taken by the command."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.net import UnverifiedHosts
from wireglass.net.remedy import accept_unverified, wait_longer
from wireglass.setting_values import parse_duration, parse_hosts
from wireglass.settings import find


def typed(hint: str) -> tuple[str, str]:
    """The flag and its value."""
    found = re.search(r"`wireglass up (--[a-z-]+) ([^ `]+)`", hint)
    assert found is not None, hint
    return found[1], found[2]


@given(st.floats(0.001, 365 * 86400.0))
def test_every_time_is_taken_and_longer(seconds: float) -> None:
    flag, text = typed(wait_longer(find("idle_timeout").flag, seconds))
    assert flag == "--idle-timeout"
    longer = parse_duration(text)
    assert longer is not None and (longer > seconds or longer == 365 * 86400.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(30.0, "1m"), (300.0, "10m"), (1800.0, "1h"), (1.0, "2s"), (0.2, "400ms"), (45.25, "90s")]
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert typed(wait_longer("--connect-timeout", seconds))[1] == text


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("dev.local", 443, "dev.local"),
        ("dev.local", 8443, "dev.local:8443"),
        ("::1", 443, "[::1]"),
        ("::1", 8443, "[::1]:8443"),
    ],
)
def test_a_host_is_let_through_by_what_is_said(host: str, port: int, text: str) -> None:
    flag, named = typed(accept_unverified(host, port))
    assert (flag, named) == (find("insecure_hosts").flag, text)
    assert UnverifiedHosts(parse_hosts(named)).find(port, host) == named
