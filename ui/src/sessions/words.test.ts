import { expect, test } from "vitest";
import { kept } from "./words";

test.each([
  ["", "Keeps everything."],
  ["path:/v1/*", "Keeps path:/v1/*."],
  ["not host:metrics.example", "Leaves out host:metrics.example."],
  ["-host:metrics.example", "Leaves out host:metrics.example."],
  ["not host:a.example path:/b", "Keeps not host:a.example path:/b."],
  ["not (host:a.example or host:b.example)", "Keeps not (host:a.example or host:b.example)."],
])("what the capture filter %j leaves in a session is said", (filter, words) => {
  expect(kept({ filter })).toBe(words);
});
