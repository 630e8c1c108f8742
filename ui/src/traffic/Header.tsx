import { ArrowDown, ArrowUp } from "lucide-react";
import { type PointerEvent, useRef } from "react";
import { classes, type MenuEntry } from "../parts";
import styles from "./List.module.css";
import type { ShownColumn, useLayout } from "./layout";
import type { Sorting } from "./view";

export type LayoutActions = ReturnType<typeof useLayout>;

export interface HeaderProps {
  layout: LayoutActions;
  sorting: Sorting | null;
  onSort: (sorting: Sorting | null) => void;
  onMenu: (event: React.MouseEvent, entries: MenuEntry[]) => void;
}

/** First upwards, then downwards, then by time again. */
export function nextSorting(before: Sorting | null, column: string): Sorting | null {
  if (before?.column !== column) return { column, isDescending: false };
  return before.isDescending ? null : { column, isDescending: true };
}

/** The pointer's way to sort, resize and choose; the keys' way is "Columns" in the bar above. */
export function Header({
  columns,
  layout,
  sorting,
  onSort,
  onMenu,
}: HeaderProps & { columns: readonly ShownColumn[] }) {
  const { move, toggle, resize, reset } = layout;
  const drag = useRef<{ id: string; from: number; width: number } | null>(null);

  function grab(event: PointerEvent, { id }: ShownColumn) {
    const cell = event.currentTarget.parentElement;
    if (!cell) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { id, from: event.clientX, width: cell.getBoundingClientRect().width };
  }

  function pull(event: PointerEvent) {
    if (drag.current) resize(drag.current.id, drag.current.width + event.clientX - drag.current.from);
  }

  function entries({ id, heading, pixels }: ShownColumn): MenuEntry[] {
    return [
      { id: "up", label: `Sort by ${heading}, upwards`, onAction: () => onSort({ column: id, isDescending: false }) },
      {
        id: "down",
        label: `Sort by ${heading}, downwards`,
        onAction: () => onSort({ column: id, isDescending: true }),
      },
      { id: "time", label: "In the order of arrival", isDisabled: sorting === null, onAction: () => onSort(null) },
      "line",
      { id: "left", label: "Move to the left", onAction: () => move(id, -1) },
      { id: "right", label: "Move to the right", onAction: () => move(id, 1) },
      { id: "wider", label: "Wider", onAction: () => resize(id, pixels + 40) },
      { id: "narrower", label: "Narrower", onAction: () => resize(id, pixels - 40) },
      { id: "hide", label: `Hide ${heading}`, isDisabled: layout.columns.length === 1, onAction: () => toggle(id) },
      "line",
      { id: "reset", label: "All columns as at first", onAction: reset },
    ];
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: as for a row
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
    <div role="row" aria-rowindex={1} className={styles.header}>
      {columns.map((column) => {
        const { id, heading, isNumber } = column;
        const isSorted = sorting?.column === id;
        const Arrow = sorting?.isDescending ? ArrowDown : ArrowUp;
        return (
          // biome-ignore lint/a11y/useSemanticElements: as for a row
          // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
          <div
            key={id}
            role="columnheader"
            aria-sort={isSorted ? (sorting.isDescending ? "descending" : "ascending") : "none"}
            className={styles.heading}
            onContextMenu={(event) => onMenu(event, entries(column))}
          >
            <button
              type="button"
              tabIndex={-1}
              className={classes(styles.sort, isNumber && styles.number)}
              title={`Sort by ${heading}: of what is loaded, at most 3,000 exchanges. Right click for more.`}
              onClick={() => onSort(nextSorting(sorting, id))}
            >
              <span>{heading}</span>
              {isSorted && <Arrow aria-hidden />}
            </button>
            <span
              className={styles.edge}
              onPointerDown={(event) => grab(event, column)}
              onPointerMove={pull}
              onPointerUp={() => {
                drag.current = null;
              }}
            />
          </div>
        );
      })}
    </div>
  );
}
