import styles from "./Shortcut.module.css";

/** Keys as they are drawn on a keyboard: `g t`, `Shift+F10`. */
export function Shortcut({ keys }: { keys: string }) {
  return (
    <span className={styles.keys}>
      {keys.split(/[ +](?=.)/).map((key, at) => (
        // The same key may stand twice.
        // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change
        <kbd key={at} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
