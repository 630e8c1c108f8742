import { CircleCheck, CircleSlash, Plus, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import type { Door } from "../api/types";
import { Badge, Button, CopyButton, DataTable } from "../parts";
import { tell } from "../shell";
import { useDo } from "./actions";
import { DoorDialog } from "./DoorDialog";
import styles from "./Sessions.module.css";

export function Doors({ doors }: { doors: readonly Door[] }) {
  const [edited, setEdited] = useState<Door | "new" | null>(null);
  const run = useDo();

  const change = (door: Door, state: "open" | "stopped") =>
    run(state === "open" ? `Open ${door.listen}` : `Stop ${door.listen}`, () =>
      call("PATCH", `/doors/${door.id}`, { body: { state } }),
    );
  const remove = (door: Door) =>
    run(`Remove ${door.listen}`, async () => {
      await call("DELETE", `/doors/${door.id}`);
      tell(`The door at ${door.listen} is closed and gone.`);
    });

  return (
    <section aria-labelledby="doors" className={styles.section}>
      <header className={styles.heading}>
        <h2 id="doors">Doors</h2>
        <span className={styles.hint}>The ports that clients come to</span>
        <span className={styles.room} />
        <Button icon={<Plus />} onPress={() => setEdited("new")}>
          Open a door
        </Button>
      </header>
      <div className={styles.frame}>
        <DataTable
          label="Doors"
          rows={doors}
          rowKey={({ id }) => id}
          columns={[
            {
              id: "listen",
              heading: "Address",
              width: "200px",
              cell: ({ listen }) => (
                <span className={styles.code}>
                  {listen} <CopyButton label={`Copy ${listen}`} text={listen} />
                </span>
              ),
            },
            { id: "mode", heading: "Mode", cell: (door) => <ModeOf door={door} /> },
            { id: "state", heading: "State", width: "30%", cell: (door) => <StateOf door={door} /> },
            {
              id: "actions",
              heading: "Actions",
              isHeadingHidden: true,
              width: "1%",
              cell: (door) => (
                <span className={styles.buttons}>
                  {door.state === "open" ? (
                    <Button aria-label={`Stop ${door.listen}`} onPress={() => change(door, "stopped")}>
                      Stop
                    </Button>
                  ) : (
                    <Button aria-label={`Open ${door.listen}`} onPress={() => change(door, "open")}>
                      {door.state === "failed" ? "Try again" : "Open"}
                    </Button>
                  )}
                  <Button aria-label={`Change ${door.listen}`} onPress={() => setEdited(door)}>
                    Change…
                  </Button>
                  {door.id !== 1 && (
                    <Button kind="quiet" aria-label={`Remove ${door.listen}`} onPress={() => remove(door)}>
                      Remove
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
      </div>
      {edited !== null && <DoorDialog door={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </section>
  );
}

function ModeOf({ door }: { door: Door }) {
  if (door.target) {
    return (
      <span>
        In the place of <span className={styles.code}>{door.target}</span>
      </span>
    );
  }
  return <span>Proxy</span>;
}

function StateOf({ door }: { door: Door }) {
  return (
    <span className={styles.state}>
      {door.state === "open" && (
        <Badge tone="success" icon={<CircleCheck />}>
          Open
        </Badge>
      )}
      {door.state === "stopped" && <Badge icon={<CircleSlash />}>Stopped</Badge>}
      {door.state === "failed" && (
        <>
          <Badge tone="server-error" icon={<TriangleAlert />}>
            Failed
          </Badge>
          <span>{door.error}</span>
        </>
      )}
    </span>
  );
}
