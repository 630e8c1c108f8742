import type { ReactNode } from "react";
import { Header } from "react-aria-components/Header";
import { Menu as AriaMenu, MenuItem as AriaMenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import styles from "./Menu.module.css";
import { Shortcut } from "./Shortcut";

/** What a menu offers; `"line"` parts groups, and `items` make a group with a heading. `isRow`: they stand beside each
 * other, by their icons alone. */
export type MenuEntry = "line" | { heading: string; items: MenuAction[]; isRow?: boolean } | MenuAction;

export interface MenuAction {
  id: string;
  label: string;
  icon?: ReactNode;
  /** The key that does the same. */
  shortcut?: string;
  isDanger?: boolean;
  isDisabled?: boolean;
  /** Of a choice: a tick is shown where it is true. */
  isChosen?: boolean;
  onAction: () => void;
}

export interface MenuProps {
  /** Of the whole menu, for screen readers. */
  label: string;
  entries: MenuEntry[];
  /** A `Button` or `IconButton`. */
  trigger: ReactNode;
  placement?: "bottom start" | "bottom end" | "top start" | "top end";
}

/** A button with a menu below it. */
export function Menu({ label, entries, trigger, placement = "bottom start" }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className={styles.popover ?? ""} placement={placement} offset={4}>
        <MenuEntries label={label} entries={entries} />
      </Popover>
    </MenuTrigger>
  );
}

export function MenuEntries({
  label,
  entries,
  onClose,
}: Pick<MenuProps, "label" | "entries"> & { onClose?: () => void }) {
  return (
    // A trigger says by itself what has the focus first.
    <AriaMenu aria-label={label} className={styles.menu ?? ""} {...(onClose && { onClose, autoFocus: true })}>
      {entries.map((entry, at) => {
        if (entry === "line") {
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
          return <Separator key={at} className={styles.line ?? ""} />;
        }
        if ("items" in entry) {
          return (
            <MenuSection key={entry.heading} className={entry.isRow ? (styles.row ?? "") : ""}>
              <Header className={styles.heading ?? ""}>{entry.heading}</Header>
              {entry.items.map(entry.isRow ? swatch : item)}
            </MenuSection>
          );
        }
        return item(entry);
      })}
    </AriaMenu>
  );
}

function item({ id, label, icon, shortcut, isDanger, isDisabled, isChosen, onAction }: MenuAction) {
  return (
    <AriaMenuItem
      key={id}
      id={id}
      textValue={isChosen === undefined ? label : `${label}${isChosen ? ", chosen" : ""}`}
      isDisabled={isDisabled ?? false}
      onAction={onAction}
      className={`${styles.item} ${isDanger ? styles.danger : ""}`}
    >
      <span className={styles.icon}>{isChosen ? "✓" : icon}</span>
      <span className={styles.label}>{label}</span>
      {shortcut && <Shortcut keys={shortcut} />}
    </AriaMenuItem>
  );
}

function swatch({ id, label, icon, isChosen, onAction }: MenuAction) {
  const name = `${label}${isChosen ? ", chosen" : ""}`;
  return (
    <AriaMenuItem
      key={id}
      id={id}
      textValue={name}
      aria-label={name}
      onAction={onAction}
      className={`${styles.swatch} ${isChosen ? styles.chosen : ""}`}
    >
      <span className={styles.icon} title={label}>
        {icon}
      </span>
    </AriaMenuItem>
  );
}
