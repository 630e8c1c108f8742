import { Lines } from "../detail";
import { classes } from "../parts";
import styles from "./Compare.module.css";
import type { Difference } from "./jsonDiff";

const WORDS = { same: "same", changed: "changed", added: "only in B", removed: "only in A" } as const;

/** Path by path, side by side: any number of them. */
export function DifferenceLines({ label, differences }: { label: string; differences: readonly Difference[] }) {
  return (
    <Lines
      label={label}
      count={differences.length}
      line={(at) => {
        const one = differences[at];
        return one && <Line key={`${at} ${one.path}`} difference={one} />;
      }}
    />
  );
}

function Line({ difference: { path, left, right, kind } }: { difference: Difference }) {
  return (
    <div className={classes(styles.line, styles[kind])}>
      <span className={styles.path} title={path}>
        {path}
      </span>
      <span className={styles.kind}>{WORDS[kind]}</span>
      <span className={styles.value} title={left ?? ""}>
        {left}
      </span>
      <span className={styles.value} title={right ?? ""}>
        {right}
      </span>
    </div>
  );
}
