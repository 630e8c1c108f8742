import { type ReactNode, useState } from "react";
import { Tabs } from "../parts";
import styles from "./connect.module.css";

export interface ChoiceProps {
  /** Of what one is chosen, for screen readers. */
  label: string;
  items: ReadonlyArray<{ id: string; label: string; content: () => ReactNode }>;
}

/** The shells, programs or systems of a card, one of which is shown. */
export function Choice({ label, items }: ChoiceProps) {
  const [selected, select] = useState(items[0]?.id ?? "");
  return (
    <div className={styles.choice}>
      <Tabs
        label={label}
        selected={selected}
        onSelect={select}
        items={items.map(({ content, ...item }) => ({
          ...item,
          content: () => <div className={styles.chosen}>{content()}</div>,
        }))}
      />
    </div>
  );
}
