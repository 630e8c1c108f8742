"""Write docs/reference/cli.md and settings.md from the program; with ``--check`` say whether they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wireglass.cli.program import COMMANDS, program
from wireglass.settings import TABLE

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
MADE_BY = "<!-- Made by `make docs` from the program: do not edit. -->\n"


def cli() -> str:
    pages = ["# Command line\n", MADE_BY, _help(program, None)]
    for name in COMMANDS:
        command = program.get_command(click.Context(program), name)
        assert command is not None
        pages += [f"## wireglass {name}\n", _help(command, name)]
        if isinstance(command, click.Group):
            for one, part in command.commands.items():
                pages += [f"### wireglass {name} {one}\n", _help(part, f"{name} {one}")]
    return "\n".join(pages)


def _help(command: click.Command, name: str | None) -> str:
    names = ["-h", "--help"]
    parent = click.Context(program, info_name="wireglass", terminal_width=100, help_option_names=names, color=False)
    context = click.Context(command, parent, name, terminal_width=100, help_option_names=names) if name else parent
    lines = click.unstyle(command.get_help(context)).splitlines()
    return "\n".join(["```text", *(line.rstrip() for line in lines), "```\n"])


def settings() -> str:
    lines = [
        "# Settings\n",
        MADE_BY,
        "A flag of `wireglass up` (`run` and `browser` have all but `--listen`, for a capture they start) beats the",
        "environment variable, which beats `HOME/config.toml`, which beats the default. An empty variable counts as",
        "not set. A key in the file that is not a setting is an error. What runs keeps what it was started with.\n",
        "| In config.toml | Flag | Environment | Default | Unit |",
        "|---|---|---|---|---|",
    ]
    for setting in TABLE:
        key = f"`{setting.name}`" if setting.in_file else "not in the file"
        value = f" {setting.metavar}" if setting.metavar else ""
        default = f"`{setting.default}`" if setting.default else ""
        unit = setting.unit or "true or false"
        lines.append(f"| {key} | `{setting.flag}{value}` | `{setting.env}` | {default} | {unit} |")
    lines.append("")
    lines += [f"- **{setting.name}**: {setting.help}" for setting in TABLE]
    example = ['listen = "0.0.0.0:8080"', "workers = 2", 'body_limit = "10M"', "insecure = false"]
    lines += ["\n```toml", "# HOME/config.toml", *example, "```\n"]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    pages = {FOLDER / "cli.md": cli(), FOLDER / "settings.md": settings()}
    if arguments == ["--check"]:
        old = [page for page, text in pages.items() if not page.exists() or page.read_text("utf-8") != text]
        for page in old:
            print(f"{page} is out of date: run `make docs`")
        return 1 if old else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page, text in pages.items():
        page.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
