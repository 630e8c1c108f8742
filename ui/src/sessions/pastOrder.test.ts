import { expect, it } from "vitest";
import type { Session } from "../api/types";
import { chosen } from "./pastOrder";

function session(id: number, part: Partial<Session>): Session {
  return {
    id,
    name: `session ${id}`,
    source: "proxy",
    state: "ended",
    started: id,
    ended: id + 1,
    duration: 1,
    note: "",
    options: {},
    exchanges: 0,
    failed: 0,
    open: 0,
    request_bytes: 0,
    response_bytes: 0,
    missing: 0,
    ...part,
  };
}

const ALL = [
  session(1, { name: "Login", exchanges: 5, response_bytes: 10 }),
  session(2, { name: "shop", note: "with login", exchanges: 5 }),
  session(3, { name: "other", source: "import", request_bytes: 20 }),
];
const ids = (text: string, column: Parameters<typeof chosen>[2]["column"], isDescending: boolean) =>
  chosen(ALL, text, { column, isDescending }).map(({ id }) => id);

it("finds in name, note and source, whatever the case", () => {
  expect(ids("LOGIN", "started", true)).toEqual([2, 1]);
  expect(ids("import", "started", true)).toEqual([3]);
  expect(ids("login shop", "started", true)).toEqual([2]);
});

it("sorts both ways; equal ones the latest first", () => {
  expect(ids("", "exchanges", true)).toEqual([2, 1, 3]);
  expect(ids("", "exchanges", false)).toEqual([3, 2, 1]);
  expect(ids("", "name", false)).toEqual([1, 3, 2]);
  expect(ids("", "bytes", true)).toEqual([3, 1, 2]);
});
