import type { ReactNode } from "react";
import styles from "./Toolbar.module.css";

/** A line above what it is for; `actions` stand at its end. */
export function Toolbar({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <div className={styles.toolbar}>
      {children}
      <span className={styles.room} />
      {actions}
    </div>
  );
}
