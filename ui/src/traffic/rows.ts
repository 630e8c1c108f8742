import type { Item, Summary } from "../api/types";

/** The store's number of an exchange; those of a list have one always. */
export function idOf(summary: Summary): number {
  return summary.id ?? 0;
}

/** Where `id` is, or would be, among rows by id. */
export function placeOf(rows: readonly Summary[], id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && idOf(row) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function rowOf(rows: readonly Summary[], id: number): Summary | undefined {
  const row = rows[placeOf(rows, id)];
  return row && idOf(row) === id ? row : undefined;
}

/** Which rows the window may take that it does not have: all behind its last one, all before its first one. */
export interface Ends {
  takesOlder: boolean;
  takesNewer: boolean;
}

/** Puts changes into `rows`, which are by id. */
export function applyItems(rows: Summary[], items: Iterable<Item>, { takesOlder, takesNewer }: Ends): void {
  for (const { what, id, exchange } of items) {
    const at = placeOf(rows, id);
    const known = rows[at];
    const isThere = known !== undefined && idOf(known) === id;
    if (what === "gone" || !exchange) {
      if (isThere) rows.splice(at, 1);
    } else if (isThere) {
      if ((exchange.seq ?? 0) >= (known.seq ?? 0)) rows[at] = exchange;
    } else if ((at < rows.length || takesNewer) && (at > 0 || rows.length === 0 || takesOlder)) {
      rows.splice(at, 0, exchange);
    }
  }
}

/** Rows by id of two lists by id: of one that is in both, the newer state. */
export function merged(one: readonly Summary[], other: readonly Summary[]): Summary[] {
  const all = new Map<number, Summary>();
  for (const summary of [...one, ...other]) {
    const known = all.get(idOf(summary));
    if (!known || (summary.seq ?? 0) >= (known.seq ?? 0)) all.set(idOf(summary), summary);
  }
  return [...all.values()].sort((a, b) => idOf(a) - idOf(b));
}
