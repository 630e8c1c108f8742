import type { Item, Page, Summary } from "../api/types";
import { type DaySpan, dayOf } from "./days";

/** More rows are not held: those that are furthest from where the person goes leave the window. */
export const MOST = 3000;
export const PAGE = 200;

export interface Row {
  day: string;
  exchange: Summary;
}

/** What is shown: rows of each day by number, the newest first. */
export interface Shown {
  rows: readonly Row[];
  /** Came meanwhile and are not shown yet, the newest first. */
  fresh: readonly Row[];
  hasOlder: boolean;
  hasNewer: boolean;
  isLoading: boolean;
  error: unknown;
  /** How many times it has begun. */
  begun: number;
}

/** What a page is asked for: `older` than `id` in the time of a day, or newer; the nearest first. */
export interface Wanted {
  span: DaySpan;
  isOlder: boolean;
  id: number | null;
  cursor: string | null;
  signal: AbortSignal;
}

/** Up to where one end of the window is loaded. */
interface End {
  day: string;
  /** Of the last row; null: nothing of the day is there yet. */
  id: number | null;
  /** Where a page ended whose time was over. */
  cursor: string | null;
  /** Nothing more is on this day. */
  isDone: boolean;
}

/** A window on the history, which goes on at both ends and forgets at the other one. Days come first, as an import
 * brings numbers that are new for days that are old. */
export class HistoryWindow {
  #load: (wanted: Wanted) => Promise<Pick<Page, "items" | "next">>;
  #listeners = new Set<() => void>();
  #days: readonly DaySpan[] = [];
  #older: End | null = null;
  #newer: End | null = null;
  #running: AbortController | null = null;
  #shown: Shown = { rows: [], fresh: [], hasOlder: false, hasNewer: false, isLoading: false, error: null, begun: 0 };

  constructor(load: (wanted: Wanted) => Promise<Pick<Page, "items" | "next">>) {
    this.#load = load;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get = (): Shown => this.#shown;

  /** All days that there are, the latest first; they may become more. */
  setDays(days: readonly DaySpan[]): void {
    this.#days = days;
    this.#show({});
  }

  /** Anew from the beginning of this day backwards. Null: of no day. */
  begin(day: string | null): void {
    this.#running?.abort();
    this.#running = null;
    this.#older = day === null ? null : { day, id: null, cursor: null, isDone: false };
    // From the day's end on: what comes later on this day is told by the feed, if it is the newest one.
    this.#newer = day === null ? null : { day, id: null, cursor: null, isDone: true };
    this.#show({ rows: [], fresh: [], error: null, isLoading: false, begun: this.#shown.begun + 1 });
    void this.older();
  }

  end(): void {
    this.#running?.abort();
    this.#running = null;
  }

  older(): Promise<void> {
    return this.#go(true);
  }

  newer(): Promise<void> {
    return this.#go(false);
  }

  /** What the feed says. */
  changes(items: readonly Item[]): void {
    const changed = new Map(items.map((item) => [item.id, item]));
    const apply = (rows: readonly Row[]) =>
      rows.flatMap((row) => {
        const item = changed.get(row.exchange.id ?? 0);
        if (!item) return [row];
        changed.delete(item.id);
        return item.what === "gone" || !item.exchange ? [] : [{ ...row, exchange: item.exchange }];
      });
    const rows = apply(this.#shown.rows);
    let fresh = apply(this.#shown.fresh);
    const top = this.#newer;
    if (top && !this.#hasMore(top, false)) {
      for (const { what, exchange } of [...changed.values()].sort((a, b) => a.id - b.id)) {
        const day = what === "new" && exchange ? dayOf(exchange.started) : "";
        if (exchange && day >= top.day) fresh.unshift({ day, exchange });
      }
      if (fresh.length > MOST) {
        // Too many to hold back: they are loaded when somebody goes there.
        this.#newer = endAt(rows[0] ?? fresh.at(-1)) ?? top;
        fresh = [];
      }
    }
    this.#show({ rows, fresh });
  }

  /** With what came meanwhile at its start. */
  showFresh(): void {
    const { rows, fresh } = this.#shown;
    const [first] = fresh;
    if (!first) return;
    this.#newer = { day: first.day, id: first.exchange.id ?? null, cursor: null, isDone: true };
    this.#show({ rows: this.#cutAtTheEnd([...fresh, ...rows]), fresh: [] });
  }

  tryAgain(): void {
    this.#show({ error: null });
    void this.older();
  }

  async #go(isOlder: boolean): Promise<void> {
    if (this.#running || this.#shown.error !== null) return;
    const controller = new AbortController();
    this.#running = controller;
    const { signal } = controller;
    try {
      // A page may have nothing: of a day on which nothing matches, or where the time was over.
      for (let found = 0; found === 0 && !signal.aborted; ) {
        const end = this.#next(isOlder);
        const span = end && this.#days.find(({ day }) => day === end.day);
        if (!end || !span) break;
        this.#show({ isLoading: true });
        const { items, next } = await this.#load({ span, isOlder, id: end.id, cursor: end.cursor, signal });
        if (signal.aborted) return;
        found = this.#take(items, next, end, isOlder);
      }
    } catch (error) {
      if (!signal.aborted) this.#show({ error });
    } finally {
      if (this.#running === controller) {
        this.#running = null;
        this.#show({ isLoading: false });
      }
    }
  }

  /** Where it goes on: on the same day or the next one. */
  #next(isOlder: boolean): End | null {
    const end = isOlder ? this.#older : this.#newer;
    if (!end) return null;
    if (!end.isDone) return end;
    const day = this.#dayBeyond(end.day, isOlder);
    return day === undefined ? null : { day, id: null, cursor: null, isDone: false };
  }

  #dayBeyond(day: string, isOlder: boolean): string | undefined {
    return (isOlder ? this.#days.find((one) => one.day < day) : this.#days.findLast((one) => one.day > day))?.day;
  }

  #hasMore(end: End | null, isOlder: boolean): boolean {
    return end !== null && (!end.isDone || this.#dayBeyond(end.day, isOlder) !== undefined);
  }

  /** How many of them are new here. */
  #take(items: readonly Summary[], next: string | null, { day, id }: End, isOlder: boolean): number {
    const known = new Set(this.#shown.rows.map(({ exchange }) => exchange.id));
    const more = items.filter(({ id = 0 }) => !known.has(id)).map((exchange) => ({ day, exchange }));
    const end = { day, id: items.at(-1)?.id ?? id, cursor: next, isDone: next === null };
    if (isOlder) {
      this.#older = end;
      const rows = [...this.#shown.rows, ...more];
      const kept = rows.slice(-MOST);
      if (kept.length < rows.length) this.#newer = endAt(kept[0]) ?? this.#newer;
      const ids = new Set(items.map(({ id }) => id));
      const fresh = kept.length < rows.length ? [] : this.#shown.fresh.filter(({ exchange }) => !ids.has(exchange.id));
      this.#show({ rows: kept, fresh });
    } else {
      this.#newer = end;
      this.#show({ rows: this.#cutAtTheEnd([...more.reverse(), ...this.#shown.rows]) });
    }
    return more.length;
  }

  #cutAtTheEnd(rows: readonly Row[]): readonly Row[] {
    if (rows.length <= MOST) return rows;
    const kept = rows.slice(0, MOST);
    this.#older = endAt(kept.at(-1)) ?? this.#older;
    return kept;
  }

  #show(part: Partial<Shown>): void {
    const hasOlder = this.#hasMore(this.#older, true);
    this.#shown = { ...this.#shown, ...part, hasOlder, hasNewer: this.#hasMore(this.#newer, false) };
    for (const listener of this.#listeners) listener();
  }
}

function endAt(row: Row | undefined): End | null {
  return row ? { day: row.day, id: row.exchange.id ?? null, cursor: null, isDone: false } : null;
}
