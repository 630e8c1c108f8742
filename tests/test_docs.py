"""What the documentation says is what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs/guide"
PICTURES = ROOT / "docs/pictures"
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_the_reference_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_two_commands_of_the_readme_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs/guide/getting-started.md"):
        for target in re.findall(r"^make (\w+)|`make (\w+)", page.read_text("utf-8"), re.MULTILINE):
            assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target


def test_the_readme_shows_on_one_screen() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 45


def test_every_guide_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in GUIDE.rglob("*.md")]
    assert [page for page in pages if f"]({page})" not in index] == []


def test_every_picture_is_shown_and_small() -> None:
    """`make pictures ARGS=--docs` takes them."""
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", page.read_text("utf-8"))
    }
    assert shown == set(PICTURES.iterdir())
    assert {file.name: file.stat().st_size for file in shown if file.stat().st_size > 120_000} == {}


@pytest.mark.parametrize("page", [GUIDE / "web-ui.md", *GUIDE.glob("web-ui/*.md")], ids=lambda page: page.name)
def test_what_the_guide_prints_in_bold_stands_in_the_web_ui(page: Path) -> None:
    code = " ".join(file.read_text("utf-8") for file in (ROOT / "ui/src").rglob("*.ts*") if ".test." not in file.name)
    labels = {" ".join(label.split()) for label in re.findall(r"\*\*(.+?)\*\*", page.read_text("utf-8"), re.DOTALL)}
    assert labels
    # A text of its own, from quote to quote or from tag to tag; what a name follows ends with `{`.
    missing = [label for label in labels if not re.search(rf"""["'>`}}]\s*{re.escape(label)}\s*["'<`{{]""", code)]
    assert missing == []
