"""``THREAT_MODEL.md``: behind each answer stands a test, and what has none is said to be open, with the reason."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEST = re.compile(r"`(tests/[\w/]+\.py::\w+)`")
LEAST = 60  # rows; fewer were read: the table is written in another way than this file reads it


def section(title: str) -> str:
    """The text below a heading of the second level."""
    [text] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", _page(), re.MULTILINE | re.DOTALL)
    return str(text)


def rows(text: str) -> list[list[str]]:
    """The cells of every table, without headings."""
    tables = re.findall(r"^\|.*\n\|(?:-+\|)+\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for table in tables for line in table.splitlines()]


def _page() -> str:
    return (ROOT / "THREAT_MODEL.md").read_text("utf-8")


def test_no_answer_is_without_a_test() -> None:
    found = rows(section("Doors"))
    assert len(found) >= LEAST
    for attack, answer, *tests in found:
        assert attack and answer
        assert len(tests) == 1, f"{attack}: attack, answer, tests"
        assert TEST.findall(tests[0]), f"{attack}: no test is named"
        assert not TEST.sub("", tests[0]).strip(), f"{attack}: {tests[0]} is not only tests"


def test_what_is_not_answered_has_a_reason() -> None:
    found = rows(section("Not answered"))
    assert found
    for row in found:
        assert len(row) == 2 and all(row), row


def test_every_named_test_is_there() -> None:
    """Collected by pytest, which fails and names those that it does not find."""
    names = sorted(set(TEST.findall(_page())))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if "ERROR" in line) or done.stdout
    assert {name.split("[")[0] for name in done.stdout.splitlines() if "::" in name} == set(names)
