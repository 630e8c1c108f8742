"""Payment card numbers: ISO/IEC 7812's check digit, and the issuers' prefixes and lengths as of 2025."""

from __future__ import annotations

import re

# Digits in one run, or in the groups that cards are printed with.
FORM = r"[2-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{5}|[2-6][0-9]{13,18}"

_ISSUERS = (
    (re.compile(rb"4"), (16,)),  # Visa; of 13 digits none is left, and 19 are not issued to people
    (re.compile(rb"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),  # Mastercard
    (re.compile(rb"3[47]"), (15,)),  # American Express
    (re.compile(rb"6011|64[4-9]|65"), (16,)),  # Discover
    (re.compile(rb"30[0-5]|3[689]"), (14,)),  # Diners Club
    (re.compile(rb"35(?:2[89]|[3-8])"), (16,)),  # JCB
    (re.compile(rb"62"), (16, 17, 18, 19)),  # UnionPay
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_card(text: bytes) -> bool:
    """``text`` has digits, and blanks or hyphens between groups of them."""
    digits = text.translate(None, b" -")
    if not digits.isdigit() or len(set(digits)) < 2:
        return False
    issued = any(len(digits) in lengths and issuer.match(digits) for issuer, lengths in _ISSUERS)
    return issued and _check(digits)


def _check(digits: bytes) -> bool:
    """The Luhn algorithm (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += _DOUBLED[digit - 48] if place % 2 else digit - 48
    return total % 10 == 0
