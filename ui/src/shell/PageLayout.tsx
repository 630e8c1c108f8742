import type { ReactNode } from "react";
import styles from "./PageLayout.module.css";

/** Title and actions of a page that is no list of traffic, and the room below it, which scrolls. */
export function PageLayout({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <>
      <header className={styles.header}>
        <h1>{title}</h1>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={styles.content}>{children}</div>
    </>
  );
}
