import { Dialog, Shortcut } from "../parts";
import styles from "./KeySheet.module.css";
import { drawn, KEYS, type KeyEntry } from "./keys";

const GROUPS = new Map<string, KeyEntry[]>();
for (const entry of Object.values<KeyEntry>(KEYS)) {
  GROUPS.set(entry.group, [...(GROUPS.get(entry.group) ?? []), entry]);
}

export function KeySheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog title="Keys" isOpen={isOpen} onClose={onClose} isWide>
      <div className={styles.groups}>
        {[...GROUPS].map(([group, entries]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {entries.map(({ keys, does }) => (
                <div key={does} className={styles.entry}>
                  <dt>{does}</dt>
                  <dd>
                    {keys.map((key) => (
                      <Shortcut key={key} keys={drawn(key)} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
