"""Chromium and its kin (Chrome, Edge, Brave): the command line.

The CA is trusted by its key (``--ignore-certificate-errors-spki-list``, which works with ``--user-data-dir`` only and
for chains that hold that key): nothing is installed, the same on all systems, and certificates of others are verified
as ever. Chromium 156 warns of that flag in a bar below the address, and not with ``--test-type``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_NOWHERE = "http://wireglass.internal/"
"""Answered by the proxy itself and never recorded."""

# What a browser does of its own accord, off, so that the record holds what the person does. Seen in 15 seconds of
# about:blank with Chromium 156: time, component updates, spelling dictionaries, models, ListAccounts; with these flags
# nothing.
_QUIET = (
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--no-pings",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-field-trial-config",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--metrics-recording-only",
    # Components that are asked for "on demand", and the list of Google accounts, have no switch of their own.
    f"--component-updater=url-source={_NOWHERE}",
    f"--gaia-url={_NOWHERE}",
    # A fresh profile has no secrets: the system's key store need not ask for its password.
    "--password-store=basic",
    "--use-mock-keychain",
)
_FEATURES_OFF = (
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "DialMediaRouteProvider",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",  # a page asked for over http would be asked for over https first
    "InterestFeedContentSuggestions",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationGuideModelDownloading",
    "OptimizationHints",
    "Translate",
)
_FEATURES = "--disable-features="


def command(
    program: Path, profile: Path, *, proxy: str, ca_hash: str, sandbox: bool, url: str, arguments: Sequence[str]
) -> list[str]:
    """``proxy`` is ``host:port``. ``arguments`` are the person's own, and win over ours: of a flag given twice Chromium
    takes the last."""
    # It would take the last of these lists, too, and ours is still wanted.
    off = [
        *_FEATURES_OFF,
        *(given.removeprefix(_FEATURES) for given in arguments if given.startswith(_FEATURES)),
    ]
    return [
        str(program),
        f"--user-data-dir={profile}",
        f"--proxy-server=http://{proxy}",
        "--proxy-bypass-list=<-loopback>",  # without it localhost is asked directly
        "--disable-quic",
        f"--ignore-certificate-errors-spki-list={ca_hash}",
        "--test-type",
        *_QUIET,
        *([] if sandbox else ["--no-sandbox"]),
        *(given for given in arguments if not given.startswith(_FEATURES)),
        f"{_FEATURES}{','.join(off)}",
        url,
    ]
