import { Plus } from "lucide-react";
import { useState } from "react";
import { useSessions, useStatus } from "../api/program";
import { Button, EmptyState, ErrorText } from "../parts";
import { PageLayout } from "../shell";
import { Doors } from "./Doors";
import { ImportFile } from "./ImportFile";
import { PastSessions } from "./PastSessions";
import { RunningSession } from "./RunningSession";
import styles from "./Sessions.module.css";
import { StartDialog } from "./StartDialog";

export default function SessionsPage() {
  const [isStarting, setStarting] = useState(false);
  const { data: status } = useStatus();
  const { data: sessions, error } = useSessions();
  const running = sessions?.filter(({ state }) => state !== "ended") ?? [];
  const past = sessions?.filter(({ state }) => state === "ended").reverse() ?? [];
  const actions = (
    <>
      <ImportFile />
      <Button kind="primary" icon={<Plus />} onPress={() => setStarting(true)}>
        Start a session
      </Button>
    </>
  );
  return (
    <PageLayout title="Sessions" actions={actions}>
      {error && <ErrorText error={error} />}
      {status && <Doors doors={status.doors} />}
      <section aria-labelledby="running" className={styles.section}>
        <h2 id="running">Recording now</h2>
        {sessions && running.length === 0 && (
          <div className={styles.frame}>
            <EmptyState title="No session records: what passes is not kept">
              <p>Start one, and everything that its capture filter lets through is kept.</p>
            </EmptyState>
          </div>
        )}
        {running.map((session) => (
          <RunningSession key={session.id} session={session} />
        ))}
      </section>
      {sessions && <PastSessions sessions={past} />}
      {isStarting && <StartDialog onClose={() => setStarting(false)} />}
    </PageLayout>
  );
}
