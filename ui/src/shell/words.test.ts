import { expect, it } from "vitest";
import { clock, count, duration, moment, size } from "./words";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [4500, "4.5 kB"],
  [9949, "9.9 kB"],
  [9960, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [12_000_000, "12 MB"],
  [3e15, "3000 TB"],
])("%d bytes are %s", (bytes, text) => expect(size(bytes)).toBe(text));

it.each([
  [0.42, "0.4 ms"],
  [9.96, "10 ms"],
  [85, "85 ms"],
  [999.6, "1.00 s"],
  [1250, "1.25 s"],
  [59_996, "1 min 0 s"],
  [125_000, "2 min 5 s"],
  [3_725_000, "1 h 2 min"],
])("%d ms are %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

it("counts", () => {
  expect(count(1, "exchange")).toBe("1 exchange");
  expect(count(1234, "exchange")).toBe("1,234 exchanges");
  expect(count(2, "entry", "entries")).toBe("2 entries");
});

it("says times of this place", () => {
  const seconds = new Date(2026, 0, 2, 3, 4, 5, 6).getTime() / 1000;
  expect(clock(seconds)).toBe("03:04:05.006");
  expect(moment(seconds)).toBe("2026-01-02 03:04:05");
});
