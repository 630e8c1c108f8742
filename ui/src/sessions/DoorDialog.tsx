import { useState } from "react";
import { call } from "../api/client";
import type { Answers, Door } from "../api/types";
import { ConfirmDialog, Select, TextField } from "../parts";
import { tell } from "../shell";
import { useChanged } from "./actions";
import { formOf, modeOf } from "./mode";

const KINDS = [
  { value: "regular", label: "Proxy: clients are told to use it" },
  { value: "reverse", label: "In the place of one server" },
] as const;

/** A new door, or another port and mode for one. */
export function DoorDialog({ door, onClose }: { door: Door | null; onClose: () => void }) {
  const [form, setForm] = useState(formOf(door));
  const changed = useChanged();
  const isFirst = door?.id === 1;

  async function confirm() {
    try {
      const opened = await (door ? moved(door, modeOf(form)) : start(modeOf(form)));
      tell(`The door at ${opened.listen} is open.`);
    } finally {
      await changed();
    }
  }

  return (
    <ConfirmDialog
      title={door ? `Change the door at ${door.listen}` : "Open a door"}
      isOpen
      onClose={onClose}
      action={door ? "Change" : "Open"}
      onConfirm={confirm}
      hasFields
    >
      <Select
        label="Mode"
        options={KINDS}
        value={form.kind}
        onChange={(kind) => setForm((before) => ({ ...before, kind }))}
      />
      <TextField
        label="Address"
        isCode
        value={form.listen}
        onChange={(listen) => setForm((before) => ({ ...before, listen }))}
        help="HOST:PORT. Port 0: a free one is taken. 0.0.0.0 lets the whole network in."
      />
      {form.kind === "reverse" && (
        <TextField
          label="Server"
          isCode
          placeholder="https://api.example.com"
          value={form.target}
          onChange={(target) => setForm((before) => ({ ...before, target }))}
          help="Requests to the door are sent on to this server."
        />
      )}
      {isFirst && <p>The first door stays in the list, stopped: commands such as `wireglass run` look for it there.</p>}
      <p>It is open until Wireglass ends.</p>
    </ConfirmDialog>
  );
}

function start(mode: string): Promise<Door> {
  return call<Answers["startDoor"]>("POST", "/doors", { body: { mode } });
}

/** The port may be the same one: so the old door is stopped first, and opened again where the new one cannot be. */
async function moved(door: Door, mode: string): Promise<Door> {
  const wasOpen = door.state === "open";
  if (wasOpen) await call("PATCH", `/doors/${door.id}`, { body: { state: "stopped" } });
  let opened: Door;
  try {
    opened = await start(mode);
  } catch (error) {
    if (wasOpen) await call("PATCH", `/doors/${door.id}`, { body: { state: "open" } });
    throw error;
  }
  if (door.id !== 1) await call("DELETE", `/doors/${door.id}`);
  return opened;
}
