import { Cable, CirclePause, SearchX, TriangleAlert } from "lucide-react";
import { Link } from "wouter";
import { call } from "../api/client";
import { useStatus } from "../api/program";
import type { Answers, Session } from "../api/types";
import { Button, CopyButton, EmptyState, ErrorText } from "../parts";
import { tellError } from "../shell";
import styles from "./Traffic.module.css";

export interface NoRowsProps {
  query: string;
  isSearching: boolean;
  onClear: () => void;
}

/** Why the list is empty, and what to do: three different things. */
export function NoRows({ query, isSearching, onClear }: NoRowsProps) {
  const { data: status, refetch } = useStatus();
  if (isSearching || !status) {
    return (
      <EmptyState title={query ? "Searching" : "Loading"}>{query && <p>Older exchanges are looked at.</p>}</EmptyState>
    );
  }
  if (query) {
    return (
      <EmptyState
        icon={<SearchX />}
        title="The filter matches nothing"
        actions={<Button onPress={onClear}>Clear the filter</Button>}
      >
        <p>
          Nothing in the store is found by <code>{cut(query)}</code>. What comes from now on is shown if it matches.
        </p>
      </EmptyState>
    );
  }
  const paused = status.sessions.filter(({ state }) => state === "paused");
  if (paused.length > 0 && paused.length === status.sessions.length) {
    return <Paused sessions={paused} onResumed={() => void refetch()} />;
  }
  if (status.sessions.length === 0) {
    return (
      <EmptyState icon={<CirclePause />} title="No session is recording">
        <p>
          Traffic passes and is not kept. <Link href="/sessions">Start a session.</Link>
        </p>
      </EmptyState>
    );
  }
  return <NothingYet listen={status.doors.find(({ state }) => state === "open")?.listen} />;
}

const SHOWN = 200;

/** A pasted one may fill the page. */
function cut(query: string): string {
  return query.length > SHOWN ? `${query.slice(0, SHOWN)}…` : query;
}

function Paused({ sessions, onResumed }: { sessions: readonly Session[]; onResumed: () => void }) {
  async function resume() {
    try {
      for (const { id } of sessions) await call<Answers["controlSession"]>("POST", `/sessions/${id}/resume`);
    } catch (error) {
      tellError("Resume recording", error);
    }
    onResumed();
  }
  return (
    <EmptyState
      icon={<CirclePause />}
      title="Recording is paused"
      actions={
        <Button kind="primary" onPress={() => void resume()}>
          Resume recording
        </Button>
      }
    >
      <p>Traffic passes and is not kept, and nothing was captured before.</p>
    </EmptyState>
  );
}

const WAYS = [
  { title: "This terminal", text: "One line makes its programs use the proxy." },
  { title: "A browser", text: "A button starts one that is set up already." },
  { title: "A program", text: "wireglass run starts it with everything set." },
  { title: "A phone", text: "Scan a code, and follow the steps." },
];

function NothingYet({ listen }: { listen: string | undefined }) {
  if (!listen) {
    return (
      <EmptyState icon={<TriangleAlert />} title="No door is open">
        <p>
          Clients have no port to come to. <Link href="/connect">Open one.</Link>
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<Cable />} title="Nothing captured yet">
      <p>
        Send traffic through the proxy at <code>{listen}</code>
        <CopyButton label="Copy the proxy's address" text={listen} className={styles.inline} />. For https, clients must
        trust Wireglass' certificate: <Link href="/connect">Connect</Link> shows how.
      </p>
      <ul className={styles.cards}>
        {WAYS.map(({ title, text }) => (
          <li key={title}>
            <Link href="/connect" className={styles.card}>
              <strong>{title}</strong>
              <span>{text}</span>
            </Link>
          </li>
        ))}
      </ul>
      <p>
        Sent something, and it does not appear? <Link href="/missing">See what is missing, and why.</Link>
      </p>
    </EmptyState>
  );
}

export function Failure({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  return (
    <div className={styles.failure}>
      <ErrorText error={error} />
      <Button onPress={onAgain}>Try again</Button>
    </div>
  );
}
