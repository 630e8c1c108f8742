import { describe, expect, it } from "vitest";
import type { Summary } from "../api/types";
import { idOf } from "./rows";
import { all, extended, headOf, NONE, only, stepped, toggled } from "./selection";
import { entriesOf, groupOf, headingOf, keyOf, sorted } from "./view";

function summary(id: number, more: Partial<Summary> = {}): Summary {
  return { id, method: "GET", url: `http://a.test/${id}`, host: "a.test", started: id, ...more };
}

const rows = [
  summary(1, { host: "b", status: 200 }),
  summary(2, { host: "a", status: null }),
  summary(3, { host: "b", status: 500 }),
];

describe("what the list shows", () => {
  it("sorted by a column: without a value last, equal ones in the order of arrival", () => {
    const ids = (column: string, isDescending: boolean) => sorted(rows, { column, isDescending }).map(idOf);
    expect(ids("host", false)).toEqual([2, 1, 3]);
    expect(ids("host", true)).toEqual([1, 3, 2]);
    expect(ids("status", true)).toEqual([3, 1, 2]);
  });

  it("by arrival it is the rows themselves: nothing is made anew for each frame", () => {
    expect(entriesOf(sorted(rows, null), "none", new Set())).toBe(rows);
  });

  it("endpoints with their host, tunnels by host and port", () => {
    expect(groupOf("endpoint", summary(1, { url: "https://a.test/users/5?x=1" }))).toBe("GET a.test/users/{id}");
    const tunnel = summary(2, { method: "CONNECT", url: "a.test:443", protocol: "tunnel" });
    expect(groupOf("endpoint", tunnel)).toBe("CONNECT a.test:443");
  });

  it("grouped by name, and closed groups without their rows", () => {
    const entries = entriesOf(rows, "host", new Set(["b"]));
    expect(entries).toEqual([
      { group: "a", count: 1, failed: 0, isOpen: true },
      rows[1],
      { group: "b", count: 2, failed: 1, isOpen: false },
    ]);
  });
});

it("each row has the heading of its group", () => {
  const entries = entriesOf(rows, "host", new Set());
  expect(entries.map((_, at) => headingOf(entries, at)?.group)).toEqual(["a", "a", "b", "b", "b"]);
  expect(headingOf(rows, 2)).toBeNull();
});

describe("the selection", () => {
  const four = [5, 6, 7, 8].map((id) => summary(id));

  it("moves, grows and is toggled", () => {
    expect(stepped(four, null, 1)).toBe(8);
    expect(stepped(four, 6, 1)).toBe(7);
    expect(stepped(four, 6, -10)).toBe(5);
    expect(stepped([], 6, 1)).toBeNull();
    expect([...extended(only(6), four, 8).ids]).toEqual([6, 7, 8]);
    expect([...extended(extended(only(6), four, 8), four, 5).ids]).toEqual([5, 6]);
    expect([...toggled(only(6), 8).ids]).toEqual([6, 8]);
    expect([...toggled(only(6), 6).ids]).toEqual([]);
    expect([...all(NONE, four).ids]).toEqual([5, 6, 7, 8]);
  });

  it("goes through groups, whose rows alone are selected", () => {
    const entries = entriesOf(rows, "host", new Set());
    expect(entries.map(keyOf)).toEqual(["a", 2, "b", 1, 3]);
    expect(stepped(entries, 2, 1)).toBe("b");
    expect([...only("b").ids]).toEqual([]);
    expect([...extended(only(2), entries, 1).ids]).toEqual([2, 1]);
    expect([...extended(only(2), entries, "b").ids]).toEqual([2]);
    expect(headOf(entries, 4)).toBe("b");
    expect(headOf(entries, 1)).toBe("a");
  });
});
