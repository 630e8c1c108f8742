import type { Day, Session, Summary } from "../api/types";
import type { Row } from "./window";

export type Entry = { kind: "day"; day: string } | { kind: "exchange"; day: string; exchange: Summary };
export type DaySpan = Pick<Day, "day" | "start" | "end">;

/** `2026-01-31`: the day of a moment, in the time of this place. */
export function dayOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const LONG = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** `Today`, `Yesterday`, `Sat 31 Jan 2026`. */
export function dayInWords(day: string, now: number): string {
  if (day === dayOf(now)) return "Today";
  const date = new Date(now * 1000);
  // Not a day's seconds less: the day on which summer time begins has 23 hours.
  if (day === dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() - 1, 12).getTime() / 1000)) {
    return "Yesterday";
  }
  return LONG.format(new Date(`${day}T00:00:00Z`)).replace(",", "");
}

/** Those that started on this day, the latest first. */
export function sessionsOf(sessions: readonly Session[], day: string): Session[] {
  return sessions.filter(({ started }) => dayOf(started) === day).reverse();
}

/** Of days, the latest first: this one, or the next one before it, or the earliest. Empty: the latest. */
export function dayNear(days: readonly DaySpan[], day: string): string | null {
  return (day ? (days.find((one) => one.day <= day) ?? days.at(-1)) : days[0])?.day ?? null;
}

/** Of what a query finds and of everything: where not all that it finds was counted, the days before may have some too. */
export function daysOf(found: { days: readonly Day[]; exact: boolean }, all: readonly Day[]): DaySpan[] {
  const earliest = found.days.at(-1)?.day;
  if (found.exact) return [...found.days];
  return [...found.days, ...all.filter(({ day }) => earliest === undefined || day < earliest)];
}

/** With a heading before each day. */
export function entriesOf(rows: readonly Row[]): Entry[] {
  const entries: Entry[] = [];
  let last = "";
  for (const { day, exchange } of rows) {
    if (day !== last) entries.push({ kind: "day", day });
    last = day;
    entries.push({ kind: "exchange", day, exchange });
  }
  return entries;
}
