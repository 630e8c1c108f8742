import { Cable, Circle, CirclePause, CircleSlash, PlugZap, Radio, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useConnection, useLag, useRate, useStatus } from "../api/program";
import type { Door, Session } from "../api/types";
import { classes } from "../parts";
import styles from "./StatusBar.module.css";
import { count } from "./words";

export function StatusBar() {
  const { data: status } = useStatus();
  const isLost = useConnection() === "lost";
  return (
    <footer className={classes(styles.bar, isLost && styles.lost)}>
      <ConnectionState />
      {status && !isLost && (
        <>
          <DoorState doors={status.doors} />
          <SessionState sessions={status.sessions} />
        </>
      )}
      <span className={styles.room} />
      {status && !isLost && (
        <>
          <Rate />
          <IndexLag />
        </>
      )}
      {status && <span title={status.running.home}>Wireglass {status.running.version}</span>}
    </footer>
  );
}

function ConnectionState() {
  const connection = useConnection();
  return (
    <span role="status" className={styles.part}>
      {connection === "live" && <Live icon={<Radio />} tone={styles.good} text="Live" />}
      {connection === "begun" && <Live icon={<Circle />} text="Connecting" />}
      {connection === "lost" && (
        <Live
          icon={<PlugZap />}
          text="Connection lost: it is tried again. If Wireglass has ended, start it, and open the address that it prints."
        />
      )}
    </span>
  );
}

function Live({ icon, tone, text }: { icon: ReactNode; tone?: string | undefined; text: string }) {
  return (
    <span className={classes(styles.part, tone)}>
      {icon}
      {text}
    </span>
  );
}

function DoorState({ doors }: { doors: readonly Door[] }) {
  const open = doors.filter(({ state }) => state === "open");
  const failed = doors.filter(({ state }) => state === "failed");
  const first = open[0];
  const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
  return (
    <Link
      href="/connect"
      className={styles.part}
      title={doors.map(({ mode, state }) => `${mode}: ${state}`).join("\n")}
    >
      {failed.length > 0 ? <TriangleAlert className={styles.bad} /> : <Cable />}
      {first ? `Proxy on ${first.listen}${more}` : "No open door: nothing is captured"}
      {failed.length > 0 && `; ${count(failed.length, "door")} failed`}
    </Link>
  );
}

function SessionState({ sessions }: { sessions: readonly Session[] }) {
  const recording = sessions.filter(({ state }) => state === "recording");
  const shown = recording[0] ?? sessions[0];
  if (!shown) {
    return (
      <Link href="/sessions" className={styles.part}>
        <CircleSlash className={styles.warn} /> No session: nothing is kept
      </Link>
    );
  }
  const isPaused = recording.length === 0;
  const more = recording.length > 1 ? ` and ${recording.length - 1} more` : "";
  return (
    <Link href="/sessions" className={classes(styles.part, styles.session)} title={shown.name}>
      {isPaused ? <CirclePause className={styles.warn} /> : <Circle className={styles.recording} />}
      <span>{isPaused ? "Paused" : "Recording"}:</span>
      <span className={styles.name}>{shown.name}</span>
      {more}
    </Link>
  );
}

function Rate() {
  const rate = useRate();
  if (rate === undefined) return null;
  const text = rate === 0 || rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
  return <span title="Exchanges that ended, of the last seconds">{text}/s</span>;
}

function IndexLag() {
  const lag = useLag();
  if (!lag || (lag.ready && lag.changes < 1000)) return null;
  const text = lag.ready ? `Search index: ${count(lag.changes, "change")} behind` : "Search index: not ready";
  return <span title="Searching finds everything all the same, but slower.">{text}</span>;
}
