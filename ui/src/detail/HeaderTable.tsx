import { headerTerm } from "../api/queryWords";
import { CopyButton, PropertyTable } from "../parts";
import type { Side } from "./exchange";
import { headerHelp } from "./headerHelp";
import styles from "./Message.module.css";
import { TermMenu } from "./TermMenu";

type Headers = ReadonlyArray<readonly [string, string]>;

export interface HeaderTableProps {
  label: string;
  headers: Headers;
  /** Of the message whose headers they are; left out where no query looks at them. */
  side?: Side;
}

export function HeaderTable({ label, headers, side }: HeaderTableProps) {
  if (headers.length === 0) return <p className={styles.none}>None.</p>;
  const rows = headers.map(([name, value]) => ({
    name,
    value,
    help: headerHelp(name),
    ...(side && { actions: <TermMenu name={name} term={headerTerm(side, name, value)} /> }),
  }));
  return (
    <section className={styles.section}>
      <div className={styles.heading}>
        <h3>{label}</h3>
        <CopyButton label={`Copy all: ${label.toLowerCase()}`} text={() => asText(headers)} />
      </div>
      <PropertyTable label={label} rows={rows} isCode />
    </section>
  );
}

function asText(headers: Headers): string {
  return headers.map(([name, value]) => `${name}: ${value}\n`).join("");
}
