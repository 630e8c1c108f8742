import { CircleCheck, CircleDashed } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Link } from "wouter";
import { classes, ErrorText } from "../parts";
import { addressOf, clock } from "../shell";
import styles from "./connect.module.css";
import { useFirstExchange } from "./useFirstExchange";

export interface CardProps {
  title: string;
  icon: ReactNode;
  /** Finds what came in this way; null: not known yet. */
  query: string | null;
  /** By what it is told that an exchange came in this way. */
  told: string;
  isWide?: boolean;
  children: ReactNode;
}

/** One way in, with the first exchange that came by it. */
export function Card({ title, icon, query, told, isWide = false, children }: CardProps) {
  const id = useId();
  const { found, error } = useFirstExchange(query);
  return (
    <section aria-labelledby={id} className={classes(styles.card, found && styles.connected, isWide && styles.wide)}>
      <header className={styles.head}>
        {icon}
        <h2 id={id}>{title}</h2>
      </header>
      <div className={styles.body}>{children}</div>
      <footer className={styles.state}>
        {error && !found ? (
          <ErrorText error={error} />
        ) : found ? (
          <>
            <CircleCheck aria-hidden className={styles.good} />
            <span role="status" className={styles.good}>
              Connected
            </span>
            <Link
              href={addressOf("/traffic", { q: query, id: found.id ?? null })}
              className={styles.found}
              title={`${found.method} ${found.url}`}
            >
              {found.method} {found.url}
            </Link>
            <span className={styles.faint}>{clock(found.started).slice(0, 8)}</span>
            <span className={styles.told}>{told}</span>
          </>
        ) : (
          <>
            <CircleDashed aria-hidden />
            <span role="status">Nothing yet.</span> <span className={styles.faint}>{told}</span>
          </>
        )}
      </footer>
    </section>
  );
}
