"""Descriptors of Protobuf messages: those a person added, kept in the home, and those that recorded servers sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from wireglass.app.home import Home
from wireglass.content.protobuf_names import Method, Names, NotDescriptors, files_of_set, reflected_files
from wireglass.content.stream import messages
from wireglass.errors import NotFound, StoreError, UsageError, WireglassError
from wireglass.store import Reader

_REFLECTED_LIMIT = 64 * 2**20
"""Bytes of their answers."""
_REFLECTIONS_LIMIT = 32
"""Exchanges with a reflection service that are looked at, the newest of the same host first."""
_REFLECTION_PATHS = tuple(
    f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")
)
_SUFFIX = ".binpb"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class Added(msgspec.Struct, frozen=True):
    name: str
    replaced: bool
    methods: list[Method]
    notes: list[str]
    """Files that are of no use, and why."""


class Kept(msgspec.Struct, frozen=True):
    name: str
    size: int
    """Bytes; 0 if it cannot be read."""
    files: int
    methods: list[Method]
    notes: list[str]


def add(home: Home, source: Path, include: Sequence[Path] = (), name: str = "") -> Added:
    """Keep the descriptors of ``source``: a descriptor set, a ``.proto`` file, or a folder with such files, which are
    compiled; ``include`` are more folders for their imports. ``name`` is that of the file or folder if not said.

    Raises UsageError where there is nothing of that kind, HomeNotWritable.
    """
    name = name or source.resolve().stem
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a set: letters, digits, '.', '_' and '-' can.", "Give one with --name."
        )
    from wireglass.app import protoc

    is_source = source.is_dir() or source.suffix == ".proto"
    data = protoc.compiled(source, include) if is_source else protoc.read(source)
    try:
        files = files_of_set(data)
    except NotDescriptors as reason:
        raise UsageError(
            f"{source} cannot be used: {reason}.",
            "Give a .proto file, a folder of them, or what `protoc --include_imports --descriptor_set_out` writes.",
        ) from reason
    names = Names(lambda: files)
    home.make()
    file = _file(home, name)
    replaced = file.exists()
    home.write_proto_set(file.name, data)
    return Added(name, replaced, names.methods(), names.notes)


def kept(home: Home) -> list[Kept]:
    """By name."""
    return [_look(file) for file in _files(home)]


def remove(home: Home, name: str) -> None:
    """Raises NotFound."""
    file = _file(home, name)
    if not _NAME.fullmatch(name) or not file.is_file():
        raise NotFound(f"there is no set {name!r}.", "`wireglass protos ls` lists them.")
    try:
        file.unlink()
    except OSError as error:
        raise WireglassError(f"{file} cannot be removed: {error.strerror}.", "Correct its permissions.") from error


def names_for(home: Home, reader: Reader | None, host: str = "") -> Names:
    """Of everything that was added, and then of what recorded servers told by reflection, ``host`` first: what a person
    added counts more. Read when the first name is asked for."""

    def load() -> list[bytes]:
        found: list[bytes] = []
        for file in _files(home):
            try:
                found += files_of_set(file.read_bytes())
            except (OSError, NotDescriptors):
                continue  # `wireglass protos ls` says so
        if reader is not None:
            found += _reflected(reader, host)
        return found

    return Names(load)


def _reflected(reader: Reader, host: str) -> Iterator[bytes]:
    try:
        ids = reader.of_paths(_REFLECTION_PATHS, host, _REFLECTIONS_LIMIT)
        room = _REFLECTED_LIMIT
        for id in ids:
            record = reader.get(id)
            found = messages(record, b"", reader.body(record, "request"), reader.body(record, "response"))
            for message in found:
                if message.side == "response" and message.kind == "message":
                    room -= len(message.data)
                    if room < 0:
                        return
                    yield from reflected_files(message.data)
    except (StoreError, NotFound):
        return  # names are a help, and their absence is seen


def _files(home: Home) -> list[Path]:
    return sorted(home.protos.glob(f"*{_SUFFIX}"))


def _file(home: Home, name: str) -> Path:
    return home.protos / f"{name}{_SUFFIX}"


def _look(file: Path) -> Kept:
    name = file.name.removesuffix(_SUFFIX)
    try:
        data = file.read_bytes()
        files = files_of_set(data)
    except OSError as error:
        return Kept(name, 0, 0, [], [f"{file} cannot be read: {error.strerror}"])
    except NotDescriptors as reason:
        return Kept(name, len(data), 0, [], [f"{file} is damaged: {reason}"])
    names = Names(lambda: files)
    return Kept(name, len(data), len(files), names.methods(), names.notes)
