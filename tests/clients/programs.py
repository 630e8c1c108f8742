"""The clients of the matrix: how each is started, and what it cannot ask, with the reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from tests.clients.answers import CODINGS
from tests.clients.cases import CASES, Case
from tests.peers.chromium import chromium
from tests.peers.node import NODE

DRIVERS = Path(__file__).parent / "drivers"
ROOT = Path(__file__).parents[2]
JAVA_PASSWORD = "changeit"
"""What Java programs expect (keytool's own default); it protects a public certificate."""


@dataclass
class Workshop:
    """Where drivers are compiled, once for a run of the tests."""

    folder: Path
    proxy: str
    """``http://host:port``"""
    ca: Path
    made: dict[str, Path] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        if name not in self.made:
            path = self.folder / name
            make(path)
            self.made[name] = path
        return self.made[name]


@dataclass(frozen=True)
class Client:
    name: str
    needs: tuple[str, ...]
    """Programs, by their name or path."""
    command: Callable[[Workshop], tuple[list[str | Path], dict[str, str]]]
    """The driver's command line and what it needs in its environment."""
    cannot: dict[str, str] = field(default_factory=dict)
    """Cases it has no way to ask, or treats as an error of its own, and why."""
    undoes: tuple[str, ...] = ()
    """Content codings it undoes without having asked for them in Accept-Encoding."""
    stays: tuple[str, ...] = ()
    """Redirects that not every version of it follows."""
    hides: tuple[str, ...] = ()
    """Response fields it does not show to the program."""
    keeps_cookies: bool = True
    connections: int = 1
    """At most so many for requests one behind the other."""

    def cases(self) -> list[Case]:
        unknown = {*self.cannot, *self.stays} - {case.name for case in CASES}
        assert not unknown, f"no such cases: {unknown}"
        return [case for case in CASES if case.name not in self.cannot]


ELSEWHERE = re.compile(r"_proxy$|^SSL_CERT|_CA_BUNDLE$|^NODE_|_JAVA_OPTIONS$|^JAVA_TOOL_OPTIONS$", re.IGNORECASE)


def python(driver: str) -> Callable[[Workshop], tuple[list[str | Path], dict[str, str]]]:
    return lambda _: ([sys.executable, "-m", f"tests.clients.drivers.{driver}"], {})


def _node(shop: Workshop) -> tuple[list[str | Path], dict[str, str]]:
    proxy = {"NODE_USE_ENV_PROXY": "1", "HTTP_PROXY": shop.proxy, "HTTPS_PROXY": shop.proxy, "NO_PROXY": ""}
    return [NODE, DRIVERS / "fetch.mjs"], {**proxy, "NODE_EXTRA_CA_CERTS": str(shop.ca)}


def _go(shop: Workshop) -> tuple[list[str | Path], dict[str, str]]:
    def build(path: Path) -> None:
        run(["go", "build", "-o", path, DRIVERS / "main.go"], {"GOFLAGS": "", "GO111MODULE": "off"})

    return [shop.once("matrix-go", build)], {}


def _java(way: str) -> Callable[[Workshop], tuple[list[str | Path], dict[str, str]]]:
    def command(shop: Workshop) -> tuple[list[str | Path], dict[str, str]]:
        def compile(path: Path) -> None:
            run(["javac", "-d", path, DRIVERS / "Client.java"])

        def store(path: Path) -> None:
            words = ["keytool", "-importcert", "-noprompt", "-alias", "wireglass", "-storetype", "PKCS12"]
            run([*words, "-storepass", JAVA_PASSWORD, "-file", shop.ca, "-keystore", path])

        classes, trust = shop.once("java", compile), shop.once("trust.p12", store)
        words = [f"-Djavax.net.ssl.trustStore={trust}", f"-Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD}"]
        return ["java", *words, "-cp", classes, "Client", way], {}

    return command


def _chromium(_: Workshop) -> tuple[list[str | Path], dict[str, str]]:
    return [sys.executable, "-m", "tests.clients.drivers.with_chromium", chromium()], {}


def run(words: list[str | Path], more: dict[str, str] | None = None, **options: Any) -> bytes:
    """A program with our environment less what would lead its requests or its trust elsewhere; its standard output."""
    own = {name: value for name, value in os.environ.items() if not ELSEWHERE.search(name)}
    done = subprocess.run(words, env={**own, **(more or {})}, capture_output=True, timeout=240, cwd=ROOT, **options)
    assert done.returncode == 0, f"{words} ended with {done.returncode}: {done.stderr.decode(errors='replace')}"
    out: bytes = done.stdout
    return out


class Answer(msgspec.Struct, frozen=True):
    """What a client says it got."""

    name: str
    status: int = 0
    headers: list[tuple[str, str]] = []
    size: int = 0
    sha256: str = ""
    error: str = ""


def drive(client: Client, shop: Workshop, cases: list[Case], page: str) -> list[Answer]:
    """Let the client ask ``cases``; its answers in their order."""
    plan = {"proxy": shop.proxy, "ca": str(shop.ca), "page": page, "cases": cases}
    words, more = client.command(shop)
    return msgspec.json.decode(run(words, more, input=msgspec.json.encode(plan)), type=list[Answer])


NO_TRAILERS = {"post-trailers": "its API has no request trailers"}
NO_EXPECT = {"post-expect": "its API has no Expect: 100-continue"}
NO_OLD = {"from-old": "it speaks HTTP/1.1 only"}

CLIENTS = [
    Client("curl", ("curl",), python("with_curl"), NO_TRAILERS),
    Client(
        "requests",
        (),
        python("with_requests"),
        NO_TRAILERS
        | NO_EXPECT
        | NO_OLD
        | {"hints": "http.client of Python 3.11 takes any 1xx but 100 for the final response"},
    ),
    Client("httpx", (), python("with_httpx"), NO_TRAILERS | NO_EXPECT | NO_OLD),
    Client(
        "aiohttp",
        (),
        python("with_aiohttp"),
        NO_TRAILERS
        | {
            "zstd": "it raises at this coding unless backports.zstd is there",
            "latin-header": "it sends header values in UTF-8",
        },
    ),
    Client(
        "node",
        (str(NODE),),
        _node,
        NO_TRAILERS
        | NO_EXPECT
        | NO_OLD
        | {"post-chunked-empty": "it sees that the stream is empty and says Content-Length: 0"},
        undoes=CODINGS,
        keeps_cookies=False,
    ),
    Client("go", ("go",), _go, NO_OLD),
    Client(
        "java-client",
        ("java", "javac", "keytool"),
        _java("client"),
        NO_TRAILERS
        | NO_OLD
        | {
            "latin-header": "it sends header values in ASCII",
            "close-asked": "it refuses the field (restricted header name)",
            "odd-raw": "java.net.URI refuses the characters",
        },
    ),
    Client(
        "java-connection",
        ("java", "javac", "keytool"),
        _java("connection"),
        NO_TRAILERS
        | NO_EXPECT
        | NO_OLD
        | {
            "patch": "it refuses the method",
            "custom": "it refuses the method",
            "latin-header": "it sends the header in the encoding of the locale",
            "hints": "it hangs on a 103 without any proxy as well (JDK 17)",
        },
        # JDK 17 knows 300 to 307 (HttpURLConnection.followRedirect).
        stays=("redirect-308", "redirect-308-absolute", "redirect-308-post"),
    ),
    Client(
        "chromium",
        (),
        _chromium,
        NO_TRAILERS
        | NO_EXPECT
        | NO_OLD
        | dict.fromkeys(
            ("post-chunked", "post-chunked-empty", "put-large-chunked"), "it streams a request over HTTP/2 only"
        ),
        # A forbidden response-header name (Fetch).
        hides=("set-cookie",),
    ),
]
