"""The table of fields, and the page that people learn them from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wireglass.errors import QueryError
from wireglass.query import parse
from wireglass.query.fields import BY_NAME, TABLE, Field, find_field
from wireglass.query.mistakes import MITMPROXY

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "queries.md").read_text("utf-8")


def row(field: Field) -> str:
    also = ", ".join(f"`{alias}`" for alias in field.aliases)
    return f"| `{field.name}` | {field.help} | `{field.example}` | {also} |"


def test_the_guide_has_the_table() -> None:
    section = PAGE.partition("\n## Fields\n")[2].partition("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == [row(field) for field in TABLE]
    for field in TABLE:
        if field.kind == "flag":
            assert f"`{field.name}:` takes {', '.join(f'`{value}`' for value in field.values)}." in section


def test_every_query_of_the_guide_can_be_read() -> None:
    examples = re.findall(r"^(\S.*?)   +\S", PAGE.partition("```text\n")[2].partition("```")[0], re.MULTILINE)
    values = PAGE.partition("\n## Values\n")[2].partition("\n## ")[0]
    for cell in re.findall(r"^\| (.*?) \|", values, re.MULTILINE):
        examples += [text for text in re.findall(r"`([^`]*)`", cell) if re.match(r"-?[a-z]+[:~=!]", text)]
    examples += re.findall(r"^\| Chrome `(.*?)`", PAGE, re.MULTILINE)
    assert len(examples) > 25
    for example in examples:
        parse(example, 1_769_850_000.0)


def test_the_mistake_of_the_guide() -> None:
    with pytest.raises(QueryError) as caught:
        parse("metod:POST", 0.0)
    shown = f"{caught.value.message} {caught.value.hint}"
    assert shown.partition(" To look")[0] in PAGE


def test_every_name_is_one_field() -> None:
    assert len(BY_NAME) == sum(1 + len(field.aliases) for field in TABLE)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in BY_NAME)
    for field in TABLE:
        assert find_field(field.name.upper().replace("_", "-")) is field
        assert len(field.help) <= 60


def test_what_mitmproxy_users_are_told_is_of_this_language() -> None:
    for written in MITMPROXY.values():
        parse(re.sub("[A-Z]+", "404", written), 0.0)
