import { CircleAlert } from "lucide-react";
import { said } from "../api/client";
import { CodeWords } from "./CodeWords";
import styles from "./ErrorText.module.css";

/** What failed, and what to do next. */
export function ErrorText({ error }: { error: unknown }) {
  const { message, hint } = said(error);
  return (
    <p role="alert" className={styles.error}>
      <CircleAlert aria-hidden />
      <span>
        <CodeWords text={message} />{" "}
        {hint && (
          <span className={styles.hint}>
            <CodeWords text={hint} />
          </span>
        )}
      </span>
    </p>
  );
}
