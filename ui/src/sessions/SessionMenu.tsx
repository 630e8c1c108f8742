import { ChartColumn, Download, Eraser, ListTree, MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import { termOf } from "../api/queryWords";
import type { Answers, Session } from "../api/types";
import { ConfirmDialog, IconButton, Menu } from "../parts";
import { count, tell, tellError, useGo } from "../shell";
import { exportHar } from "../take";
import { useChanged } from "./actions";
import { StartDialog } from "./StartDialog";

/** What can be done with a session, whether it runs or not. */
export function SessionMenu({ session }: { session: Session }) {
  const [opened, setOpened] = useState<"change" | "clear" | "delete" | null>(null);
  const go = useGo();
  const changed = useChanged();
  const hasEnded = session.state === "ended";
  const close = () => setOpened(null);
  const query = termOf("session", session.name);

  async function exportAs(secrets: "redact" | "keep") {
    try {
      await exportHar(query, secrets, `${session.name}.har`);
    } catch (error) {
      tellError(`Export ${session.name}`, error);
    }
  }
  async function clear() {
    const { exchanges } = await call<Answers["clearSession"]>("POST", `/sessions/${session.id}/clear`);
    tell(`${session.name}: ${count(exchanges, "exchange")} deleted.`);
    await changed();
  }
  async function remove() {
    const { exchanges } = await call<Answers["deleteSession"]>("DELETE", `/sessions/${session.id}`);
    tell(`Session ${session.name} is deleted, with ${count(exchanges, "exchange")}.`);
    await changed();
  }

  return (
    <>
      <Menu
        label={session.name}
        placement="bottom end"
        trigger={<IconButton label={`More about ${session.name}`} icon={<MoreHorizontal />} />}
        entries={[
          {
            id: "traffic",
            label: "Show its traffic",
            icon: <ListTree />,
            onAction: () => go("/traffic", { q: query }),
          },
          {
            id: "overview",
            label: "Show its overview",
            icon: <ChartColumn />,
            onAction: () => go("/overview", { session: session.name }),
          },
          "line",
          {
            id: "change",
            label: hasEnded ? "Name and note…" : "Name, note and filter…",
            icon: <Pencil />,
            onAction: () => setOpened("change"),
          },
          { id: "export", label: "Export as HAR", icon: <Download />, onAction: () => void exportAs("redact") },
          {
            id: "secrets",
            label: "Export as HAR with secrets",
            icon: <Download />,
            onAction: () => void exportAs("keep"),
          },
          "line",
          hasEnded
            ? {
                id: "delete",
                label: "Delete…",
                icon: <Trash2 />,
                isDanger: true,
                onAction: () => setOpened("delete"),
              }
            : { id: "clear", label: "Clear…", icon: <Eraser />, isDanger: true, onAction: () => setOpened("clear") },
        ]}
      />
      {opened === "change" && <StartDialog session={session} onClose={close} />}
      <ConfirmDialog
        title={`Clear ${session.name}?`}
        isOpen={opened === "clear"}
        onClose={close}
        action={`Delete ${count(session.exchanges, "exchange")}`}
        isDanger
        onConfirm={clear}
      >
        <p>
          {count(session.exchanges, "exchange")} will be deleted, but for those that another session holds. It goes on
          recording. This cannot be undone.
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        title={`Delete ${session.name}?`}
        isOpen={opened === "delete"}
        onClose={close}
        action={`Delete session and ${count(session.exchanges, "exchange")}`}
        isDanger
        onConfirm={remove}
      >
        <p>
          The session and its {count(session.exchanges, "exchange")} will be deleted, but for those that another session
          holds. This cannot be undone.
        </p>
      </ConfirmDialog>
    </>
  );
}
