import { expect, it } from "vitest";
import { hexLine, linesOf } from "./TextLines";

it("writes bytes as hexdump does", () => {
  const bytes = Uint8Array.from([0x00, 0x41, 0x7e, 0x7f, 0xff, 0x20, 0x0a, 0x7a, 0x30]);
  expect(hexLine(bytes, 32)).toBe("00000020  00 41 7e 7f ff 20 0a 7a  30                       .A~.. .z0");
  expect(hexLine(new Uint8Array(16), 0).indexOf("................")).toBe(60);
});

it("numbers lines, and breaks those that are very long", () => {
  expect(linesOf("a\nb\n")).toEqual({ starts: [0, 2, 4], numbers: [1, 2, 3] });
  expect(linesOf("")).toEqual({ starts: [0], numbers: [1] });
  expect(linesOf(`${"x".repeat(4500)}\ny`)).toEqual({ starts: [0, 2000, 4000, 4501], numbers: [1, 0, 0, 2] });
});
