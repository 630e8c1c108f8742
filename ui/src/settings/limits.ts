import type { Prune } from "../api/types";

export type Kind = "age" | "count" | "size";

/** What may stay, and in what it is counted. */
export const KINDS: ReadonlyArray<{ value: Kind; label: string; unit: string; factor: number }> = [
  { value: "age", label: "The last days", unit: "Days", factor: 86_400 },
  { value: "count", label: "The newest exchanges", unit: "Exchanges", factor: 1 },
  { value: "size", label: "As many as fit into a size", unit: "Gigabytes", factor: 1e9 },
];

const MOST = 1e12;

/** Null: `amount` is no number above 0, or one that nothing could have. */
export function limitsOf(kind: Kind, amount: string): Prune | null {
  const text = amount.trim().replaceAll(",", "");
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const value = Number(text);
  const factor = KINDS.find(({ value }) => value === kind)?.factor ?? 1;
  if (value <= 0 || value > MOST || (kind === "count" && !Number.isInteger(value))) return null;
  return { [kind]: kind === "age" ? value * factor : Math.round(value * factor) };
}
