"""The tree of errors and the page that explains it."""

from __future__ import annotations

import re
from collections import Counter
from http import HTTPStatus
from pathlib import Path

from wireglass import errors
from wireglass.errors import WireglassError

PAGE = Path(__file__).parent.parent / "docs" / "guide" / "errors.md"


def kinds() -> list[type[WireglassError]]:
    return [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, WireglassError) and kind is not WireglassError
    ]


def test_every_code_is_one_kind() -> None:
    counted = Counter(kind.code for kind in kinds())
    assert [code for code, count in counted.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z][a-z_]*[a-z]", code) for code in counted)


def test_every_kind_has_a_status_that_http_knows() -> None:
    for kind in kinds():
        assert 400 <= HTTPStatus(kind.http_status) < 600, kind


def test_the_guide_explains_every_code_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [code for code, count in Counter(rows).items() if count > 1] == []
    assert set(rows) == {kind.code for kind in kinds()}


def test_the_tree_in_the_docstring_names_every_kind() -> None:
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"[A-Z][A-Za-z]+", errors.__doc__))
    assert [kind.__name__ for kind in kinds() if kind.__name__ not in drawn] == []
