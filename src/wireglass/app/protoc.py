"""Descriptor sets from files: read, or compiled from ``.proto`` by ``protoc``."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from wireglass.errors import UsageError

SET_LIMIT = 64 * 2**20
"""Bytes of one descriptor set."""
_SOURCES_LIMIT = 10_000
_SECONDS = 300


def read(source: Path) -> bytes:
    try:
        with source.open("rb") as stream:
            data = stream.read(SET_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.", "Is the path right?") from error
    if len(data) > SET_LIMIT:
        raise UsageError(f"{source} is larger than {SET_LIMIT} bytes.", "Split it, and add the parts.")
    return data


def compiled(source: Path, include: Sequence[Path]) -> bytes:
    if not source.exists():
        raise UsageError(f"{source} cannot be read: there is no such file.", "Is the path right?")
    folder = source if source.is_dir() else source.parent
    sources = _sources(source) if source.is_dir() else [source]
    # protoc knows a file by its path below one of these folders, and the first that has it counts.
    folders = [*(include if source.is_file() else ()), folder, *(() if source.is_file() else include)]
    with tempfile.TemporaryDirectory(prefix="wireglass-") as made:
        out, list = Path(made) / "set", Path(made) / "arguments"
        arguments = [f"-I{one.resolve()}" for one in folders]
        arguments += ["--include_imports", f"--descriptor_set_out={out}", *(str(one.resolve()) for one in sources)]
        list.write_text("\n".join(arguments), "utf-8")  # a command line has room for some thousand paths only
        try:
            done = subprocess.run(  # noqa: S603 - protoc, of this installation or the system
                [*_protoc(), f"@{list}"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"protoc took more than {_SECONDS} s for {source}.", "Add fewer files.") from error
        except OSError as error:
            raise UsageError(f"protoc cannot be started: {error.strerror}.", "Is it installed as it should?") from error
        if done.returncode:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[:500].rstrip(".")
            imports = "File not found" in said or "was not found or had errors" in said
            raise UsageError(
                f"protoc cannot compile {source}: {said or f'exit code {done.returncode}'}.",
                "Name the folders that its imports begin in with --include." if imports else "Correct the file.",
            )
        return read(out)


def _sources(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        found += [Path(path) / one for one in sorted(files) if one.endswith(".proto")]
        if len(found) > _SOURCES_LIMIT:
            raise UsageError(f"{folder} has more than {_SOURCES_LIMIT} .proto files.", "Add folders in it one by one.")
    if not found:
        raise UsageError(f"there is no .proto file in {folder}.", "Is the path right?")
    return found


def _protoc() -> list[str]:
    if importlib.util.find_spec("grpc_tools") is not None:
        return [sys.executable, "-m", "grpc_tools.protoc"]
    if found := shutil.which("protoc"):
        return [found]
    raise UsageError(
        "A .proto file is compiled by protoc, which is not installed.",
        "Install it (pip install 'wireglass[protos]', or protobuf-compiler of your system), or give what "
        "`protoc --include_imports --descriptor_set_out=FILE` wrote where you have it.",
    )
