import type { ReactNode } from "react";
import { CopyButton } from "./CopyButton";
import { classes } from "./classes";
import styles from "./PropertyTable.module.css";

export interface Property {
  name: string;
  value: ReactNode;
  /** What is copied; left out: `value` where it is text. Null: nothing. */
  copied?: string | null;
  /** What the name means, shown on hover. */
  help?: string | undefined;
  /** Buttons beside the one that copies. */
  actions?: ReactNode;
}

export interface PropertyTableProps {
  /** Of the table, for screen readers. */
  label: string;
  rows: Property[];
  /** Names and values as code: headers, cookies, parameters. */
  isCode?: boolean;
}

/** Names and values, each of which can be copied. */
export function PropertyTable({ label, rows, isCode = false }: PropertyTableProps) {
  return (
    <table aria-label={label} className={classes(styles.table, isCode && styles.code)}>
      <tbody>
        {rows.map(({ name, value, copied, help, actions }, at) => {
          const text = copied === undefined ? (typeof value === "string" ? value : null) : copied;
          return (
            // Headers of one name may stand twice, also with one value.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <tr key={`${at} ${name}`}>
              <th scope="row" title={help}>
                {name}
              </th>
              <td>{value}</td>
              <td className={styles.actions}>
                {actions}
                {text !== null && <CopyButton label={`Copy ${name}`} text={text} className={styles.small} />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
