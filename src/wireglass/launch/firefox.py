"""Firefox: a profile with the proxy, our CA, and everything off that Firefox does of its own accord."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from wireglass.errors import WireglassError
from wireglass.launch import nss
from wireglass.launch.browsers import beginning
from wireglass.listening import parse_address

_NSS_SECONDS = 60  # it takes 0.2

_NOWHERE = "data:,"
_Value = bool | int | str

# Names as about:config has them. Seen in 25 seconds with Firefox ESR 153 and only the proxy set: settings, captive
# portal, telemetry, push, normandy, add-on and media plugin updates, wallpapers, advertisements, location.
_QUIET: dict[str, _Value] = {
    "app.normandy.enabled": False,
    "app.shield.optoutstudies.enabled": False,
    "app.update.auto": False,
    "app.update.checkInstallTime": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.contentblocking.report.hide_vpn_banner": True,
    "browser.discovery.enabled": False,
    "browser.dom.window.dump.enabled": False,
    "browser.newtabpage.activity-stream.asrouter.providers.cfr": "null",
    "browser.newtabpage.activity-stream.asrouter.providers.message-groups": "null",
    "browser.newtabpage.activity-stream.asrouter.providers.messaging-experiments": "null",
    "browser.newtabpage.activity-stream.feeds.section.topstories": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "browser.newtabpage.activity-stream.newtabWallpapers.enabled": False,
    "browser.newtabpage.activity-stream.showSponsored": False,
    "browser.newtabpage.activity-stream.showSponsoredTopSites": False,
    "browser.newtabpage.activity-stream.telemetry": False,
    "browser.newtabpage.enabled": False,
    "browser.newtab.preload": False,
    "browser.ping-centre.telemetry": False,
    "browser.region.network.url": "",
    "browser.region.update.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.provider.google4.updateURL": "",
    "browser.safebrowsing.provider.google5.updateURL": "",
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.search.update": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "browser.urlbar.merino.endpointURL": "",
    "browser.urlbar.quicksuggest.enabled": False,
    "browser.urlbar.suggest.searches": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "datareporting.usage.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "dom.push.enabled": False,
    "dom.security.https_first": False,  # a page asked for over http would be asked for over https first
    "extensions.blocklist.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.systemAddon.update.url": "",
    "extensions.update.enabled": False,
    "geo.provider.network.url": "",
    "identity.fxaccounts.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": _NOWHERE,
    "media.gmp-provider.enabled": False,
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.http.http3.enable": False,  # HTTP/3 is UDP, which passes no HTTP proxy
    "network.http.speculative-parallel-limit": 0,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "nimbus.rollouts.enabled": False,
    "security.OCSP.enabled": 0,
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "services.settings.server": f"{_NOWHERE}#remote-settings-dummy/v1",
    "signon.management.page.breach-alerts.enabled": False,
    "startup.homepage_welcome_url": "about:blank",
    "startup.homepage_welcome_url.additional": "",
    "termsofuse.bypassNotification": True,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "toolkit.telemetry.server": _NOWHERE,
    "toolkit.telemetry.unified": False,
    "trailhead.firstrun.didSeeAboutWelcome": True,
}
# Without it a released Firefox ignores services.settings.server.
_ENVIRONMENT = {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1", "MOZ_CRASHREPORTER_DISABLE": "1"}


def preferences(proxy: str) -> str:
    """``user.js``; ``proxy`` is ``host:port``."""
    host, port = parse_address(proxy)
    proxied: dict[str, _Value] = {
        "network.proxy.type": 1,
        "network.proxy.http": host,
        "network.proxy.http_port": port,
        "network.proxy.ssl": host,
        "network.proxy.ssl_port": port,
        "network.proxy.no_proxies_on": "",
        "network.proxy.allow_hijacking_localhost": True,  # else localhost is asked directly
        "network.proxy.failover_direct": False,
    }
    return "".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in (proxied | _QUIET).items()
    )


def prepare(program: Path, profile: Path, *, proxy: str, ca_certificate: Path) -> None:
    """Fills the empty folder ``profile``. Raises WireglassError if this Firefox cannot be made to trust our CA."""
    (profile / "user.js").write_text(preferences(proxy), "utf-8")
    libraries = _libraries(program)
    try:
        done = subprocess.run(  # noqa: S603 - Python, with paths
            [sys.executable, "-P", "-m", "wireglass.launch.nss", libraries, profile, ca_certificate],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_NSS_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _untrusted(program, f"its NSS library did not end in {_NSS_SECONDS} s") from error
    if done.returncode != 0:
        raise _untrusted(program, done.stderr.strip() or f"its NSS library ended with code {done.returncode}")


def _libraries(program: Path) -> Path:
    """The folder of the NSS library that this Firefox brings: beside the program, or beside what the script starts that
    Debian, Ubuntu and others have in its place."""
    places = [program.resolve().parent]
    start = beginning(program)
    if start.startswith(b"#!"):
        names = re.findall(r"[\w./+-]*firefox[\w./+-]*", start.decode("utf-8", "replace"))
        places += [Path(found).resolve().parent for found in map(shutil.which, names) if found]
        places.append(Path("/snap/firefox/current/usr/lib/firefox"))
    for place in places:
        if nss.library(place, sys.platform).exists():
            return place
    raise _untrusted(program, f"{nss.library(Path(), sys.platform)} is not beside it")


def _untrusted(program: Path, why: str) -> WireglassError:
    return WireglassError(
        f"{program} cannot be made to trust the CA: {why}.",
        "Name the program in Firefox's own folder (--browser PATH), or take another browser.",
    )


def command(program: Path, profile: Path, *, url: str, arguments: Sequence[str]) -> list[str]:
    return [str(program), "--no-remote", "--new-instance", "--profile", str(profile), *arguments, url]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, **_ENVIRONMENT}
