import { expect, it } from "vitest";
import { boundaryOf, partsOf } from "./multipart";

function read(text: string, boundary = "b") {
  const bytes = new TextEncoder().encode(text).buffer;
  const { parts, isWhole } = partsOf(bytes, boundary);
  return { isWhole, parts: parts.map((one) => ({ ...one, bytes: new TextDecoder().decode(one.bytes) })) };
}

it("finds the boundary", () => {
  expect(boundaryOf("multipart/form-data; boundary=abc")).toBe("abc");
  expect(boundaryOf('multipart/mixed; charset=x; boundary="a b"')).toBe("a b");
  expect(boundaryOf("multipart/mixed")).toBe("");
});

it("reads names, files, types and bytes", () => {
  const text =
    'before\r\n--b\r\nContent-Disposition: form-data; name="caf\u00e9"\r\n\r\none\r\ntwo\r\n' +
    '--b  \r\nContent-Disposition: form-data; name="f"; filename="a \\"b\\".json"\r\nContent-Type: application/JSON; x\r\n\r\n{}\r\n--b--\r\nafter';
  const { parts, isWhole } = read(text);
  expect(isWhole).toBe(true);
  expect(parts.map(({ name, file, type, bytes }) => [name, file, type, bytes])).toEqual([
    ["caf\u00e9", "", "", "one\r\ntwo"],
    ["f", 'a "b".json', "application/json", "{}"],
  ]);
});

it("takes a boundary at the start of a line alone", () => {
  expect(read("--b\r\n\r\nx --b\r\n--bb\r\n--b--").parts.map(({ bytes }) => bytes)).toEqual(["x --b\r\n--bb"]);
});

it("knows parts without headers, empty ones and line feeds alone", () => {
  expect(read("--b\n\nx\n--b\nA: 1\n\n\n--b--").parts.map(({ bytes, headers }) => [bytes, headers])).toEqual([
    ["x", []],
    ["", [["A", "1"]]],
  ]);
});

it("says that the end is missing", () => {
  expect(read('--b\r\nA: "x"\r\n\r\ncut o')).toMatchObject({ isWhole: false, parts: [{ bytes: "cut o" }] });
  expect(read("nothing").parts).toEqual([]);
});
