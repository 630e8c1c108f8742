import type { ReactNode } from "react";
import styles from "./Body.module.css";

/** What a reader of a body should know, above it. */
export function Note({ children }: { children: ReactNode }) {
  return <p className={styles.note}>{children}</p>;
}

export function Waiting() {
  return (
    <p role="status" className={styles.waiting}>
      Loading the body …
    </p>
  );
}
