"""What to do about an error, as a command that can be followed to the letter."""

from __future__ import annotations

from wireglass.wire.target import DEFAULT_PORTS, bracketed

_LONGEST = 365 * 86_400_000  # milliseconds; a longer time is refused by the settings
_UNITS = (("h", 3_600_000), ("m", 60_000), ("s", 1000))


def wait_longer(flag: str, seconds: float) -> str:
    """For a time-out of ``seconds`` that the setting ``flag`` gives."""
    return f"To wait longer: stop Wireglass and start it with `wireglass up {flag} {_time(2 * seconds)}`."


def accept_unverified(host: str, port: int) -> str:
    """For a server whose certificate fails a check."""
    named = bracketed(host) if port == DEFAULT_PORTS["https"] else f"{bracketed(host)}:{port}"
    return f"To accept it as it is: stop Wireglass and start it with `wireglass up --insecure-hosts {named}`."


def _time(seconds: float) -> str:
    """As ``settings.parse_duration`` reads it, which takes nine digits: from a minute on whole seconds."""
    milliseconds = min(max(1, round(seconds * 1000)), _LONGEST)
    if milliseconds > 60_000:
        milliseconds = round(milliseconds, -3)
    for unit, size in _UNITS:
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"
