import type { CertificateAuthority } from "../api/types";
import { quoted } from "./shells";

export interface Trust {
  id: string;
  label: string;
  steps: readonly string[];
  line?: (ca: CertificateAuthority) => string;
}

/** How each system is told to trust the certificate; the same steps as on the page for devices. */
export const TRUST: readonly Trust[] = [
  {
    id: "debian",
    label: "Debian, Ubuntu",
    steps: ["For programs that use the system's certificates:"],
    line: ({ path }) =>
      `sudo cp ${quoted(path)} /usr/local/share/ca-certificates/wireglass.crt && sudo update-ca-certificates`,
  },
  {
    id: "fedora",
    label: "Fedora",
    steps: ["For programs that use the system's certificates:"],
    line: ({ path }) =>
      `sudo cp ${quoted(path)} /etc/pki/ca-trust/source/anchors/wireglass.crt && sudo update-ca-trust`,
  },
  {
    id: "macos",
    label: "macOS",
    steps: ["Into your login keychain, for Safari, Chrome and Firefox; macOS asks for your password:"],
    line: ({ path }) =>
      `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${quoted(path)}`,
  },
  {
    id: "windows",
    label: "Windows",
    steps: ["Download DER, then in a terminal, in the folder of the download:"],
    line: () => "certutil -user -addstore Root wireglass-ca.cer",
  },
  {
    id: "firefox",
    label: "Firefox",
    steps: [
      "Download PEM. In Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import.",
      "Tick “Trust this CA to identify websites”. Or start it from the card “A browser”, which needs none of this.",
    ],
  },
  {
    id: "chrome",
    label: "Chrome",
    steps: [
      "On Linux, Chrome and Chromium have certificates of your account (certutil is in libnss3-tools or nss-tools). Elsewhere they take the system's.",
    ],
    line: ({ path }) => `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Wireglass -i ${quoted(path)}`,
  },
];
