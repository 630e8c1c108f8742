import { MessageSquare, Star } from "lucide-react";
import type { ReactNode } from "react";
import type { Summary } from "../api/types";
import { classes, outcomeOf, Status, toneClass } from "../parts";
import { clock, duration, moment, size } from "../shell";
import { kindOf, pathOf } from "./facts";
import styles from "./Row.module.css";
import { idOf } from "./rows";
import type { Scale } from "./waterfall";

export interface Column {
  id: string;
  heading: string;
  /** Pixels, until somebody makes it wider. */
  width: number;
  /** Takes what is left of the room. */
  isWide?: boolean;
  isNumber?: boolean;
  isCode?: boolean;
  /** Shown until somebody chooses others. */
  isUsual?: boolean;
  cell: (summary: Summary, scale: Scale) => ReactNode;
  /** Where a row's bar is depends on the other rows in sight. */
  isScaled?: boolean;
  /** What is sorted by; those without a value come last. */
  value: (summary: Summary) => string | number | null;
}

function Kind({ summary }: { summary: Summary }) {
  const { name, icon: Icon, text } = kindOf(summary);
  const { tone, icon: Way } = outcomeOf(summary);
  if (tone === "stream") {
    return (
      <span className={classes(styles.kind, toneClass(tone))}>
        <Way aria-hidden />
        <span className={styles.cut}>{summary.protocol}</span>
      </span>
    );
  }
  if (name === "none") return null;
  return (
    <span className={classes(styles.kind, styles[name])} title={summary.type}>
      <Icon aria-hidden />
      <span className={styles.cut}>{text}</span>
    </span>
  );
}

function Took({ summary, scale }: { summary: Summary; scale: Scale }) {
  const { started, duration_ms: took, state } = summary;
  const { left, width } = scale.bar(summary);
  const isOpen = state === "open";
  const words = took === null || took === undefined ? "" : `, took ${duration(took)}`;
  return (
    <span
      className={styles.took}
      title={`Began at ${clock(started)}${words}. The bar: when it ran, beside the others in sight; times in which none ran are cut short.`}
    >
      <span className={styles.bar}>
        <span
          className={classes(toneClass(outcomeOf(summary).tone), isOpen && styles.goesOn)}
          style={{ left: `${left}%`, width: `${width}%` }}
        />
      </span>
      <span className={styles.figure}>
        {isOpen ? "open" : took === null || took === undefined ? "" : duration(took)}
      </span>
    </span>
  );
}

function Path({ summary }: { summary: Summary }) {
  const path = pathOf(summary);
  const query = path.indexOf("?");
  return (
    <span className={styles.path} title={summary.url}>
      {summary.star && <Star aria-label="Starred" className={styles.star} />}
      {summary.note && <MessageSquare aria-label={`Note: ${summary.note}`} className={styles.noted} />}
      <span className={styles.cut}>
        {query < 0 ? path : path.slice(0, query)}
        {query >= 0 && <span className={styles.muted}>{path.slice(query)}</span>}
        {!path && <span className={styles.muted}>{summary.url}</span>}
      </span>
    </span>
  );
}

/** All columns, in the order they have until somebody orders them. */
export const COLUMNS: readonly Column[] = [
  {
    id: "id",
    heading: "No.",
    width: 70,
    isNumber: true,
    cell: idOf,
    value: idOf,
  },
  {
    id: "status",
    heading: "Status",
    width: 78,
    isUsual: true,
    cell: (summary) => <Status summary={summary} />,
    value: ({ status, state }) => status ?? (state === "failed" ? 999 : null),
  },
  {
    id: "method",
    heading: "Method",
    width: 72,
    isUsual: true,
    isCode: true,
    cell: ({ method }) => method,
    value: ({ method }) => method,
  },
  {
    id: "host",
    heading: "Host",
    width: 180,
    isUsual: true,
    cell: ({ host }) => host,
    value: ({ host }) => host,
  },
  {
    id: "path",
    heading: "Path",
    width: 200,
    isWide: true,
    isUsual: true,
    cell: (summary) => <Path summary={summary} />,
    value: pathOf,
  },
  {
    id: "type",
    heading: "Type",
    width: 110,
    isUsual: true,
    cell: (summary) => <Kind summary={summary} />,
    value: ({ type }) => type || null,
  },
  {
    id: "size",
    heading: "Size",
    width: 74,
    isUsual: true,
    isNumber: true,
    cell: ({ response_size = 0, state }) => (state === "open" && !response_size ? "" : size(response_size)),
    value: ({ response_size }) => response_size ?? 0,
  },
  {
    id: "request_size",
    heading: "Sent",
    width: 74,
    isNumber: true,
    cell: ({ request_size = 0 }) => size(request_size),
    value: ({ request_size }) => request_size ?? 0,
  },
  {
    id: "started",
    heading: "Time",
    width: 116,
    isUsual: true,
    isNumber: true,
    cell: ({ started }) => <span title={moment(started)}>{clock(started)}</span>,
    value: ({ started }) => started,
  },
  {
    id: "duration",
    heading: "Duration",
    width: 190,
    isUsual: true,
    isScaled: true,
    cell: (summary, scale) => <Took summary={summary} scale={scale} />,
    value: ({ duration_ms }) => duration_ms ?? null,
  },
  {
    id: "protocol",
    heading: "Protocol",
    width: 90,
    cell: ({ protocol }) => protocol,
    value: ({ protocol }) => protocol || null,
  },
  {
    id: "source",
    heading: "Source",
    width: 100,
    cell: ({ source }) => source,
    value: ({ source }) => source || null,
  },
  {
    id: "client",
    heading: "Client",
    width: 140,
    cell: ({ client }) => client,
    value: ({ client }) => client || null,
  },
  {
    id: "session",
    heading: "Session",
    width: 150,
    cell: ({ sessions = [] }) => <span title={sessions.join(", ")}>{sessions.join(", ")}</span>,
    value: ({ sessions = [] }) => sessions.join(", ") || null,
  },
  {
    id: "operation",
    heading: "GraphQL operation",
    width: 150,
    cell: ({ operation }) => operation,
    value: ({ operation }) => operation || null,
  },
];
