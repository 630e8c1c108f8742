import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { PropertyTable } from "./PropertyTable";

function show(values: string[]): HTMLTableElement {
  const rows = values.map((value, at) => ({ name: `n${at}`, value, copied: null }));
  const table = render(<PropertyTable label="Form" rows={rows} />).container.querySelector("table");
  if (!table) throw new Error("no table");
  return table;
}

it("shows the first of very many rows, and says so", () => {
  const table = show(Array.from({ length: 1234 }, String));
  expect(table.tBodies[0]?.rows).toHaveLength(500);
  expect(table.tFoot?.textContent).toBe("The first 500 of 1,234 are shown.");
  expect(show(["1"]).tFoot).toBeNull();
});

it("shows the beginning of a very long value, and says how much more there is", () => {
  const cell = show(["x".repeat(21_234)]).tBodies[0]?.rows[0]?.cells[1];
  expect(cell?.textContent).toBe(`${"x".repeat(20_000)}… 1,234 more characters`);
});
