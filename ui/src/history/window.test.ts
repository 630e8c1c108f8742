import { describe, expect, it } from "vitest";
import type { Item, Summary } from "../api/types";
import { dayInWords, dayNear, dayOf, daysOf, entriesOf } from "./days";
import { HistoryWindow, MOST, type Wanted } from "./window";

const NOON = new Date(2026, 0, 31, 12).getTime() / 1000;
const DAY = 86_400;
const TODAY = "2026-01-31";
const DAYS = [TODAY, "2026-01-30", "2026-01-20"].map((day) => {
  const start = new Date(`${day}T00:00:00`).getTime() / 1000;
  return { day, start, end: start + DAY };
});

function exchange(id: number, started = NOON, part: Partial<Summary> = {}): Summary {
  return { method: "GET", url: `http://a.test/${id}`, host: "a.test", started, id, ...part };
}
const item = (what: Item["what"], exchange: Summary): Item => ({
  what,
  id: exchange.id ?? 0,
  seq: exchange.id ?? 0,
  exchange: what === "gone" ? null : exchange,
});
const numbers = (rows: ReadonlyArray<{ exchange: Summary }>) => rows.map((row) => row.exchange.id);

/** A record that answers as the API does, `most` at a time. */
function windowOn(record: Summary[], most = 2) {
  const asked: string[] = [];
  const load = async ({ span, isOlder, id, cursor }: Wanted) => {
    asked.push(`${span.day} ${isOlder ? "<" : ">"} ${cursor ?? id ?? ""}`.trim());
    const beyond = cursor ? Number(cursor) : id;
    const found = record
      .filter(({ started }) => started >= span.start && started < span.end)
      .filter(({ id = 0 }) => beyond === null || (isOlder ? id < beyond : id > beyond))
      .sort((a, b) => (isOlder ? -1 : 1) * ((a.id ?? 0) - (b.id ?? 0)));
    const items = found.slice(0, most);
    return { items, next: found.length > most ? String(items.at(-1)?.id) : null };
  };
  const window = new HistoryWindow(load);
  window.setDays(DAYS);
  return { window, asked };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));

async function begun(record: Summary[], day: string | null = TODAY, most = 2) {
  const made = windowOn(record, most);
  made.window.begin(day);
  await settled();
  return made;
}

const OLD = NOON - DAY;
const RECORD = [exchange(1, NOON - 11 * DAY), ...[2, 3, 4].map((id) => exchange(id, OLD)), exchange(5), exchange(6)];

describe("the window of the history", () => {
  it("goes back over the days, the newest first", async () => {
    const { window } = await begun(RECORD);
    expect(numbers(window.get().rows)).toEqual([6, 5]);
    await window.older();
    await window.older();
    expect(numbers(window.get().rows)).toEqual([6, 5, 4, 3, 2]);
    expect(window.get().hasOlder).toBe(true);
    await window.older();
    expect(window.get()).toMatchObject({ hasOlder: false, hasNewer: false, isLoading: false });
    const entries = entriesOf(window.get().rows);
    expect(entries.map((one) => (one.kind === "day" ? one.day : one.exchange.id))).toEqual([
      ...[TODAY, 6, 5],
      ...["2026-01-30", 4, 3, 2],
      ...["2026-01-20", 1],
    ]);
  });

  it("goes on to newer days from the one it began with", async () => {
    const { window, asked } = await begun(RECORD, "2026-01-30");
    expect(numbers(window.get().rows)).toEqual([4, 3]);
    expect(window.get().hasNewer).toBe(true);
    await window.newer();
    expect(numbers(window.get().rows)).toEqual([6, 5, 4, 3]);
    expect(window.get().hasNewer).toBe(false);
    expect(asked).toEqual(["2026-01-30 <", `${TODAY} >`]);
  });

  it("passes days on which nothing is found", async () => {
    const { window, asked } = await begun([exchange(1, NOON - 11 * DAY)]);
    expect(numbers(window.get().rows)).toEqual([1]);
    expect(asked.length).toBe(3);
  });

  it("is bounded, and comes back to what it has forgotten, at both ends", async () => {
    const record = Array.from({ length: MOST + 1500 }, (_, at) => exchange(at + 1));
    const { window } = await begun(record, TODAY, 1000);
    for (let at = 0; at < 3; at += 1) await window.older();
    expect(window.get().rows.length).toBe(MOST);
    expect(numbers(window.get().rows)[0]).toBe(3500);
    expect(window.get().hasNewer).toBe(true);
    window.changes([item("new", exchange(9000))]);
    expect(window.get().fresh).toEqual([]);
    await window.newer();
    expect(numbers(window.get().rows)[0]).toBe(4500);
    expect(window.get().rows.length).toBe(MOST);
    await window.older();
    expect(numbers(window.get().rows).at(-1)).toBe(501);
  });

  it("holds back what is new until it is wanted, and has nothing twice", async () => {
    const { window } = await begun([exchange(1), exchange(2)]);
    window.changes([
      item("new", exchange(2, NOON, { status: 200 })),
      item("new", exchange(4)),
      item("new", exchange(3)),
    ]);
    expect(numbers(window.get().rows)).toEqual([2, 1]);
    expect(window.get().rows[0]?.exchange.status).toBe(200);
    window.changes([item("changed", exchange(4, NOON, { status: 404 })), item("new", exchange(5, OLD))]);
    window.showFresh();
    expect(numbers(window.get().rows)).toEqual([4, 3, 2, 1]);
    expect(window.get().rows[0]?.exchange.status).toBe(404);
    expect(window.get().fresh).toEqual([]);
    window.changes([item("gone", exchange(3))]);
    expect(numbers(window.get().rows)).toEqual([4, 2, 1]);
  });

  it("takes what came before its first page once", async () => {
    const { window } = windowOn([exchange(1), exchange(2)]);
    window.begin(TODAY);
    window.changes([item("new", exchange(2)), item("new", exchange(3, NOON + DAY))]);
    await settled();
    window.showFresh();
    expect(numbers(window.get().rows)).toEqual([3, 2, 1]);
  });

  it("says what failed, and goes on when it is asked to", async () => {
    let fails = true;
    const window = new HistoryWindow(async () => {
      if (fails) throw new Error("no");
      return { items: [exchange(1)], next: null };
    });
    window.setDays(DAYS);
    window.begin(TODAY);
    await settled();
    expect(window.get()).toMatchObject({ isLoading: false, rows: [], error: { message: "no" } });
    await window.older();
    expect(window.get().rows).toEqual([]);
    fails = false;
    window.tryAgain();
    await settled();
    expect(numbers(window.get().rows)).toEqual([1]);
  });
});

describe("days", () => {
  it("are said in words", () => {
    expect(dayOf(NOON)).toBe(TODAY);
    expect(dayInWords(TODAY, NOON)).toBe("Today");
    expect(dayInWords("2026-01-30", NOON)).toBe("Yesterday");
    expect(dayInWords("2026-01-24", NOON)).toBe("Sat 24 Jan 2026");
  });

  it("are jumped to, or to the one before", () => {
    expect(dayNear(DAYS, "2026-01-30")).toBe("2026-01-30");
    expect(dayNear(DAYS, "2026-01-29")).toBe("2026-01-20");
    expect(dayNear(DAYS, "2026-02-01")).toBe(TODAY);
    expect(dayNear(DAYS, "2025-01-01")).toBe("2026-01-20");
    expect(dayNear(DAYS, "")).toBe(TODAY);
    expect(dayNear([], "")).toBeNull();
  });

  it("are all gone through where not all that a query finds was counted", () => {
    const all = DAYS.map((day) => ({ ...day, exchanges: 1, failed: 0, request_bytes: 0, response_bytes: 0 }));
    const names = (exact: boolean) => daysOf({ days: all.slice(1, 2), exact }, all).map(({ day }) => day);
    expect(names(true)).toEqual(["2026-01-30"]);
    expect(names(false)).toEqual(["2026-01-30", "2026-01-20"]);
  });
});
