"""Certificates that we show to servers which ask for one (RFC 8446 4.3.2), in the place of our client."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from cryptography import x509

from wireglass.errors import BadSetting
from wireglass.net.contexts import client_context
from wireglass.policy import find_host
from wireglass.setting_values import ClientCertificate

_HINT = "Write --client-cert HOST=FILE or HOST=FILE,KEYFILE, with certificate and key in PEM."


class Identity:
    """One certificate with its key. Whether a server asked for it, OpenSSL tells nobody."""

    def __init__(self, given: ClientCertificate, make: Callable[[bool], ssl.SSLContext]) -> None:
        self._given = given
        self._make = make
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self.subject = _subject(given)
        self.context(insecure=False)  # what is wrong with the files is to be said at the start

    def context(self, *, insecure: bool) -> ssl.SSLContext:
        found = self._contexts.get(insecure)
        if found is None:
            found = self._make(insecure)
            _load(found, self._given)
            self._contexts[insecure] = found
        return found

    @property
    def note(self) -> str:
        return f"client certificate, sent where the server asks: {self.subject} (--client-cert {self._given.host})"


class ClientCertificates:
    """``make``: a context for servers that are verified, or, given True, for those that are not. Raises BadSetting for
    files that cannot be used."""

    def __init__(
        self, given: tuple[ClientCertificate, ...], make: Callable[[bool], ssl.SSLContext] = client_context
    ) -> None:
        self._identities = {one.host: Identity(one, make) for one in given}

    def find(self, port: int, *names: str) -> Identity | None:
        """That of the pattern that fits a server by one of its names or addresses."""
        return self._identities.get(find_host(self._identities, port, *names))


class _Encrypted(Exception):
    pass


def _load(context: ssl.SSLContext, given: ClientCertificate) -> None:
    def password() -> str:
        raise _Encrypted

    try:
        context.load_cert_chain(given.file, given.key, password)
    except _Encrypted:
        raise BadSetting(
            f"--client-cert {given.host}: the key in {given.key} is encrypted, and Wireglass asks for no password.",
            f"Decrypt it into a file that is yours alone: umask 077; openssl pkey -in {given.key} -out FILE",
        ) from None
    except ssl.SSLError as error:
        if not error.reason and not _has_key(given.key):  # OpenSSL says nothing of it
            raise BadSetting(
                f"--client-cert {given.host}: {given.key} holds no private key in PEM.",
                f"Put the key into it, or name its file: --client-cert {given.host}={given.file},KEYFILE",
            ) from error
        reason = "are not a certificate and its key" if error.reason == "KEY_VALUES_MISMATCH" else "cannot be used"
        files = given.file if given.file == given.key else f"{given.file} and {given.key}"
        if error.reason and error.reason != "KEY_VALUES_MISMATCH":
            reason += f" ({error.reason.replace('_', ' ').lower()})"
        raise BadSetting(f"--client-cert {given.host}: {files} {reason}.", _HINT) from error
    except OSError as error:
        raise BadSetting(f"--client-cert {given.host}: {given.key} cannot be read: {error.strerror}.", _HINT) from error


def _has_key(file: str) -> bool:
    return b"PRIVATE KEY-----" in Path(file).read_bytes()


def _subject(given: ClientCertificate) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(Path(given.file).read_bytes())
    except OSError as error:
        raise BadSetting(
            f"--client-cert {given.host}: {given.file} cannot be read: {error.strerror}.", _HINT
        ) from error
    except ValueError as error:
        raise BadSetting(f"--client-cert {given.host}: {given.file} holds no certificate in PEM.", _HINT) from error
    return certificate.subject.rfc4514_string() or f"serial number {certificate.serial_number:x}"
