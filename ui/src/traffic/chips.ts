import { negated } from "../api/queryWords";
import type { Checked } from "../api/types";

/** A term of a query that no bracket holds, in the words it was written in. */
export interface Chip {
  text: string;
  /** `or` stands before it: it begins another choice. */
  isChoice: boolean;
}

/** None for a single term, which says the same in the field itself. */
export function chipsOf(text: string, { terms }: Pick<Checked, "terms">): Chip[] {
  if (terms.length < 2) return [];
  return terms.map(([start, end], at) => {
    const between = text.slice(terms[at - 1]?.[1] ?? start, start);
    return { text: text.slice(start, end), isChoice: /\||or/i.test(between) };
  });
}

export function without(chips: readonly Chip[], at: number): string {
  return written(chips.map((chip, other) => (other === at ? { ...chip, text: "" } : chip)));
}

export function turned(chips: readonly Chip[], at: number): string {
  return written(chips.map((chip, other) => (other === at ? { ...chip, text: negated(chip.text) } : chip)));
}

/** As a query again; a choice that has lost its last term is none. */
function written(chips: readonly Chip[]): string {
  const choices: string[][] = [[]];
  for (const { text, isChoice } of chips) {
    if (isChoice) choices.push([]);
    if (text) choices.at(-1)?.push(text);
  }
  return choices
    .filter((terms) => terms.length > 0)
    .map((terms) => terms.join(" "))
    .join(" or ");
}
