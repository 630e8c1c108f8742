import { ChevronDown, ChevronRight } from "lucide-react";
import { memo } from "react";
import type { Summary } from "../api/types";
import { classes, outcomeOf } from "../parts";
import { count, number } from "../shell";
import type { ShownColumn } from "./layout";
import styles from "./Row.module.css";
import { idOf } from "./rows";
import type { Group, Key } from "./view";
import { type Scale, scaleOf } from "./waterfall";

export const ROW = 28; // pixels, as --row

export interface RowProps {
  summary: Summary;
  columns: readonly ShownColumn[];
  scale: Scale;
  /** From 1, the heading's row included. */
  index: number;
  isActive: boolean;
  isSelected: boolean;
}

export function rowId(key: Key): string {
  return typeof key === "number" ? `exchange-${key}` : `group-${key}`;
}

/** Everything that happens to a row is heard by the list: hundreds come and go each second. */
export const Row = memo(function Row(props: RowProps) {
  const { summary, columns, scale, index, isActive, isSelected } = props;
  const id = idOf(summary);
  const { tone } = outcomeOf(summary);
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed one by one
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and says which row is active
    <div
      role="row"
      id={rowId(id)}
      data-id={id}
      aria-rowindex={index}
      aria-selected={isSelected}
      className={classes(
        styles.row,
        isSelected && styles.selected,
        isActive && styles.active,
        (tone === "failed" || tone === "open" || tone === "stream") && styles[`is-${tone}`],
        summary.color && styles.marked,
        summary.color && styles[`mark-${summary.color}`],
      )}
    >
      {columns.map((column) => (
        <Cell key={column.id} summary={summary} column={column} scale={column.isScaled ? scale : UNSCALED} />
      ))}
    </div>
  );
});

const UNSCALED = scaleOf([]);

interface CellProps {
  summary: Summary;
  column: ShownColumn;
  scale: Scale;
}

/** Where rows pass by, each is at another place at each frame, and most of its cells are the same. */
const Cell = memo(function Cell({ summary, column, scale }: CellProps) {
  const { cell, isNumber, isCode } = column;
  return (
    // biome-ignore lint/a11y/useSemanticElements: as for a row
    // biome-ignore lint/a11y/useFocusableInteractive: as for a row
    <div role="gridcell" className={classes(styles.cell, isNumber && styles.number, isCode && styles.code)}>
      {cell(summary, scale)}
    </div>
  );
});

export interface GroupRowProps {
  entry: Group;
  /** None: the heading that stays in sight above its rows, a second time. */
  index?: number;
  isActive: boolean;
}

export function GroupRow({ entry, index, isActive }: GroupRowProps) {
  const { group, count: many, failed, isOpen } = entry;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    // biome-ignore lint/a11y/useSemanticElements: as for a row
    // biome-ignore lint/a11y/useFocusableInteractive: as for a row
    <div
      role="row"
      {...(index !== undefined && { id: rowId(group) })}
      data-group={group}
      aria-rowindex={index}
      aria-selected={isActive}
      className={classes(styles.row, styles.group, isActive && styles.selected)}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as for a row */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: as for a row */}
      <div role="gridcell" aria-expanded={isOpen} className={styles.groupName}>
        <Chevron aria-hidden />
        <span className={styles.cut} title={group}>
          {group}
        </span>
        <span className={styles.muted}>{count(many, "exchange")}</span>
        {failed > 0 && <span className={styles.groupFailed}>{number(failed)} failed or 5xx</span>}
      </div>
    </div>
  );
}
