"""The texts of settings as values: each function reads one kind, and raises ValueError with the words that follow the
refused text in a message."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import msgspec

from wireglass.listening import Address, parse_address

_SIZE_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
_SIZE = re.compile(r"(\d{1,19}) ?((?:[kmgt]i?)?)b?", re.ASCII | re.IGNORECASE)
_DURATION_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(ms|[smhd]?)", re.ASCII | re.IGNORECASE)
_LONGEST = 365 * 86400.0  # seconds
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})", re.ASCII)
_JSON_PATH = re.compile(
    r"\$?(?:(?:\.\.?+)?+(?:[^\s.\[\]*'\"$;]++|\*|\[(?:\*|[0-9]{1,9}|'[^']*+'|\"[^\"]*+\")\]))+", re.ASCII
)
_EXTENSION = re.compile(r"(?:chrome|moz)-extension://[A-Za-z0-9-]{1,64}", re.ASCII)
_MOST_PATTERNS = 100
_LONGEST_PATTERN = 1000
_LARGEST = 2**63 - 1  # what a column of the store can hold
_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def parse_size(text: str) -> int | None:
    """Bytes: ``512k``, ``10M``, ``1GiB``; k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024. ``none`` is None."""
    if text.strip().lower() == "none":
        return None
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError("must be a size such as 512k, 10M or 1GiB, or none")
    size = int(match[1]) * _SIZE_UNITS[match[2].lower()]
    if size > _LARGEST:
        raise ValueError("must be below 8 EiB; none means no limit")
    return size


def parse_duration(text: str) -> float | None:
    """Seconds, more than 0 and at most a year: ``30s``, ``5m``, ``1h``, ``500ms``, ``2.5s``; a number alone is seconds.
    ``none`` is None."""
    if text.strip().lower() == "none":
        return None
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise ValueError("must be a time such as 30s, 5m or 1h, or none")
    seconds = float(match[1]) * _DURATION_UNITS[match[2].lower()]
    if not 0 < seconds <= _LONGEST:
        raise ValueError("must be more than 0 and at most 365d; none means no limit")
    return seconds


def parse_hosts(text: str) -> tuple[str, ...]:
    """Hosts with commas between: ``dev.local``, ``*.test`` (every name below it), ``10.0.0.5:8443`` (that port alone),
    ``[::1]:8443``, ``::1``; in lower case, an IPv6 address in brackets. Empty text is no host."""
    return tuple(dict.fromkeys(_parse_host(item.strip().lower()) for item in text.split(",") if item.strip()))


def _parse_host(item: str) -> str:
    bare = re.fullmatch(r"\[([^\[\]]*)\]|([^\[\]]*:[^\[\]]*:[^\[\]]*)", item)
    if bare:
        return f"[{_parse_ipv6(bare[1] or bare[2], item)}]"
    host, colon, port = item.rpartition(":")
    if not colon:
        host = item
    elif not re.fullmatch(r"\d{1,9}", port, re.ASCII):
        raise ValueError(_no_host(item))
    elif not 0 < int(port) < 65536:
        raise ValueError(f"has {item!r}, whose port is not from 1 to 65535")
    if host.startswith("[") and host.endswith("]"):
        host = f"[{_parse_ipv6(host[1:-1], item)}]"
    elif not _HOST_NAME.fullmatch(host.removeprefix("*.")):
        raise ValueError(_no_host(item))
    return f"{host}:{int(port)}" if colon else host


def _parse_ipv6(text: str, item: str) -> ipaddress.IPv6Address:
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError(_no_host(item)) from None


def _no_host(item: str) -> str:
    return f"has {item!r}, which is no host: write for example dev.local, *.test, 10.0.0.5:8443 or [::1]:8443"


class ClientCertificate(msgspec.Struct, frozen=True):
    """What is shown to servers that ``host`` names, a pattern of ``parse_hosts``. Both are paths of PEM files, ``key``
    the same one where the key stands behind the certificate."""

    host: str
    file: str
    key: str

    def __str__(self) -> str:
        """As the setting takes it."""
        return f"{self.host}={self.file}" if self.key == self.file else f"{self.host}={self.file},{self.key}"


def parse_client_certificates(text: str) -> tuple[ClientCertificate, ...]:
    """``HOST=FILE`` or ``HOST=FILE,KEYFILE``, several with ``;`` or line ends between; of two for a host the last one
    counts."""
    found = {}
    for item in re.split(r"[;\n]", text):
        if item.strip():
            host, equals, files = (word.strip() for word in item.partition("="))
            hosts = parse_hosts(host)
            if not equals or len(hosts) != 1:
                raise ValueError("must be HOST=FILE or HOST=FILE,KEYFILE, for example api.example.com=me.pem")
            file, _, key = (word.strip() for word in files.partition(","))
            if not file or "\0" in files:
                raise ValueError(
                    f"names no file for {host}: write {host}=FILE, with the certificate and its key in PEM"
                )
            found[hosts[0]] = ClientCertificate(hosts[0], _file(file), _file(key or file))
    return tuple(found.values())


def _file(path: str) -> str:
    try:
        return str(absolute(Path(path).expanduser()))
    except RuntimeError:
        raise ValueError("begins with ~ and the home folder of that user is not known; write the whole path") from None


def parse_ui(text: str) -> Address | str:
    """An address, or ``off``."""
    return "off" if text.strip().lower() == "off" else parse_address(text)


def parse_origins(text: str) -> tuple[str, ...]:
    """Of extensions alone: no web page may read the API, whoever asks for it."""
    origins = tuple(filter(None, (item.strip() for item in text.split(","))))
    for origin in origins:
        if not _EXTENSION.fullmatch(origin):
            raise ValueError(f"has {origin!r}, which is not chrome-extension://ID or moz-extension://ID")
    return origins


def parse_alt_svc(text: str) -> str:
    word = text.strip().lower()
    if word not in ("strip", "keep"):
        raise ValueError("must be strip or keep")
    return word


def parse_workers(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text.strip(), re.ASCII) or not 1 <= int(text) <= 64:
        raise ValueError("must be a whole number from 1 to 64")
    return int(text)


def parse_clients(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text.strip(), re.ASCII) or not 1 <= int(text) <= 100_000:
        raise ValueError("must be a whole number from 1 to 100000")
    return int(text)


def parse_count(text: str) -> int | None:
    """A whole number from 1; ``none`` is None."""
    if text.strip().lower() == "none":
        return None
    if not re.fullmatch(r"\d{1,12}", text.strip(), re.ASCII) or int(text) < 1:
        raise ValueError("must be a whole number from 1, or none")
    return int(text)


def parse_truth(text: str) -> bool:
    try:
        return _TRUTH[text.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def parse_session(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise ValueError("must be 1 to 100 printable characters")
    return name


def parse_names(text: str) -> tuple[str, ...]:
    """Names with commas between, of headers or fields."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if len(name) > 200 or not name.isprintable() or " " in name:
            raise ValueError(f"has {name[:50]!r}, which is no name: write for example X-Session,X-Device")
    return names


def parse_json_paths(text: str) -> tuple[str, ...]:
    """The part of RFC 9535 that names members and elements, several with ``;`` or line ends between."""
    paths = tuple(dict.fromkeys(path.strip() for path in re.split(r"[;\n]", text) if path.strip()))
    for path in paths:
        if len(path) > 500 or not _JSON_PATH.fullmatch(path):
            raise ValueError(
                f"has {path[:50]!r}, which is no JSON path: write for example $.user.ssn or $.items[*].iban"
            )
    return paths


def parse_patterns(text: str) -> tuple[str, ...]:
    """RE2 expressions, one a line."""
    import re2  # no other setting needs it

    patterns = tuple(dict.fromkeys(line for line in text.split("\n") if line.strip()))
    if len(patterns) > _MOST_PATTERNS:
        raise ValueError(f"has {len(patterns)} patterns, and {_MOST_PATTERNS} are allowed")
    options = re2.Options()
    options.log_errors = False
    for pattern in patterns:
        if len(pattern) > _LONGEST_PATTERN:
            raise ValueError(f"has a pattern of {len(pattern)} characters, and {_LONGEST_PATTERN} are allowed")
        try:
            found = re2.compile(pattern, options).search("")
        except re2.error as error:
            why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise ValueError(f"has {pattern[:50]!r}, which is no RE2 expression: {why}") from None
        if found is not None:
            raise ValueError(f"has {pattern[:50]!r}, which finds empty text as well")
    return patterns


def parse_home(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ValueError("must be the path of a folder")
    try:
        return absolute(Path(text).expanduser())
    except RuntimeError:
        raise ValueError("begins with ~ and the home folder of that user is not known; write the whole path") from None


def absolute(path: Path) -> Path:
    """As messages and hints name it, without ``..``: behind a link that leads to the folder that only the disk knows,
    and so links are followed then, and kept otherwise."""
    return path.resolve() if ".." in path.parts else path.absolute()
