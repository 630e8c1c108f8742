import type { Summary } from "../api/types";
import { COLUMNS } from "./columns";
import { endpointOf } from "./facts";
import { idOf } from "./rows";

export const GROUPINGS = [
  { value: "none", label: "No groups" },
  { value: "host", label: "By host" },
  { value: "endpoint", label: "By endpoint" },
  { value: "session", label: "By session" },
  { value: "client", label: "By client" },
] as const;
export type Grouping = (typeof GROUPINGS)[number]["value"];

export interface Sorting {
  column: string;
  isDescending: boolean;
}

export interface Group {
  group: string;
  count: number;
  failed: number;
  isOpen: boolean;
}

/** What the list shows. Rows are as they are loaded: a list of thousands is made anew at each frame. */
export type Entry = Summary | Group;

export function isGroup(entry: Entry): entry is Group {
  return "group" in entry;
}

/** An exchange's number, or a group's name. */
export type Key = number | string;

export function keyOf(entry: Entry): Key {
  return isGroup(entry) ? entry.group : idOf(entry);
}

export function groupOf(grouping: Grouping, summary: Summary): string {
  switch (grouping) {
    case "none":
      return "";
    case "host":
      return summary.host || "no host";
    case "endpoint": {
      const path = endpointOf(summary);
      // Of a tunnel it is the host and the port.
      return `${summary.method} ${path.startsWith("/") ? summary.host : ""}${path || summary.host}`;
    }
    case "session":
      return summary.sessions?.join(", ") || "no session";
    case "client":
      // Its port is another one for each connection.
      return summary.client?.replace(/:\d+$/, "") || "unknown";
  }
}

/** By another column than the time, in which rows are already; what has no value comes last. */
export function sorted(rows: readonly Summary[], sorting: Sorting | null): readonly Summary[] {
  const value = sorting && COLUMNS.find(({ id }) => id === sorting.column)?.value;
  if (!value) return rows;
  const sign = sorting.isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key === b.key) return idOf(a.row) - idOf(b.row);
    if (a.key === null) return 1;
    if (b.key === null) return -1;
    return a.key < b.key ? -sign : sign;
  });
  return keyed.map(({ row }) => row);
}

/** Rows, or groups by name with the rows of the open ones: by number they would change places all the time. */
export function entriesOf(rows: readonly Summary[], grouping: Grouping, closed: ReadonlySet<string>): readonly Entry[] {
  if (grouping === "none") return rows;
  const groups = new Map<string, Summary[]>();
  for (const row of rows) {
    const name = groupOf(grouping, row);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  const entries: Entry[] = [];
  for (const name of [...groups.keys()].sort()) {
    const members = groups.get(name) ?? [];
    const isOpen = !closed.has(name);
    const failed = members.filter(({ state, status }) => state === "failed" || (status ?? 0) >= 500).length;
    entries.push({ group: name, count: members.length, failed, isOpen });
    if (isOpen) entries.push(...members);
  }
  return entries;
}

/** The group that the entry at this place is in, or is; null where there are no groups. */
export function headingOf(entries: readonly Entry[], at: number): Group | null {
  // The first entry is a heading, or there is none.
  if (!entries[0] || !isGroup(entries[0])) return null;
  for (let place = at; place >= 0; place -= 1) {
    const entry = entries[place];
    if (entry && isGroup(entry)) return entry;
  }
  return null;
}
