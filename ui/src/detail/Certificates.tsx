import type { CertificateShape } from "../api/types";
import { Badge, Fingerprint, type Property, PropertyTable } from "../parts";
import { count, moment } from "../shell";
import styles from "./Overview.module.css";

/** What the server has shown to say who it is: its own certificate, and those that vouch for it. */
export function Certificates({ chain, at }: { chain: readonly CertificateShape[]; at: number }) {
  return chain.map((one, place) => (
    <details key={one.sha256} className={styles.certificate} open={place === 0}>
      <summary>
        <span className={styles.subject}>{one.subject ? nameOf(one.subject) : "Unreadable certificate"}</span>
        {validity(one, at) && <Badge tone="server-error">{validity(one, at)}</Badge>}
        <span className={styles.place}>{place === 0 ? "the server's" : `issuer ${place}`}</span>
      </summary>
      <PropertyTable label={`Certificate ${place + 1}`} rows={rowsOf(one)} />
    </details>
  ));
}

function rowsOf({ subject, issuer, not_before, not_after, names, sha256, error }: CertificateShape): Property[] {
  const rows: Array<Property | null> = [
    error ? { name: "Not read", value: error } : null,
    subject ? { name: "Subject", value: subject } : null,
    issuer ? { name: "Issuer", value: subject === issuer ? `${issuer} (itself)` : issuer, copied: issuer } : null,
    not_before == null ? null : { name: "Valid from", value: moment(not_before) },
    not_after == null ? null : { name: "Valid until", value: `${moment(not_after)}${remaining(not_after)}` },
    names.length > 0 ? { name: "For", value: names.join(", ") } : null,
    { name: "SHA-256", value: <Fingerprint text={colons(sha256)} />, copied: colons(sha256) },
  ];
  return rows.filter((row) => row !== null);
}

/** `CN` of a subject, which people call it by. */
export function nameOf(subject: string): string {
  return /(?:^|,)CN=((?:[^,\\]|\\.)+)/.exec(subject)?.[1]?.replace(/\\(.)/g, "$1") ?? subject;
}

/** What was wrong with its time when the exchange began; empty where nothing was. */
export function validity({ not_before, not_after }: CertificateShape, at: number): string {
  if (not_after != null && at > not_after) return "Expired then";
  return not_before != null && at < not_before ? "Not yet valid then" : "";
}

const DAY = 86_400; // seconds

function remaining(end: number): string {
  const days = Math.floor((end - Date.now() / 1000) / DAY);
  return days < 0 ? ", expired" : `, ${count(days, "day")} left`;
}

/** As browsers and `wireglass ca` write it, to be compared. */
function colons(sha256: string): string {
  return (sha256.toUpperCase().match(/../g) ?? []).join(":");
}
