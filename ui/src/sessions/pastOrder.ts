import type { Session } from "../api/types";

export type SortColumn = "name" | "source" | "started" | "duration" | "exchanges" | "failed" | "bytes";
export interface Order {
  column: SortColumn;
  isDescending: boolean;
}

const VALUES: Record<SortColumn, (session: Session) => number | string> = {
  name: ({ name }) => name.toLowerCase(),
  source: ({ source }) => source,
  started: ({ started }) => started,
  duration: ({ duration }) => duration,
  exchanges: ({ exchanges }) => exchanges,
  failed: ({ failed }) => failed,
  bytes: ({ request_bytes, response_bytes }) => request_bytes + response_bytes,
};

/** Those whose name, note or source has the text, in this order; equal ones the latest first. */
export function chosen(sessions: readonly Session[], text: string, { column, isDescending }: Order): Session[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const value = VALUES[column];
  const sign = isDescending ? -1 : 1;
  return sessions
    .filter(({ name, note, source }) => {
      const all = `${name}\n${note}\n${source}`.toLowerCase();
      return words.every((word) => all.includes(word));
    })
    .sort((a, b) => {
      const [one, other] = [value(a), value(b)];
      return one < other ? -sign : one > other ? sign : b.id - a.id;
    });
}
