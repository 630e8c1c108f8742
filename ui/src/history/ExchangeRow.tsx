import type { CSSProperties, ReactNode } from "react";
import type { Summary } from "../api/types";
import { classes, Status } from "../parts";
import { clock, duration, size } from "../shell";
import styles from "./History.module.css";

interface ExchangeRowProps {
  id: string;
  /** From 0. */
  at: number;
  exchange: Summary;
  isSelected: boolean;
  style: CSSProperties;
  onPress: () => void;
}

export function ExchangeRow({ id, at, exchange, isSelected, style, onPress }: ExchangeRowProps) {
  const { method, url, host, started, source = "", type = "", response_size = 0, duration_ms } = exchange;
  return (
    // The keys of the list move the selection: rows have no tab stop of their own.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useSemanticElements: of a grid that is drawn where it is seen
    <div
      id={id}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={isSelected}
      tabIndex={-1}
      className={classes(styles.row, isSelected && styles.selected)}
      style={style}
      onClick={onPress}
    >
      <Cell className={styles.time}>{clock(started).slice(0, 8)}</Cell>
      <Cell>
        <Status summary={exchange} />
      </Cell>
      <Cell className={styles.method}>{method}</Cell>
      <Cell className={styles.url} title={url}>
        <span className={styles.host}>{host}</span>
        {pathOf(url)}
      </Cell>
      <Cell className={styles.faint} title={type}>
        {type}
      </Cell>
      <Cell className={styles.faint}>{source}</Cell>
      <Cell className={styles.number}>{size(response_size)}</Cell>
      <Cell className={styles.number}>{duration_ms == null ? "–" : duration(duration_ms)}</Cell>
    </div>
  );
}

const HEADINGS = ["Time", "Status", "Method", "URL", "Type", "Source", "Size", "Duration"];

export function HeadingRow() {
  return (
    // biome-ignore lint/a11y/useSemanticElements: of a grid that is drawn where it is seen
    <div role="row" aria-rowindex={1} tabIndex={-1} className={styles.headings}>
      {HEADINGS.map((heading, at) => (
        // biome-ignore lint/a11y/useSemanticElements: see above
        <span key={heading} role="columnheader" tabIndex={-1} className={at > 5 ? styles.number : undefined}>
          {heading}
        </span>
      ))}
    </div>
  );
}

function Cell({ className, title, children }: { className?: string | undefined; title?: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
    // biome-ignore lint/a11y/useSemanticElements: of a grid that is drawn where it is seen
    <span role="gridcell" className={className} title={title}>
      {children}
    </span>
  );
}

function pathOf(url: string): string {
  const at = url.indexOf("/", url.indexOf("://") + 3);
  return url.includes("://") && at > 0 ? url.slice(at) : "";
}
