import type { Missing } from "../api/types";

export type Reason = Missing["reason"];

/** Why something is not there, in the words of `wireglass missing`, the most surprising reason first. */
export const REASONS: Readonly<Record<Reason, { title: string; why: string }>> = {
  certificate_rejected: {
    title: "Certificate not accepted",
    why: "Let the client trust the certificate of Wireglass. A program that pins certificates of its own cannot be read.",
  },
  no_session: { title: "No session", why: "No session was recording when it passed." },
  paused: { title: "Paused", why: "Every session was paused when it passed." },
  filtered: { title: "Filtered out", why: "It did not match the capture filter of any session." },
  passed_through: {
    title: "Passed through unread",
    why: "The connection was passed on without being read: --passthrough says so, or it was neither TLS nor HTTP.",
  },
  refused: {
    title: "Refused",
    why: "Wireglass refused to pass it on: --refuse says so, or the policy that keeps others from this machine.",
  },
  store_full: {
    title: "No room",
    why: "There was no room on the disk, or the store could not be written. Make room, and run wireglass doctor.",
  },
};

export interface ReasonGroup {
  reason: Reason;
  count: number;
  last: number;
  rows: Missing[];
}

/** By reason, in the order of `REASONS`; in each the latest first. `host`: a part of the host, letter case aside. */
export function groupsOf(missing: readonly Missing[], host: string): ReasonGroup[] {
  const wanted = host.trim().toLowerCase();
  const groups: ReasonGroup[] = [];
  for (const reason of Object.keys(REASONS) as Reason[]) {
    const rows = missing.filter((row) => row.reason === reason && row.host.toLowerCase().includes(wanted));
    if (rows.length === 0) continue;
    rows.sort((a, b) => b.last - a.last);
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    groups.push({ reason, count, last: Math.max(...rows.map(({ last }) => last)), rows });
  }
  return groups;
}
