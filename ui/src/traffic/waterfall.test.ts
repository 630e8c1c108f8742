import { describe, expect, it } from "vitest";
import type { Summary } from "../api/types";
import { scaleOf } from "./waterfall";

function row(started: number, duration_ms: number | null, state: Summary["state"] = "done"): Summary {
  return { method: "GET", url: "http://a.test/", host: "a.test", started, duration_ms, state };
}

describe("the waterfall", () => {
  it("puts each bar where it ran among the others", () => {
    const rows = [row(1_780_000_000, 1000), row(1_780_000_000.25, 500), row(1_780_000_000.5, 1500)];
    const scale = scaleOf(rows);
    expect(rows.map((one) => scale.bar(one))).toEqual([
      { left: 0, width: 50 },
      { left: 12.5, width: 25 },
      { left: 25, width: 75 },
    ]);
  });

  it("cuts the time short in which nothing ran", () => {
    const rows = [row(0, 100), row(3600, 100), row(7200, 200)];
    const bars = rows.map((one) => scaleOf(rows).bar(one));
    expect(bars).toEqual([
      { left: 0, width: 12.5 },
      { left: 37.5, width: 12.5 },
      { left: 75, width: 25 },
    ]);
  });

  it("takes what is open to the right edge, and makes it no longer than the others", () => {
    const rows = [row(10, null, "open"), row(11, 1000)];
    const scale = scaleOf(rows);
    expect(scale.bar(row(10, null, "open"))).toEqual({ left: 0, width: 100 });
    expect(scale.bar(row(11, 1000)).width).toBeGreaterThan(40);
    expect(scaleOf([row(10, 1000), row(11, null, "open")]).bar(row(11, null, "open")).width).toBeGreaterThan(5);
  });

  it("has a place for one alone, for instants and for none", () => {
    expect(scaleOf([row(5, 20)]).bar(row(5, 20))).toEqual({ left: 0, width: 100 });
    expect(scaleOf([row(5, 0), row(5, 0)]).bar(row(5, 0))).toEqual({ left: 0, width: 0 });
    expect(scaleOf([]).bar(row(5, 0))).toEqual({ left: 0, width: 0 });
  });

  it("keeps to the scale what lies outside of it", () => {
    const scale = scaleOf([row(10, 1000)]);
    expect(scale.bar(row(2, 1000))).toEqual({ left: 0, width: 0 });
    expect(scale.bar(row(20, 1000))).toEqual({ left: 100, width: 0 });
  });
});
