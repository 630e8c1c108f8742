import { CopyButton } from "../parts";
import styles from "./connect.module.css";

/** A command to copy; of a long one the beginning is seen. */
export function Line({ label, text }: { label: string; text: string }) {
  return (
    <div className={styles.line}>
      <code>{text}</code>
      <CopyButton label={label} text={text} />
    </div>
  );
}
