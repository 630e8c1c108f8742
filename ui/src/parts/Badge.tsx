import type { ReactNode } from "react";
import styles from "./Badge.module.css";
import { classes } from "./classes";

export type Tone =
  | "neutral"
  | "accent"
  | "informational"
  | "success"
  | "redirect"
  | "client-error"
  | "server-error"
  | "stream";

/** A word or number on a colour; the word says what the colour says. */
export function Badge({ tone = "neutral", icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={classes(styles.badge, styles[tone])}>
      {icon}
      {children}
    </span>
  );
}
