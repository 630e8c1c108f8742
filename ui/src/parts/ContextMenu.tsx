import { type MouseEvent, type ReactNode, useRef, useState } from "react";
import { Popover } from "react-aria-components/Popover";
import { MenuEntries, type MenuEntry } from "./Menu";
import styles from "./Menu.module.css";

interface Opened {
  x: number;
  y: number;
  entries: MenuEntry[];
}

/** A menu where the pointer is, or below what has the focus (Shift+F10, the menu key): give `open` the event of
 * `onContextMenu`, and render `menu` once. */
export function useContextMenu(label: string): {
  open: (event: MouseEvent, entries: MenuEntry[]) => void;
  menu: ReactNode;
} {
  const [opened, setOpened] = useState<Opened | null>(null);
  const anchor = useRef<HTMLSpanElement>(null);

  function open(event: MouseEvent, entries: MenuEntry[]) {
    event.preventDefault();
    const box = event.currentTarget.getBoundingClientRect();
    const byKey = event.clientX === 0 && event.clientY === 0;
    setOpened({ x: byKey ? box.left + 24 : event.clientX, y: byKey ? box.bottom : event.clientY, entries });
  }

  const menu = (
    <>
      <span ref={anchor} className={styles.anchor} style={{ left: opened?.x ?? 0, top: opened?.y ?? 0 }} />
      <Popover
        // A new place needs a new measuring.
        key={opened ? `${opened.x} ${opened.y}` : ""}
        aria-label={label}
        className={styles.popover ?? ""}
        triggerRef={anchor}
        isOpen={opened !== null}
        onOpenChange={(isOpen) => !isOpen && setOpened(null)}
        placement="bottom start"
        offset={0}
      >
        {opened && <MenuEntries label={label} entries={opened.entries} onClose={() => setOpened(null)} />}
      </Popover>
    </>
  );
  return { open, menu };
}
