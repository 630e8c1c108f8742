import { describe, expect, it } from "vitest";
import { summed } from "./secrets";

const found = (place: string, kind: string) => ({ place, kind, length: 9, hash: "h" });

describe("secrets that are taken out", () => {
  it("are summed by place and kind, most first", () => {
    const items = [
      { id: 1, count: 2, secrets: [found("request url", "token"), found("request header cookie", "cookie")] },
      { id: 3, count: 5, secrets: [found("request header cookie", "cookie")] },
    ];
    expect(summed(items)).toEqual({
      secrets: 7,
      exchanges: 2,
      places: [
        { place: "request header cookie", kind: "cookie", times: 2 },
        { place: "request url", kind: "token", times: 1 },
      ],
    });
  });

  it("may be none", () => {
    expect(summed([])).toEqual({ secrets: 0, exchanges: 0, places: [] });
  });
});
