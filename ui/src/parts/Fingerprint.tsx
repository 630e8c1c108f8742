import styles from "./Fingerprint.module.css";

/** A SHA-256 as people compare it by eye: in groups of eight bytes, which stay on one line. */
export function Fingerprint({ text }: { text: string }) {
  const groups = text.match(/(?:..:?){1,8}/g) ?? [];
  return (
    <code className={styles.fingerprint}>
      {groups.map((group, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: groups of one fingerprint may be equal, and never move
        <span key={at} className={styles.group}>
          {group}
        </span>
      ))}
    </code>
  );
}
