import { Link } from "wouter";
import { termOf } from "../api/queryWords";
import type { Day, Session } from "../api/types";
import { addressOf, count, number } from "../shell";
import { dayInWords, sessionsOf } from "./days";
import styles from "./History.module.css";

const SESSIONS = 5; // of a day; the sessions page has them all

interface DaysProps {
  days: readonly Day[];
  /** False: there are more. */
  isExact: boolean;
  /** They come. */
  isCounting: boolean;
  sessions: readonly Session[];
  chosen: string;
  onChoose: (day: string) => void;
}

/** The days on which there was anything, with their sessions. */
export function Days({ days, isExact, isCounting, sessions, chosen, onChoose }: DaysProps) {
  const now = Date.now() / 1000;
  return (
    <nav aria-label="Days" className={styles.days}>
      <ol>
        {days.map((day) => {
          const all = sessionsOf(sessions, day.day);
          return (
            <li key={day.day}>
              <button
                type="button"
                aria-current={(chosen || days[0]?.day) === day.day ? "date" : undefined}
                title={`${day.day}: ${count(day.exchanges, "exchange")}, ${number(day.failed)} failed`}
                onClick={() => onChoose(day.day)}
              >
                <span>{dayInWords(day.day, now)}</span>
                <span className={styles.count}>{number(day.exchanges)}</span>
              </button>
              {all.slice(0, SESSIONS).map(({ id, name }) => (
                <Link key={id} href={addressOf("/traffic", { q: termOf("session", name) })} title={`Session ${name}`}>
                  {name}
                </Link>
              ))}
              {all.length > SESSIONS && <Link href="/sessions">{count(all.length - SESSIONS, "more session")}</Link>}
            </li>
          );
        })}
      </ol>
      {!isExact && <p>{isCounting ? "Still counting." : `Counted: the newest ${count(total(days), "exchange")}.`}</p>}
    </nav>
  );
}

function total(days: readonly Day[]): number {
  return days.reduce((sum, { exchanges }) => sum + exchanges, 0);
}
