"""``wireglass protos``"""

from __future__ import annotations

from pathlib import Path

import click

from wireglass.app.home import Home
from wireglass.cli.hint import with_hints
from wireglass.cli.options import home_option, json_option
from wireglass.cli.shape import to_line
from wireglass.cli.text import one_line, say, size


@click.group(
    short_help="Names for Protobuf and gRPC messages.",
    epilog="""\b
Examples:
  wireglass protos add api/                 a folder of .proto files
  wireglass protos add billing.proto --include third_party
  wireglass protos add api.binpb            written by protoc --descriptor_set_out
  wireglass protos ls
\b
Exit codes: 0 done; 1 no such set, or it cannot be removed; 2 wrong usage, or a file that cannot be used.""",
)
def command() -> None:
    """Names for Protobuf and gRPC messages: `wireglass show` uses what is added here.

    Where a recorded server was asked by reflection (grpcurl, grpcui, Postman do), its names are used without this."""


@command.command(
    epilog="""\b
Examples:
  wireglass protos add api/
  wireglass protos add api/billing/v1/billing.proto --include api
\b
Exit codes: 0 done; 2 wrong usage, or a file that cannot be used: none of them is kept from there on."""
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--include",
    "-I",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder in which the imports of .proto files begin; may be repeated.",
)
@click.option("--name", metavar="NAME", help="Keep it under this name; that of the file or folder if not said.")
@home_option
def add(home: Home, paths: tuple[Path, ...], include: tuple[Path, ...], name: str | None) -> None:
    """Keep the names of PATH...: .proto files, folders of them, or descriptor sets.

    .proto files are compiled by protoc. What has the same name is replaced."""
    from wireglass.app import protos

    if name is not None and len(paths) > 1:
        raise click.UsageError("--name is for one PATH.")
    for path in paths:
        added = protos.add(home, path, include, name or "")
        done = "Replaced" if added.replaced else "Added"
        click.echo(f"{done} {added.name}: {_counted(len(added.methods), 'method')}")
        for note in added.notes:
            say(note)


@command.command(
    name="ls",
    epilog="""\b
Examples:
  wireglass protos ls
  wireglass protos ls --json | jq -r '.methods[].path'
\b
Exit codes: 0 done, also if there is none; 2 wrong usage.""",
)
@json_option
@home_option
def list_sets(home: Home, as_json: bool) -> None:
    """List what was added, with its methods."""
    from wireglass.app import protos

    sets = protos.kept(home)
    if not sets and not as_json:
        say(with_hints("No set was added. Add one with `wireglass protos add PATH`.", home.path))
    for one in sets:
        if as_json:
            methods = [method._asdict() for method in one.methods]
            click.echo(
                to_line(
                    {
                        "name": one.name,
                        "size": one.size,
                        "files": one.files,
                        "methods": methods,
                        "notes": one.notes,
                    }
                )
            )
            continue
        click.echo(
            f"{one_line(one.name)}  {size(one.size)}, {_counted(one.files, 'file')}, "
            f"{_counted(len(one.methods), 'method')}"
        )
        for method in one.methods:
            click.echo(
                f"  {one_line(method.path)}  {_streamed(method.request_streams)}{one_line(method.request)} → "
                f"{_streamed(method.response_streams)}{one_line(method.response)}"
            )
        for note in one.notes:
            say(note)


@command.command(
    epilog="""\b
Examples:
  wireglass protos rm billing
\b
Exit codes: 0 done; 1 no such set, or it cannot be removed; 2 wrong usage."""
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@home_option
def rm(home: Home, names: tuple[str, ...]) -> None:
    """Remove the sets NAME... (the names that `ls` shows)."""
    from wireglass.app import protos

    for name in names:
        protos.remove(home, name)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _streamed(streams: bool) -> str:
    return "stream " if streams else ""
