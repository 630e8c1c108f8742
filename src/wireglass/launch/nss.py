"""``python -m wireglass.launch.nss LIBRARIES PROFILE CERTIFICATE``: makes a Firefox profile trust a CA.

Firefox trusts what stands in the NSS database of its profile, and brings the NSS library that writes it, so that no
``certutil`` need be installed and the format is the one this Firefox reads (the trust NSS 3.112 wrote was not shown by
Debian's certutil 3.87). A process of its own, because a wrong call ends a process and two NSS libraries do not mix.
"""

from __future__ import annotations

import ctypes
import ssl
import sys
from pathlib import Path

NAMES = {"darwin": "libnss3.dylib", "win32": "nss3.dll"}
"""By ``sys.platform``; elsewhere ``libnss3.so``."""

# libnss3.so needs these; found by name, the system's would be taken, which may be older (Debian 12: 3.87).
_BEFORE = ("libnspr4.so", "libplc4.so", "libplds4.so", "libmozsqlite3.so", "libnssutil3.so")


class _Item(ctypes.Structure):
    """SECItem of seccomon.h."""

    _fields_ = (("type", ctypes.c_int), ("data", ctypes.c_void_p), ("len", ctypes.c_uint))


class _Trust(ctypes.Structure):
    """CERTCertTrust of certt.h."""

    _fields_ = (("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("signing", ctypes.c_uint))


class Failed(Exception):
    """A call of NSS failed."""


def library(folder: Path, platform: str) -> Path:
    return folder / NAMES.get(platform, "libnss3.so")


def add(libraries: Path, profile: Path, certificate: bytes) -> None:
    """Creates the databases in ``profile`` and puts the DER ``certificate`` there, trusted to issue for TLS servers."""
    for name in _BEFORE:
        if (libraries / name).exists():
            ctypes.CDLL(str(libraries / name), mode=ctypes.RTLD_GLOBAL)
    nss = ctypes.CDLL(str(library(libraries, sys.platform)))
    for name in ("PK11_GetInternalKeySlot", "CERT_GetDefaultCertDB", "CERT_NewTempCertificate"):
        getattr(nss, name).restype = ctypes.c_void_p

    def call(name: str, *arguments: object) -> None:
        if getattr(nss, name)(*arguments) != 0:
            raise Failed(f"{name}: error {nss.PR_GetError()}")

    call("NSS_Initialize", f"sql:{profile}".encode(), b"", b"", b"secmod.db", ctypes.c_uint(0))
    slot = ctypes.c_void_p(nss.PK11_GetInternalKeySlot())
    if nss.PK11_NeedUserInit(slot):
        call("PK11_InitPin", slot, None, b"")
    database = ctypes.c_void_p(nss.CERT_GetDefaultCertDB())
    data = ctypes.create_string_buffer(certificate, len(certificate))
    item = _Item(0, ctypes.cast(data, ctypes.c_void_p), len(certificate))
    made = ctypes.c_void_p(nss.CERT_NewTempCertificate(database, ctypes.byref(item), None, 0, 1))
    if made.value is None:
        raise Failed(f"CERT_NewTempCertificate: error {nss.PR_GetError()}")
    call("PK11_ImportCert", slot, made, ctypes.c_ulong(0), b"Wireglass CA", 0)
    trust = _Trust()
    call("CERT_DecodeTrustString", ctypes.byref(trust), b"C,,")
    call("CERT_ChangeCertTrust", database, made, ctypes.byref(trust))
    nss.CERT_DestroyCertificate(made)
    nss.PK11_FreeSlot(slot)
    call("NSS_Shutdown")  # the databases are complete only then


def main() -> int:
    libraries, profile, certificate = map(Path, sys.argv[1:])
    try:
        add(libraries, profile, ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii")))
    except (OSError, AttributeError, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
