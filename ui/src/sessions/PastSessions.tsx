import { ArrowDown, ArrowUp } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { termOf } from "../api/queryWords";
import type { Session } from "../api/types";
import { classes, EmptyState, SearchField } from "../parts";
import { addressOf, duration, moment, number, size } from "../shell";
import { chosen, type Order, type SortColumn } from "./pastOrder";
import { SessionMenu } from "./SessionMenu";
import styles from "./Sessions.module.css";

const COLUMNS: ReadonlyArray<{ id: SortColumn; heading: string; isNumber?: boolean }> = [
  { id: "name", heading: "Name" },
  { id: "source", heading: "Source" },
  { id: "started", heading: "Started" },
  { id: "duration", heading: "Duration", isNumber: true },
  { id: "exchanges", heading: "Exchanges", isNumber: true },
  { id: "failed", heading: "Failed", isNumber: true },
  { id: "bytes", heading: "Size", isNumber: true },
];

export function PastSessions({ sessions }: { sessions: readonly Session[] }) {
  const [text, setText] = useState("");
  const [order, setOrder] = useState<Order>({ column: "started", isDescending: true });
  const shown = chosen(sessions, text, order);

  function sortBy(column: SortColumn) {
    const isNew = column !== order.column;
    setOrder({ column, isDescending: isNew ? column !== "name" && column !== "source" : !order.isDescending });
  }

  return (
    <section aria-labelledby="past" className={styles.section}>
      <header className={styles.heading}>
        <h2 id="past">Past sessions</h2>
        <span className={styles.room} />
        {sessions.length > 0 && (
          <SearchField label="Find a session" value={text} onChange={setText} className={styles.find ?? ""} />
        )}
      </header>
      <div className={styles.frame}>
        {sessions.length === 0 ? (
          <EmptyState title="No session has ended yet">
            <p>Stop one, or import a HAR file: drop it anywhere on this page.</p>
          </EmptyState>
        ) : shown.length === 0 ? (
          <EmptyState title="No past session has this in its name, note or source" />
        ) : (
          <table aria-label="Past sessions" className={styles.past}>
            <thead>
              <tr>
                {COLUMNS.map(({ id, heading, isNumber }) => (
                  <th
                    key={id}
                    scope="col"
                    className={classes(isNumber && styles.number)}
                    {...(order.column === id && { "aria-sort": order.isDescending ? "descending" : "ascending" })}
                  >
                    <button type="button" onClick={() => sortBy(id)}>
                      {heading}
                      {order.column === id &&
                        (order.isDescending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />)}
                    </button>
                  </th>
                ))}
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((session) => (
                <Row key={session.id} session={session} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}

function Row({ session }: { session: Session }) {
  const { name, note, source, started, duration: seconds, exchanges, failed } = session;
  return (
    <tr>
      <th scope="row" title={note || name}>
        <Link href={addressOf("/traffic", { q: termOf("session", name) })}>{name}</Link>
        {note && <span className={styles.note}>{note}</span>}
      </th>
      <td>{source}</td>
      <td className={styles.moment}>{moment(started)}</td>
      <td className={styles.number}>{source === "import" ? "–" : duration(1000 * seconds)}</td>
      <td className={styles.number}>{number(exchanges)}</td>
      <td className={styles.number}>{number(failed)}</td>
      <td className={styles.number}>{size(session.request_bytes + session.response_bytes)}</td>
      <td>
        <SessionMenu session={session} />
      </td>
    </tr>
  );
}
