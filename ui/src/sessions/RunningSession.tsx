import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Circle, CirclePause, Pause, Play, Square } from "lucide-react";
import { call } from "../api/client";
import { allOf, tallyQuery, termOf } from "../api/queryWords";
import type { Answers, Session, Tally } from "../api/types";
import { Badge, Bars, Button } from "../parts";
import { addressOf, duration, moment, number, size } from "../shell";
import { useDo } from "./actions";
import { SessionMenu } from "./SessionMenu";
import styles from "./Sessions.module.css";
import { kept } from "./words";

const DIMENSIONS: ReadonlyArray<{ dimension: Tally["dimension"]; label: string }> = [
  { dimension: "domain", label: "Domain" },
  { dimension: "type", label: "Type" },
  { dimension: "status", label: "Status" },
  { dimension: "method", label: "Method" },
  { dimension: "mode", label: "Data mode" },
];

export function RunningSession({ session }: { session: Session }) {
  const run = useDo();
  const isPaused = session.state === "paused";
  const act = (action: "pause" | "resume" | "stop", what: string) =>
    run(`${what} ${session.name}`, () => call("POST", `/sessions/${session.id}/${action}`));
  // Whenever its figures have changed, which come with the list of sessions.
  const figures = [session.exchanges, session.request_bytes, session.response_bytes].join();
  const { data } = useQuery({
    queryKey: ["session-stats", session.id, figures],
    queryFn: ({ signal }) => call<Answers["getSessionStats"]>("GET", `/sessions/${session.id}/stats`, { signal }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  const leadTo = (tally: Tally) =>
    addressOf("/traffic", { q: allOf(termOf("session", session.name), tallyQuery(tally)) });
  return (
    <article aria-label={session.name} className={styles.card}>
      <header className={styles.heading}>
        <Badge
          tone={isPaused ? "client-error" : "server-error"}
          icon={isPaused ? <CirclePause /> : <Circle fill="currentColor" />}
        >
          {isPaused ? "Paused" : "Recording"}
        </Badge>
        <h3 className={styles.name} title={session.name}>
          {session.name}
        </h3>
        <span className={styles.room} />
        {isPaused ? (
          <Button icon={<Play />} onPress={() => act("resume", "Resume")}>
            Resume
          </Button>
        ) : (
          <Button icon={<Pause />} onPress={() => act("pause", "Pause")}>
            Pause
          </Button>
        )}
        <Button icon={<Square />} onPress={() => act("stop", "Stop")}>
          Stop
        </Button>
        <SessionMenu session={session} />
      </header>
      {session.note && <p className={styles.hint}>{session.note}</p>}
      <dl className={styles.figures}>
        <Figure
          name="Recorded for"
          value={duration(1000 * session.duration)}
          title={`since ${moment(session.started)}`}
        />
        <Figure name="Exchanges" value={number(session.exchanges)} />
        <Figure name="Open now" value={number(session.open)} />
        <Figure name="Failed" value={number(session.failed)} />
        <Figure name="Sent" value={size(session.request_bytes)} />
        <Figure name="Received" value={size(session.response_bytes)} />
        <Figure name="Not kept" value={number(session.missing)} title="Passed while it ran, for whatever reason" />
      </dl>
      <p className={styles.hint}>{kept(session.options)}</p>
      {data && data.tallies.length > 0 && (
        <div className={styles.tallies}>
          {DIMENSIONS.map(({ dimension, label }) => (
            <Bars
              key={dimension}
              title={label}
              tallies={data.tallies.filter((tally) => tally.dimension === dimension)}
              whole={data.session.exchanges}
              addressOf={leadTo}
            />
          ))}
        </div>
      )}
    </article>
  );
}

function Figure({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
