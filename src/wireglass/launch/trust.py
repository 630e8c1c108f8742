"""The certificates a program is told to trust: the roots it would trust without us, and ours.

Variables such as ``SSL_CERT_FILE`` take the place of a program's roots. With ours alone in them, everything that does
not come through the proxy could not be verified any more, and a program would fail in ways nobody can explain.

Files are named after their content and never change, so that programs that still run are not disturbed by a command
that is started later with other roots, and two commands at once write the same file or two different ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import ssl
import stat
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.utils import CryptographyDeprecationWarning

from wireglass.errors import BadSetting, HomeNotWritable, WireglassError
from wireglass.launch.environment import JAVA_PASSWORD
from wireglass.whole_file import replacing

_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine, NixOS
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora 43+, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, OpenBSD
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD
)
_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_KEYCHAINS = (
    "/System/Library/Keychains/SystemRootCertificates.keychain",
    "/Library/Keychains/System.keychain",
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,65536}-----END CERTIFICATE-----")
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")  # the names of files that OpenSSL looks for in a folder
_LARGEST = 16 * 1024 * 1024  # bytes of a file that is looked through; Debian's bundle has 220 kB
_UNUSED = 30 * 86400.0  # seconds after which a file that no command has asked for goes


class Trust(msgspec.Struct, frozen=True):
    bundle: Path
    """PEM."""
    java_store: Path
    """PKCS #12, with ``environment.JAVA_PASSWORD``."""
    left_out: int
    """Roots that are in the bundle and not in the Java store, because they are not valid X.509."""


def prepare(folder: Path, ca: Path, named: Mapping[str, str], roots: Callable[[], list[bytes]] | None = None) -> Trust:
    """The files in ``folder``, made where they are not there yet.

    ``ca`` is our certificate (PEM). ``named`` is what ``environment.named_bundles`` found: its certificates are joined
    with ours, and ``SSL_CERT_FILE`` takes the place of the system's as it does for programs. ``roots`` gives the
    system's as DER. Raises BadSetting for a named file that holds none, WireglassError when the system has none,
    HomeNotWritable.
    """
    found = [] if "SSL_CERT_FILE" in named else (roots or system_roots)()
    for variable, path in named.items():
        found += _named(variable, Path(path))
    certificates = list(dict.fromkeys([*_certificates(ca.read_bytes()), *found]))
    parsed = [certificate for certificate in map(_parse, certificates) if certificate is not None]
    name = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in certificates)).hexdigest()[:16]
    bundle, java_store = folder / f"bundle-{name}.pem", folder / f"java-{name}.p12"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _close_to_writers(folder)
        _make(bundle, lambda: "".join(map(ssl.DER_cert_to_PEM_cert, certificates)).encode())
        _make(java_store, lambda: _java_store(parsed))
        _remove_unused(folder)
    except OSError as error:
        raise HomeNotWritable(
            f"The certificates to trust cannot be written to {folder}: {error.strerror}.",
            "Make room there, or choose another home with --home DIR.",
        ) from error
    return Trust(bundle, java_store, len(certificates) - len(parsed))


def system_roots(platform: str = sys.platform) -> list[bytes]:
    """The roots this system trusts, as DER. Raises WireglassError when there are none: a bundle of ours alone would
    break everything that is not captured."""
    if platform == "darwin" and (found := _keychains()):
        return found
    usual = ssl.get_default_verify_paths()
    files = (*_FILES, usual.openssl_cafile)
    for file in files:
        if found := _read(Path(file)):
            return found
    folders = (*_FOLDERS, usual.openssl_capath)
    for folder in folders:
        if found := _read(Path(folder)):
            return found
    raise WireglassError(
        f"No root certificates were found on this system; looked at {', '.join(dict.fromkeys((*files, *folders)))}.",
        "Install them (the package is mostly called ca-certificates), or name a file of them in SSL_CERT_FILE.",
    )


def trusts_nobody_else(environ: Mapping[str, str], own: bytes) -> bool:
    """Whether OpenSSL, told so by ``environ``, trusts our CA (DER) and nobody else: a capture started there could
    verify no server. ``SSL_CERT_FILE`` takes the place of one file; the usual folder counts beside it, and the other
    way round (X509_STORE_set_default_paths)."""
    if not environ.get("SSL_CERT_FILE") and not environ.get("SSL_CERT_DIR"):
        return False
    usual = ssl.get_default_verify_paths()
    found = _read(Path(environ.get("SSL_CERT_FILE") or usual.openssl_cafile))
    if set(found) - {own}:
        return False
    for folder in (environ.get("SSL_CERT_DIR") or usual.openssl_capath).split(os.pathsep):
        with contextlib.suppress(OSError):  # one that is not there or closed to us holds nothing for OpenSSL either
            for file in Path(folder).iterdir():
                if _HASHED.fullmatch(file.name):
                    found += _read(file)
    return set(found) == {own}


def _keychains() -> list[bytes]:
    done = subprocess.run(  # noqa: S603 - the system's own tool, and nothing of anybody else in its arguments
        ["/usr/bin/security", "find-certificate", "-a", "-p", *_KEYCHAINS], capture_output=True, timeout=30
    )
    return _certificates(done.stdout)


def _named(variable: str, path: Path) -> list[bytes]:
    if found := _read(path):
        return found
    if variable == "SSL_CERT_DIR":
        return []  # may be empty where SSL_CERT_FILE has everything; it stays as it is
    why = "holds no certificate in PEM" if path.exists() else "is not there, or not readable"
    raise BadSetting(
        f"{variable}={path}: it {why}.", "Correct the variable, or unset it; its certificates are joined with ours."
    )


def read_certificates(path: Path) -> list[bytes]:
    """The certificates (DER) of a PEM file, or of those files in a folder that can be read. Raises OSError."""
    if path.is_dir():
        return [each for file in sorted(path.iterdir()) if file.is_file() for each in _read(file)]
    with path.open("rb") as file:
        return _certificates(file.read(_LARGEST))


def _read(path: Path) -> list[bytes]:
    """None where there is nothing to read."""
    try:
        return read_certificates(path)
    except OSError:
        return []


def _certificates(pem: bytes) -> list[bytes]:
    found = []
    for match in _PEM.finditer(pem):
        try:
            found.append(ssl.PEM_cert_to_DER_cert(match[0].decode("ascii")))
        except ValueError:  # not base64: OpenSSL passes over it as well
            continue
    return found


def _parse(der: bytes) -> x509.Certificate | None:
    try:
        with warnings.catch_warnings():
            # Old roots have a serial number of 0 (in Debian 12: nine); still accepted, with a warning.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def _java_store(certificates: Iterable[x509.Certificate]) -> bytes:
    # What protects a public list must be readable for every Java: AES in PKCS #12 came with 8u301 and 11.0.12
    # (JDK-8076190). One round, because each start of a JVM pays for them.
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - see above
        .build(JAVA_PASSWORD.encode())
    )
    named = [(each, each.fingerprint(hashes.SHA256()).hex().encode()) for each in certificates]
    return pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(*each) for each in named], encryption)


def _close_to_writers(folder: Path) -> None:
    """A file is believed because of its name alone: in a folder that others could write, it may be anybody's."""
    if stat.S_IMODE(folder.stat().st_mode) & 0o022:
        folder.chmod(0o700)
        for file in folder.iterdir():
            file.unlink()


def _make(file: Path, content: Callable[[], bytes]) -> None:
    try:
        os.utime(file)
    except FileNotFoundError:
        # Public, and sudo -u OTHER has to read it where the home lets it.
        with replacing(file, 0o644) as stream:
            stream.write(content())


def _remove_unused(folder: Path) -> None:
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another command has renamed or removed it
            if file.stat().st_mtime < time.time() - _UNUSED:
                file.unlink()
