import { CircleAlert } from "lucide-react";
import { said } from "../api/client";
import styles from "./ErrorText.module.css";

/** What failed, and what to do next. */
export function ErrorText({ error }: { error: unknown }) {
  const { message, hint } = said(error);
  return (
    <p role="alert" className={styles.error}>
      <CircleAlert aria-hidden />
      <span>
        {message} {hint && <span className={styles.hint}>{hint}</span>}
      </span>
    </p>
  );
}
