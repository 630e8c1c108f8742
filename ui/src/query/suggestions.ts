import { asValue, nameOf } from "../api/queryWords";
import type { Checked, Completion, Stats, Summary, Tally, Writing } from "../api/types";
import { count } from "../shell";
import type { Looked, Written } from "./checked";

/** What can be taken into a query; `filter`: a whole one, in the place of all that is there. */
export interface Suggestion extends Omit<Completion, "kind"> {
  kind: Completion["kind"] | "filter";
}

/** What stands in the captured traffic. */
export interface Seen {
  stats: Stats | undefined;
  rows: readonly Summary[];
}

const MOST_VALUES = 20;
const MOST = 80;

const DIMENSIONS: Record<string, Tally["dimension"]> = {
  host: "domain",
  method: "method",
  status: "status",
  type: "type",
  mode: "mode",
};

/** What rows have of a field whose values are not counted in the whole store. */
const OF_ROW: Record<string, (row: Summary) => readonly string[]> = {
  path: ({ url }) => one(/^\w+:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1]),
  status: ({ status }) => one(status && String(status)),
  protocol: ({ protocol }) => one(protocol),
  source: ({ source }) => one(source),
  client: ({ client }) => one(client?.replace(/:\d+$/, "")),
  operation: ({ operation }) => one(operation),
  error: ({ error_kind }) => one(error_kind),
  note: ({ note }) => one(note),
  color: ({ color }) => one(color),
};

function one(value: string | number | null | undefined): string[] {
  return value ? [String(value)] : [];
}

/** Values and how many have them, the most frequent first. */
function counted(values: Iterable<string>): Array<[value: string, exchanges: number]> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** What stands in the captured traffic and fits the value that is being written before the caret. */
export function valuesAt(
  { text, caret }: Written,
  { field, start, end }: Writing,
  { stats, rows }: Seen,
): Suggestion[] {
  const begun = text.slice(start, caret);
  if (field === "param") return parametersAt(begun, { start, end }, rows);
  const dimension = DIMENSIONS[field];
  const tallied = (stats?.tallies ?? []).flatMap(
    ({ dimension: of, value, exchanges }): Array<[string, number]> =>
      of === dimension && value && value !== "failed" ? [[value, exchanges]] : [],
  );
  const loaded = counted(rows.flatMap(OF_ROW[field] ?? (() => []))).filter(
    ([value]) => !tallied.some(([known]) => known === value),
  );
  const wanted = begun.toLowerCase();
  const offered = (all: Array<[string, number]>, where: string) =>
    all
      .filter(([value]) => value.toLowerCase().includes(wanted))
      .map(([value, exchanges]) => ({
        text: asValue(field, value),
        help: `${count(exchanges, "exchange")}${where}`,
        start,
        end,
        kind: "value" as const,
      }));
  return [...offered(tallied, ""), ...offered(loaded, " of those loaded")].slice(0, MOST_VALUES);
}

function parametersAt(begun: string, place: { start: number; end: number }, rows: readonly Summary[]): Suggestion[] {
  const found = rows.flatMap(({ url }) => [...new URLSearchParams(/\?([^#]*)/.exec(url)?.[1])]);
  const [, name, value = ""] = /^([^=]*)=(.*)$/.exec(begun) ?? [];
  const all =
    name === undefined
      ? counted(found.map(([of]) => `${nameOf(of)}=`))
      : counted(found.filter(([of]) => of === name).map(([, of]) => `${name}=${asValue("param", of)}`));
  return all
    .filter(([text]) => text.toLowerCase().includes((name === undefined ? begun : value).toLowerCase()))
    .slice(0, MOST_VALUES)
    .map(([text, exchanges]) => ({
      text,
      help: `${count(exchanges, "time")} in those loaded`,
      ...place,
      kind: "value" as const,
    }));
}

/** Real values first, then what the language offers, each once; nothing that stands there already. */
export function suggestionsOf(now: Written, looked: Looked | undefined, seen: Seen): Suggestion[] {
  if (!looked) return [];
  const { writing, completions } = looked.answer;
  const place = writing && shifted(writing, looked.of, now);
  const values = place ? valuesAt(now, place, seen) : [];
  const texts = new Set(values.map(({ text }) => text.toLowerCase()));
  const offered = stillFitting(completions, looked.of, now).filter(({ text }) => !texts.has(text.toLowerCase()));
  return [...values, ...offered].filter(({ text, start, end }) => text !== now.text.slice(start, end)).slice(0, MOST);
}

/** What was offered for the text `before`, as it fits `now`, on which somebody has typed on meanwhile: who types fast and
 * takes one would else put it in a wrong place. */
export function stillFitting(offered: Checked["completions"], before: Written, now: Written): Completion[] {
  return offered.flatMap((one) => {
    const place = shifted(one, before, now);
    if (!place) return [];
    if (before.text === now.text && before.caret === now.caret) return [place];
    const part = now.text.slice(one.start, now.caret).toLowerCase();
    return one.text.toLowerCase().startsWith(part) ? [place] : [];
  });
}

/** The same place, if all before it is as it was, and all behind the caret. */
function shifted<Place extends { start: number; end: number }>(
  one: Place,
  before: Written,
  now: Written,
): Place | null {
  if (one.start > now.caret || before.text.slice(0, one.start) !== now.text.slice(0, one.start)) return null;
  if (before.text.slice(before.caret) !== now.text.slice(now.caret)) return null;
  // Another word has begun since.
  if (/[\s()|,]/.test(now.text.slice(Math.max(one.start, before.caret), now.caret))) return null;
  return { ...one, end: one.end + now.caret - before.caret };
}

/** The text with a suggestion in it, and where the caret is then. */
export function accepted(text: string, { text: given, start, end }: Omit<Suggestion, "kind" | "help">): Written {
  return { text: text.slice(0, start) + given + text.slice(end), caret: start + given.length };
}
