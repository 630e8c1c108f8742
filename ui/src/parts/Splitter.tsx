import type { ReactNode } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";
import { remembered } from "./remembered";
import styles from "./Splitter.module.css";

export interface SplitterProps {
  /** Its sizes are remembered under this name. */
  id: string;
  /** `horizontal`: beside each other. */
  direction: "horizontal" | "vertical";
  first: ReactNode;
  /** Null: `first` has all the room. */
  second: ReactNode | null;
  /** Of the second part, where nobody has moved the line yet: `40%`, `420px`. */
  size?: string;
  /** Neither part gets smaller. */
  least?: string;
  /** Of the line, for screen readers: what it makes larger. */
  label: string;
}

export function Splitter({ id, direction, first, second, size = "45%", least = "160px", label }: SplitterProps) {
  const panelIds = second === null ? ["first"] : ["first", "second"];
  const layout = useDefaultLayout({ id: `split.${id}.${direction}`, panelIds, storage: remembered });
  return (
    <Group
      orientation={direction}
      className={styles.group}
      defaultLayout={layout.defaultLayout}
      {...(layout.onLayoutChanged && { onLayoutChanged: layout.onLayoutChanged })}
    >
      <Panel id="first" minSize={least} className={styles.panel}>
        {first}
      </Panel>
      {second !== null && (
        <>
          <Separator aria-label={label} className={direction === "horizontal" ? styles.upright : styles.level} />
          <Panel id="second" minSize={least} defaultSize={size} className={styles.panel}>
            {second}
          </Panel>
        </>
      )}
    </Group>
  );
}
