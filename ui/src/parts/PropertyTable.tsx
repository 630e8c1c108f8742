import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { count, number } from "../shell/words";
import { CopyButton } from "./CopyButton";
import { classes } from "./classes";
import styles from "./PropertyTable.module.css";
import { Tip } from "./Tip";

export interface Property {
  name: string;
  value: ReactNode;
  /** What is copied; left out: `value` where it is text. Null: nothing. */
  copied?: string | null;
  /** What the name means, shown on hover and to who walks there with the keys. */
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

/** A body of a megabyte can have a hundred thousand fields, or one: a browser would take minutes to lay them out. */
const MOST = 500; // rows
const LONGEST = 20_000; // characters of a value

/** Names and values, each of which can be copied; of very many the first ones, of very long ones their beginning. */
export function PropertyTable({ label, rows, isCode = false }: PropertyTableProps) {
  return (
    <table aria-label={label} className={classes(styles.table, isCode && styles.code)}>
      <tbody>
        {rows.slice(0, MOST).map(({ name, value, copied, help, actions }, at) => {
          const text = copied === undefined ? (typeof value === "string" ? value : null) : copied;
          return (
            // Headers of one name may stand twice, also with one value.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <tr key={`${at} ${name}`}>
              <th scope="row">
                {help ? (
                  <Tip text={help}>
                    <Button className={styles.helped ?? ""}>{name}</Button>
                  </Tip>
                ) : (
                  name
                )}
              </th>
              <td>{typeof value === "string" ? beginningOf(value) : value}</td>
              <td className={styles.actions}>
                {actions}
                {text !== null && <CopyButton label={`Copy ${name}`} text={text} className={styles.small} />}
              </td>
            </tr>
          );
        })}
      </tbody>
      {rows.length > MOST && (
        <tfoot>
          <tr>
            <td colSpan={3}>{`The first ${MOST} of ${number(rows.length)} are shown.`}</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function beginningOf(value: string): string {
  if (value.length <= LONGEST) return value;
  return `${value.slice(0, LONGEST)}… ${count(value.length - LONGEST, "more character")}`;
}
