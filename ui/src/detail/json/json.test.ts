import { describe, expect, it } from "vitest";
import { foldedAtFirst, keyText, linesOf, pathOf, placeOf, previewOf, readable, search, valueText } from "./lines";
import { NotJson, parse } from "./parse";

const ORDER = '{"id": 12345678901234567890, "a b": [true, {"x": "\\"q\\\\"}], "none": {}, "id": null}';

describe("parse", () => {
  it("keeps texts as they were sent: long numbers, repeated keys, escapes", () => {
    const tree = parse(ORDER);
    const seen = Array.from({ length: tree.count }, (_, node) => [keyText(tree, node), valueText(tree, node)]);
    expect(seen.slice(1)).toEqual([
      ['"id"', "12345678901234567890"],
      ['"a b"', '[true, {"x": "\\"q\\\\"}]'],
      ["", "true"],
      ["", '{"x": "\\"q\\\\"}'],
      ['"x"', '"\\"q\\\\"'],
      ['"none"', "{}"],
      ['"id"', "null"],
    ]);
  });

  it.each(["", "{", "[1,]", '{"a" 1}', "[1 2]", "1 2", "nul", '"a', '{"a":1,}', "01", "[1}"])("refuses %j", (text) => {
    expect(() => parse(text)).toThrow(NotJson);
    expect(() => JSON.parse(text)).toThrow();
  });

  it("reads what JSON.parse reads, whatever the depth", () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    expect(parse(deep).count).toBe(50_000);
    expect(valueText(parse("\ufeff 1"), 0)).toBe("1");
  });
});

describe("lines", () => {
  it("are one for each value and one for each end, without those that are folded", () => {
    const tree = parse(ORDER);
    expect([...linesOf(tree, new Uint8Array(tree.count))]).toEqual([0, 1, 2, 3, 4, 5, ~4, ~2, 6, 7, ~0]);
    expect([...linesOf(tree, Uint8Array.from([0, 0, 1, 0, 0, 0, 0, 0]))]).toEqual([0, 1, 2, 6, 7, ~0]);
  });

  it("are folded at first where there are too many", () => {
    const tree = parse(JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, name: "n" }))));
    expect(foldedAtFirst(tree, 1000)).not.toContain(1);
    expect(linesOf(tree, foldedAtFirst(tree, 150)).length).toBe(102);
  });

  it("have a path, and are found by key or value", () => {
    const tree = parse(ORDER);
    expect(pathOf(tree, 5)).toBe('."a b"[1].x');
    expect(pathOf(tree, 0)).toBe(".");
    expect(search(tree, "ID", 10)).toEqual([1, 7]);
    expect(search(tree, "TRUE", 10)).toEqual([3]);
    expect(search(tree, "none", 10)).toEqual([6]);
    expect(search(tree, "[", 10)).toEqual([]);
  });

  it("say what they hold while they are folded, and which of an array they are", () => {
    const tree = parse(`{"a": [1, {"b": "${"x".repeat(50)}"}], "c": {}, "n": ${"9".repeat(100)}, "z": [], "y": 0}`);
    expect(previewOf(tree, 0)).toBe(`a: […], c: {}, n: ${"9".repeat(40)}…, z: [], y: 0`);
    expect(previewOf(tree, 1)).toBe("1, {…}");
    expect(previewOf(tree, 3)).toBe(`b: "${"x".repeat(39)}…"`);
    expect(previewOf(tree, 0, 10)).toBe("a: […], c: {}, …");
    expect([0, 1, 2, 3, 4].map((node) => placeOf(tree, node))).toEqual([-1, -1, 0, 1, -1]);
  });

  it.each([
    ['"caf\\u00e9 \\ud83d\\ude00"', '"café 😀"'],
    ['"a\\/b"', '"a/b"'],
    ['"\\u0022 \\u005c \\n \\u202e \\u0000 \\ud83d"', '"\\u0022 \\u005c \\n \\u202e \\u0000 \\ud83d"'],
    ['"\\\\u00e9"', '"\\\\u00e9"'],
  ])("%s is read as %s", (source, read) => {
    expect(readable(source)).toBe(read);
    expect(JSON.parse(readable(source))).toBe(JSON.parse(source));
  });

  it("are found escaped or not", () => {
    const tree = parse('["caf\\u00e9", "café", "\\ud83d\\ude00", "a\\/b"]');
    expect(search(tree, "CAFé", 10)).toEqual([1, 2]);
    expect(search(tree, "😀", 10)).toEqual([3]);
    expect(search(tree, "a/b", 10)).toEqual([4]);
  });
});
