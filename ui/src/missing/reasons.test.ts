import { expect, test } from "vitest";
import type { Missing } from "../api/types";
import { groupsOf } from "./reasons";

function row(reason: Missing["reason"], host: string, count: number, last: number): Missing {
  return { reason, host, count, first: 1, last, detail: "", client: "", session: "" };
}

test("by reason, the latest first, and by a part of the host", () => {
  const rows = [
    row("paused", "a.test", 2, 10),
    row("certificate_rejected", "B.test:443", 1, 5),
    row("paused", "c.test", 3, 20),
  ];
  const groups = groupsOf(rows, "");
  expect(groups.map(({ reason, count, last }) => [reason, count, last])).toEqual([
    ["certificate_rejected", 1, 5],
    ["paused", 5, 20],
  ]);
  expect(groups[1]?.rows.map(({ host }) => host)).toEqual(["c.test", "a.test"]);
  expect(groupsOf(rows, " b.TEST").map(({ reason }) => reason)).toEqual(["certificate_rejected"]);
});
