import type { Bucket } from "../api/types";

/** Columns of a plot: times, all, failing. Buckets that are left out had nothing. */
export function series(buckets: readonly Bucket[], width: number): [number[], number[], number[]] {
  const first = buckets[0];
  const last = buckets.at(-1);
  const times: number[] = [];
  const all: number[] = [];
  const failing: number[] = [];
  if (!first || !last) return [times, all, failing];
  // From the first one on: where days begin depends on the zone.
  const place = ({ start }: Bucket) => Math.round((start - first.start) / width);
  const known = new Map(buckets.map((bucket) => [place(bucket), bucket]));
  for (let at = 0; at <= place(last); at += 1) {
    const bucket = known.get(at);
    times.push(first.start + at * width);
    all.push(bucket?.exchanges ?? 0);
    failing.push(bucket?.failing ?? 0);
  }
  return [times, all, failing];
}

/** Where a key leads among `count` bars, from one of them or (null) from none; null where it leads nowhere. */
export function stepped(at: number | null, key: string, count: number): number | null {
  const last = count - 1;
  if (last < 0) return null;
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return at === null ? 0 : Math.min(at + 1, last);
    case "ArrowLeft":
    case "ArrowDown":
      return at === null ? last : Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
