import { describe, expect, it } from "vitest";
import { isRepeatable, queryOf } from "./files";

describe("the query of a selection", () => {
  it("names each once, and neighbours as a range", () => {
    expect(queryOf([7, 3, 2, 1, 9, 3])).toBe("id:1..3,7,9");
    expect(queryOf([5])).toBe("id:5");
    expect(queryOf([5, 6])).toBe("id:5..6");
  });

  it("says so where they are too many", () => {
    const odd = Array.from({ length: 2000 }, (_, at) => 2 * at + 1);
    expect(() => queryOf(odd)).toThrow("2,000 exchanges are too many to name. Select fewer, or neighbours.");
  });
});

describe("code", () => {
  const row = { method: "GET", url: "http://a/", host: "a", started: 0 };

  it("is of requests alone", () => {
    expect(isRepeatable(row)).toBe(true);
    expect(isRepeatable({ ...row, protocol: "websocket" })).toBe(false);
    expect(isRepeatable({ ...row, protocol: "tunnel" })).toBe(false);
    expect(isRepeatable({ ...row, method: "CONNECT" })).toBe(false);
    expect(isRepeatable({ ...row, method: "" })).toBe(false);
  });
});
