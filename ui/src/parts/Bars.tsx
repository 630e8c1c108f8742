import { useId, useState } from "react";
import { Link } from "wouter";
import type { Tally } from "../api/types";
import { count, number, size } from "../shell/words";
import styles from "./Bars.module.css";
import { Button } from "./Button";
import { classes } from "./classes";

const SHOWN = 6;

export interface BarsProps {
  title: string;
  /** Of one dimension, the largest first. */
  tallies: readonly Tally[];
  /** Exchanges of which these are parts. */
  whole: number;
  /** Where the exchanges of a bar are. */
  addressOf: (tally: Tally) => string;
}

/** A breakdown: a bar for each value, which leads to its exchanges. */
export function Bars({ title, tallies, whole, addressOf }: BarsProps) {
  const [isLong, setLong] = useState(false);
  const id = useId();
  const most = tallies[0]?.exchanges ?? 1;
  const shown = isLong ? tallies : tallies.slice(0, SHOWN);
  return (
    <section aria-labelledby={id} className={styles.breakdown}>
      <h3 id={id}>{title}</h3>
      <ul aria-labelledby={id}>
        {shown.map((tally) => (
          <li key={tally.value}>
            <Link
              href={addressOf(tally)}
              title={`${tally.value || "none"}: ${count(tally.exchanges, "exchange")}, ${size(tally.response_bytes)} of responses`}
            >
              <span className={styles.label}>{tally.value || "none"}</span>
              <span className={styles.track}>
                <span
                  className={classes(styles.fill, tally.dimension === "status" && styles[`s${tally.value}`])}
                  style={{ width: `${(100 * tally.exchanges) / most}%` }}
                />
              </span>
              <span className={styles.amount}>{number(tally.exchanges)}</span>
              <span className={styles.part}>{percent(tally.exchanges, whole)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {tallies.length > SHOWN && (
        <Button kind="quiet" className={styles.more} onPress={() => setLong(!isLong)}>
          {isLong ? "Fewer" : `${number(tallies.length - SHOWN)} more`}
        </Button>
      )}
    </section>
  );
}

function percent(part: number, whole: number): string {
  const value = whole ? (100 * part) / whole : 0;
  return value > 0 && value < 1 ? "<1%" : `${value.toFixed(0)}%`;
}
