import type { Summary } from "../api/types";

const INSTANT = 0.001; // seconds

/** Where moments are on a bar, from 0 to 1: knots, and straight lines between them. */
export class Scale {
  #times: readonly number[];
  #places: readonly number[];

  constructor(times: readonly number[], places: readonly number[]) {
    this.#times = times;
    this.#places = places;
  }

  at(seconds: number): number {
    const times = this.#times;
    const places = this.#places;
    let low = 0;
    let high = times.length - 1;
    if (high < 0) return 0;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? 0) <= seconds) low = middle;
      else high = middle;
    }
    const from = times[low] ?? 0;
    const long = (times[high] ?? 0) - from;
    const start = places[low] ?? 0;
    const share = long > 0 ? Math.min(Math.max((seconds - from) / long, 0), 1) : 0;
    return start + share * ((places[high] ?? 0) - start);
  }

  /** Of 100, from the left: where the bar of `row` begins, and how long it is. What is open goes on to the right edge. */
  bar({ started, duration_ms, state }: Summary): { left: number; width: number } {
    const left = tenths(this.at(started));
    const isOpen = state === "open" || duration_ms === null || duration_ms === undefined;
    const right = isOpen ? 100 : tenths(this.at(started + duration_ms / 1000));
    return { left, width: Math.max(right - left, 0) };
  }
}

function tenths(share: number): number {
  return Math.round(1000 * share) / 10;
}

/** The scale of these rows, from the first that began to the last that ended. Times in which none of them ran are cut
 * to a half of the whole together, or requests of a person, some seconds apart, would be dots and no bars. */
export function scaleOf(rows: readonly Summary[]): Scale {
  const spans = rows
    .map(({ started, duration_ms }) => ({ from: started, to: started + Math.max((duration_ms ?? 0) / 1000, INSTANT) }))
    .sort((a, b) => a.from - b.from);
  const times: number[] = [];
  for (const { from, to } of spans) {
    const end = times.at(-1);
    if (end === undefined || from > end) times.push(from, to);
    else if (to > end) times[times.length - 1] = to;
  }
  let busy = 0;
  for (let at = 0; at < times.length; at += 2) busy += (times[at + 1] ?? 0) - (times[at] ?? 0);
  const longestGap = busy / Math.max(times.length / 2 - 1, 1);
  const lengths = times.map((time, at) => {
    const length = time - (times[at - 1] ?? time);
    return at % 2 === 0 ? Math.min(length, longestGap) : length;
  });
  // What is open goes on behind the last that is known: room to see it.
  const beyond = rows.some(({ state }) => state === "open") ? 1.1 : 1;
  const whole = beyond * lengths.reduce((sum, length) => sum + length, 0) || 1;
  let reached = 0;
  const places = lengths.map((length) => {
    reached += length;
    return reached / whole;
  });
  return new Scale(times, places);
}
