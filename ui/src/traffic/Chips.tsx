import { X } from "lucide-react";
import { Fragment } from "react";
import type { Looked } from "../query";
import { chipsOf, turned, without } from "./chips";
import styles from "./FilterBar.module.css";

export interface ChipsProps {
  looked: Looked;
  /** What stands in the field: while it is another text, the chips are of the one before, and cannot be used. */
  text: string;
  onQuery: (query: string) => void;
}

/** The terms of the filter, each to take away or to turn round. */
export function Chips({ looked, text, onQuery }: ChipsProps) {
  const chips = chipsOf(looked.of.text, looked.answer);
  if (chips.length === 0) return null;
  const isOld = looked.of.text !== text;
  return (
    <ul className={styles.chips} aria-label="Terms of the filter">
      {chips.map((chip, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a term may stand twice
        <Fragment key={`${at} ${chip.text}`}>
          {chip.isChoice && (
            <li aria-hidden className={styles.or}>
              or
            </li>
          )}
          <li className={styles.chip}>
            <button
              type="button"
              title={`Turn round: ${chip.text}`}
              disabled={isOld}
              onClick={() => onQuery(turned(chips, at))}
            >
              {chip.text}
            </button>
            <button
              type="button"
              aria-label={`Remove ${chip.text}`}
              disabled={isOld}
              onClick={() => onQuery(without(chips, at))}
            >
              <X aria-hidden />
            </button>
          </li>
        </Fragment>
      ))}
    </ul>
  );
}
