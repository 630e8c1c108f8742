import { type Entry, isGroup, type Key, keyOf } from "./view";

/** `active`: where the keys are; `ids`: what is selected, that one among them unless Ctrl has taken it out. */
export interface Selection {
  active: Key | null;
  anchor: Key | null;
  ids: ReadonlySet<number>;
}

export const NONE: Selection = { active: null, anchor: null, ids: new Set() };

export function only(key: Key): Selection {
  return { active: key, anchor: key, ids: new Set(typeof key === "number" ? [key] : []) };
}

export function toggled({ ids }: Selection, id: number): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { active: id, anchor: id, ids: next };
}

/** From the anchor to `key`, as the list stands; of a group its rows, where they are in between. */
export function extended(selection: Selection, entries: readonly Entry[], key: Key): Selection {
  const anchor = selection.anchor ?? key;
  const ends = [whereIs(entries, anchor), whereIs(entries, key)];
  const low = Math.max(Math.min(...ends), 0);
  return { active: key, anchor, ids: idsOf(entries.slice(low, Math.max(...ends) + 1)) };
}

export function all({ active }: Selection, entries: readonly Entry[]): Selection {
  const [first] = entries;
  if (!first) return NONE;
  return { active: active ?? keyOf(first), anchor: keyOf(first), ids: idsOf(entries) };
}

/** What is `step` places behind `active`, the nearest end where there is nothing; the newest where nothing is active. */
export function stepped(entries: readonly Entry[], active: Key | null, step: number): Key | null {
  const at = active === null ? -1 : whereIs(entries, active);
  const last = entries.length - 1;
  const to = at >= 0 ? at + step : step === Number.NEGATIVE_INFINITY ? 0 : last;
  const entry = entries[Math.min(Math.max(to, 0), last)];
  return entry ? keyOf(entry) : null;
}

export function whereIs(entries: readonly Entry[], key: Key): number {
  return entries.findIndex((entry) => keyOf(entry) === key);
}

function idsOf(entries: readonly Entry[]): ReadonlySet<number> {
  return new Set(entries.map(keyOf).filter((key) => typeof key === "number"));
}

/** The group that the entry at `at` is in. */
export function headOf(entries: readonly Entry[], at: number): Key | null {
  for (let place = at; place >= 0; place -= 1) {
    const entry = entries[place];
    if (entry && isGroup(entry)) return entry.group;
  }
  return null;
}
