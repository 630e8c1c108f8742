import type { ReactNode } from "react";
import { classes } from "./classes";
import styles from "./DataTable.module.css";

export interface DataColumn<Row> {
  id: string;
  /** The heading; of a column of buttons, what they do, for screen readers. */
  heading: string;
  isHeadingHidden?: boolean;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the end, under each other. */
  isNumber?: boolean;
  /** In CSS: `120px`, `30%`. */
  width?: string;
}

export interface DataTableProps<Row> {
  label: string;
  columns: DataColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  isSelected?: (row: Row) => boolean;
}

/** A table of some hundred rows at most; the first column names the row. What may be longer is a list of its own. */
export function DataTable<Row>({ label, columns, rows, rowKey, isSelected }: DataTableProps<Row>) {
  return (
    <table aria-label={label} className={styles.table}>
      <thead>
        <tr>
          {columns.map(({ id, heading, isHeadingHidden, isNumber, width }) => (
            <th
              key={id}
              scope="col"
              className={classes(isNumber && styles.number)}
              style={width ? { width } : undefined}
            >
              {isHeadingHidden ? <span className="visually-hidden">{heading}</span> : heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)} className={classes(isSelected?.(row) && styles.selected)}>
            {columns.map(({ id, cell, isNumber }, at) =>
              at === 0 ? (
                <th key={id} scope="row">
                  {cell(row)}
                </th>
              ) : (
                <td key={id} className={classes(isNumber && styles.number)}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
