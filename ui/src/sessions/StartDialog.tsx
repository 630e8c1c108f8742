import { useState } from "react";
import { call } from "../api/client";
import type { Answers, Session } from "../api/types";
import { ConfirmDialog, TextField } from "../parts";
import { tell } from "../shell";
import { useChanged } from "./actions";
import { OptionsFields } from "./OptionsFields";
import { formOf, isValid, optionsOf } from "./options";

/** Starts a session; or changes one: what it keeps holds for what comes from now on. */
export function StartDialog({ session, onClose }: { session?: Session; onClose: () => void }) {
  const [name, setName] = useState(session?.name ?? "");
  const [note, setNote] = useState(session?.note ?? "");
  const [form, setForm] = useState(formOf(session?.options ?? {}));
  const changed = useChanged();

  async function confirm() {
    if (!isValid(form)) throw new Error("A field has no value that can be used: its message says what to write.");
    const options = optionsOf(form);
    if (session) {
      await call("PATCH", `/sessions/${session.id}`, {
        body: { name: name.trim(), note, ...(session.state !== "ended" && { options }) },
      });
    } else {
      const body = { name: name.trim(), note, options };
      const started = await call<Answers["startSession"]>("POST", "/sessions", { body });
      tell(`Session ${started.name} records.`);
    }
    await changed();
  }

  return (
    <ConfirmDialog
      title={session ? `Change ${session.name}` : "Start a session"}
      isOpen
      onClose={onClose}
      action={session ? "Save" : "Start"}
      onConfirm={confirm}
      hasFields
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        maxLength={100}
        hasFocus
        {...(!session && {
          help: "Left empty, the time is its name. With the name of a past session, that one goes on.",
        })}
      />
      <TextField label="Note" value={note} onChange={setNote} maxLength={10_000} />
      {session?.state !== "ended" && <OptionsFields form={form} onChange={setForm} />}
    </ConfirmDialog>
  );
}
