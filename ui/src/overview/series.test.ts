import { expect, it } from "vitest";
import { series, stepped } from "./series";

it("fills the time in which nothing came", () => {
  const buckets = [
    { start: 100, exchanges: 3, failing: 1, response_bytes: 0 },
    { start: 120, exchanges: 2, failing: 0, response_bytes: 0 },
  ];
  expect(series(buckets, 10)).toEqual([
    [100, 110, 120],
    [3, 0, 2],
    [1, 0, 0],
  ]);
  expect(series([], 1)).toEqual([[], [], []]);
});

it("has bars of days where these begin in the zone", () => {
  const day = 86_400;
  const buckets = [0, 2].map((at) => ({ start: at * day - 3600, exchanges: 1, failing: 0, response_bytes: 0 }));
  expect(series(buckets, day)[0]).toEqual([-3600, day - 3600, 2 * day - 3600]);
});

it("is gone through with keys", () => {
  expect(stepped(null, "ArrowLeft", 5)).toBe(4);
  expect(stepped(null, "ArrowRight", 5)).toBe(0);
  expect(stepped(4, "ArrowRight", 5)).toBe(4);
  expect(stepped(2, "ArrowLeft", 5)).toBe(1);
  expect([stepped(2, "Home", 5), stepped(2, "End", 5)]).toEqual([0, 4]);
  expect(stepped(2, "a", 5)).toBeNull();
  expect(stepped(null, "End", 0)).toBeNull();
});
