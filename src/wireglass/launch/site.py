"""The pages of ``http://wireglass.internal/`` and of the port asked directly: what this is, and how to trust it here.

``proxy.Site``: a path and a user agent in, a page out. No script and nothing from elsewhere: a phone that opens it is
in the middle of being set up. The certificate is public and its key is not known here.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable
from importlib.resources import files
from string import Template
from typing import NamedTuple

from wireglass import __version__
from wireglass.launch.certificates import P12_PASSWORD, CaCertificate
from wireglass.proxy.site import HOST, Page

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
CA_TYPE = "application/x-x509-ca-cert"
"""Browsers and iOS know by it that this is a certificate to be trusted, in PEM or DER."""

_TRUSTED = b"If you asked over https and your program checked the certificate, it trusts it.\n"


class _System(NamedTuple):
    """``key`` is also the name of its steps in ``pages/``; ``file`` is the form that its importer takes."""

    key: str
    title: str
    file: str


_SYSTEMS = (
    _System("ios", "iPhone and iPad", "ca.mobileconfig"),
    _System("android", "Android", "ca.crt"),
    _System("macos", "macOS", "ca.pem"),
    _System("windows", "Windows", "ca.cer"),
    _System("debian", "Debian and Ubuntu", "ca.crt"),
    _System("fedora", "Fedora and RHEL", "ca.crt"),
    _System("firefox", "Firefox", "ca.crt"),
    _System("chrome-linux", "Chrome and Chromium on Linux", "ca.crt"),
)

# The first that matches; an iPad that asks for desktop pages calls itself a Macintosh, which nothing can tell apart.
_ASKS = (
    (re.compile(r"iPhone|iPad|iPod"), ("ios",)),
    (re.compile(r"Android"), ("android",)),
    (re.compile(r"Windows"), ("windows",)),
    (re.compile(r"Macintosh|Mac OS X"), ("macos",)),
    (re.compile(r"(?:Fedora|Red Hat|CentOS).*Firefox/"), ("firefox", "fedora")),
    (re.compile(r"Linux.*Firefox/"), ("firefox", "debian")),
    (re.compile(r"Linux.*(?:Chrome|Chromium)/"), ("chrome-linux", "debian")),
    (re.compile(r"Firefox/"), ("firefox",)),
)


class CaSite:
    """``Site`` of one CA."""

    def __init__(self, certificate: CaCertificate) -> None:
        self._certificate = certificate
        self._hash_name = f"{certificate.subject_hash_old()}.0"
        known = {
            "name": html.escape(certificate.name),
            "fingerprint": _in_groups(certificate.fingerprint),
            "hash_name": self._hash_name,
            "password": P12_PASSWORD,
            "version": html.escape(__version__),
            "host": HOST,
        }
        self._known = known
        self._index = _template("index.html")
        self._trusted = _template("trusted.html").substitute(known, style=_read("style.css")).encode()
        self._missing = _template("missing.html").substitute(known, style=_read("style.css")).encode()
        self._steps = {system.key: _template(f"{system.key}.html").substitute(known) for system in _SYSTEMS}
        self._files: dict[str, tuple[str, Callable[[], bytes]]] = {
            "ca.pem": (CA_TYPE, certificate.pem),
            "ca.crt": (CA_TYPE, certificate.pem),
            "ca.cer": (CA_TYPE, certificate.der),
            "ca.der": (CA_TYPE, certificate.der),
            # Made once: its salt would make every download another file, and deriving its key takes milliseconds.
            "ca.p12": ("application/x-pkcs12", functools.cache(certificate.p12)),
            "ca.mobileconfig": ("application/x-apple-aspen-config", certificate.mobileconfig),
            self._hash_name: (CA_TYPE, certificate.pem),
        }

    def page(self, path: str, user_agent: str) -> Page:
        """See ``proxy.Site``. Programs that are no browser are answered in plain text."""
        name = path.partition("?")[0].removeprefix("/")
        browser = user_agent.startswith("Mozilla/")
        if name == "":
            return Page(200, HTML, self._start(user_agent)) if browser else Page(200, TEXT, self._text())
        if name == "trusted":
            return Page(200, HTML, self._trusted) if browser else Page(200, TEXT, _TRUSTED)
        if name in self._files:
            type, content = self._files[name]
            return Page(200, type, content(), name if name == self._hash_name else f"wireglass-{name}")
        if browser:
            return Page(404, HTML, self._missing)
        return Page(404, TEXT, f"Wireglass has no such page; see http://{HOST}/\n".encode())

    def _start(self, user_agent: str) -> bytes:
        first = next((keys for pattern, keys in _ASKS if pattern.search(user_agent)), ())
        by_key = {system.key: system for system in _SYSTEMS}
        rest = [system for system in _SYSTEMS if system.key not in first]
        first_steps = "".join(self._section(by_key[key]) for key in first)
        others = "".join(self._folded(system) for system in rest)
        return self._index.substitute(
            self._known,
            style=_read("style.css"),
            # Who is recognised goes on to the check; who is not has to choose first.
            before=first_steps or others,
            after=f"<h2>On another system</h2>{others}" if first else "",
        ).encode()

    def _section(self, system: _System) -> str:
        return f'<section aria-labelledby="{system.key}"><h3 id="{system.key}">{system.title}</h3>{self._body(system)}\
</section>'

    def _folded(self, system: _System) -> str:
        return f"<details><summary>{system.title}</summary>{self._body(system)}</details>"

    def _body(self, system: _System) -> str:
        button = f'<p><a class="button" href="/{system.file}">Get the certificate <small>{system.file}</small></a></p>'
        return button + self._steps[system.key]

    def _text(self) -> bytes:
        names = " ".join(f"/{name}" for name in self._files)
        return (
            f"This is Wireglass {__version__}, a proxy that records what passes through it.\n"
            "Send requests through it, not to it: give it to your program as its HTTP proxy, for HTTPS as well.\n"
            f"Certificate to trust: {self._certificate.name}\n"
            f"SHA-256: {self._certificate.fingerprint}\n"
            f"Files: {names}\n"
            "Steps for your system: open this page in a browser.\n"
        ).encode()


def _in_groups(fingerprint: str) -> str:
    """Eight bytes stay on one line: that is how two long numbers can be compared by eye."""
    return "<wbr>".join(f"<span>{group}</span>" for group in re.findall(r"(?:..:?){1,8}", fingerprint))


@functools.cache
def _read(name: str) -> str:
    return (files("wireglass.launch") / "pages" / name).read_text("utf-8")


def _template(name: str) -> Template:
    return Template(_read(name))
