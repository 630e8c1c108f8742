"""The tools that run generated code: many snippets in one run where the tool is slow to start."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.programs import run
from tests.peers import axios_package
from tests.peers.node import NODE

Snippets = dict[str, str]
"""Code by the name of its case."""


def _shell(program: str) -> Callable[[Path, Snippets], None]:
    def start(folder: Path, snippets: Snippets) -> None:
        for text in snippets.values():
            # As a person does: into a shell, not through an argument, whose length has a limit.
            script = folder / f"{program}.sh"
            script.write_text(text)
            run(["sh", script], stdin=subprocess.DEVNULL)

    return start


def _python(folder: Path, snippets: Snippets) -> None:
    run([sys.executable, _each(folder, snippets, "exec(compile({0}, {1}, 'exec'), {{}})\n", "all.py")])


def _each(folder: Path, snippets: Snippets, line: str, name: str) -> Path:
    path = folder / name
    path.write_text("".join(line.format(repr(text), repr(case)) for case, text in snippets.items()))
    return path


def _node(folder: Path, snippets: Snippets) -> None:
    (folder / "node_modules").symlink_to(axios_package.modules())
    for number, text in enumerate(snippets.values()):
        (folder / f"case{number}.mjs").write_text(text)
    (folder / "all.mjs").write_text("".join(f'await import("./case{n}.mjs");\n' for n in range(len(snippets))))
    run([NODE, folder / "all.mjs"])


def _go(folder: Path, snippets: Snippets) -> None:
    imports: set[str] = set()
    bodies = []
    for number, text in enumerate(snippets.values()):
        found = re.fullmatch(r"(?s)(?://.*\n)*package main\n\nimport \((.*?)\)\n\nfunc main\(\) (\{.*\})\n", text)
        assert found, text
        imports.update(found[1].split())
        bodies.append(f"func case{number}() {found[2]}\n")
    calls = "".join(f"\tcase{number}()\n" for number in range(len(bodies)))
    shown = "\n".join(sorted(imports))
    file = folder / "main.go"
    file.write_text(f"package main\n\nimport (\n{shown}\n)\n\n{''.join(bodies)}\nfunc main() {{\n{calls}}}\n")
    run(["go", "build", "-o", folder / "all", file], {"GOFLAGS": "", "GO111MODULE": "off"})
    run([folder / "all"])


def _java(folder: Path, snippets: Snippets) -> None:
    files = []
    for number, text in enumerate(snippets.values()):
        file = folder / f"Case{number}.java"
        file.write_text(text.replace("public class Main {", f"public class Case{number} {{"))
        files.append(file)
    calls = "".join(f"Case{number}.main(arguments);\n" for number in range(len(files)))
    main = folder / "All.java"
    main.write_text(
        f"public class All {{\npublic static void main(String[] arguments) throws Exception {{\n{calls}}}\n}}\n"
    )
    run(["javac", "-encoding", "UTF-8", "-d", folder, main, *files])
    run(["java", "-cp", folder, "All"])


def _included(program: str, first: str, line: str) -> Callable[[Path, Snippets], None]:
    def start(folder: Path, snippets: Snippets) -> None:
        all = [first]
        for number, text in enumerate(snippets.values()):
            (folder / f"case{number}").write_text(text)
            all.append(line.format(folder / f"case{number}"))
        (folder / "all").write_text("".join(all))
        run([program, folder / "all"])

    return start


@dataclass(frozen=True)
class Tool:
    language: str
    needs: tuple[str, ...]
    start: Callable[[Path, Snippets], None]
    cannot: dict[str, str] = field(default_factory=dict)
    """Cases it cannot send as they were, and why; the code has a note on each."""
    joins: bool = False
    """Repeated headers are one."""
    types: bool = False
    """It gives every body a type."""


TOOLS = [
    Tool("curl", ("curl",), _shell("curl")),
    Tool("wget", ("wget",), _shell("wget"), joins=True, types=True),
    Tool("httpie", ("http",), _shell("httpie"), {"custom-with-body": "methods of letters only"}),
    Tool("python-httpx", (), _python),
    Tool("python-requests", (), _python, joins=True),
    Tool(
        "javascript-fetch", (), _node, {"get-with-body": "sends no body with GET", "query": "in the query"}, joins=True
    ),
    Tool("javascript-axios", (), _node, {"query": "in the query"}),
    Tool("go", ("go",), _go),
    Tool("java", ("java", "javac"), _java, {"header-unicode": "header values in ASCII"}),
    Tool("php", ("php",), _included("php", "<?php\n", "include '{0}';\n")),
    Tool("ruby", ("ruby",), _included("ruby", "", "load '{0}'\n"), joins=True, types=True),
]
