import { describe, expect, it } from "vitest";
import { parse } from "../detail/json/parse";
import { headerDiff } from "./headerDiff";
import { jsonDiff } from "./jsonDiff";

function differences(left: string, right: string) {
  return jsonDiff(parse(left), parse(right))
    .filter(({ kind }) => kind !== "same")
    .map(({ path, left, right, kind }) => [kind, path, left, right]);
}

describe("jsonDiff", () => {
  it("goes by path, whatever the order of the keys", () => {
    expect(differences('{"a": 1, "b": [1, 2]}', '{"b": [1,2], "a": 1}')).toEqual([]);
    expect(differences('{"a": {"x y": 1}, "gone": [1]}', '{"new": null, "a": {"x y": 2}}')).toEqual([
      ["changed", '.a."x y"', "1", "2"],
      ["removed", ".gone", "[1]", null],
      ["added", ".new", null, "null"],
    ]);
  });

  it("minds the order of items, and what kind of value it is", () => {
    expect(differences("[1, 2]", "[2]")).toEqual([
      ["changed", "[0]", "1", "2"],
      ["removed", "[1]", "2", null],
    ]);
    expect(differences('{"a": []}', '{"a": {}}')).toEqual([["changed", ".a", "[]", "{}"]]);
    expect(differences('{"id": 12345678901234567890}', '{"id": 12345678901234567891}')).toHaveLength(1);
  });

  it("goes as deep as the text", () => {
    const deep = (inner: string) => `${"[".repeat(20_000)}${inner}${"]".repeat(20_000)}`;
    expect(differences(deep("1"), deep("2"))).toHaveLength(1);
  });
});

describe("headerDiff", () => {
  it("takes names in any case, and all values of a repeated one", () => {
    const left = [
      ["Date", "1"],
      ["Vary", "a"],
      ["vary", "b"],
    ] as const;
    const right = [
      ["date", "2"],
      ["Vary", "a\nb"],
      ["ETag", "x"],
    ] as const;
    expect(headerDiff(left, right).map(({ path, kind }) => [path, kind])).toEqual([
      ["date", "changed"],
      ["etag", "added"],
      ["vary", "same"],
    ]);
  });
});
