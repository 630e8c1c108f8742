import { useState } from "react";
import type { Summary } from "../api/types";
import { ConfirmDialog, TextField } from "../parts";
import { count } from "../shell";
import { mark, remove } from "./actions";
import { idOf } from "./rows";

export interface RowDialogProps {
  chosen: readonly Summary[];
  onClose: () => void;
}

export interface DeleteDialogProps extends RowDialogProps {
  /** There are more than what is loaded, and so more than can be chosen. */
  isPart: boolean;
  onDelete: (ids: number[]) => void;
}

export function DeleteDialog({ chosen, isPart, onClose, onDelete }: DeleteDialogProps) {
  const open = chosen.filter(({ state }) => state === "open").length;
  const starred = chosen.filter(({ star }) => star).length;
  const what = count(chosen.length, "exchange");
  return (
    <ConfirmDialog
      title={`Delete ${what}?`}
      isOpen
      onClose={onClose}
      action={`Delete ${what}`}
      isDanger
      onConfirm={() => {
        const ids = chosen.map(idOf);
        onDelete(ids);
        return remove(ids);
      }}
    >
      <p>
        {chosen.length === 1 ? "It is" : "They are"} removed from the store and from every session, with all bodies.
        This cannot be undone.
      </p>
      {isPart && (
        <p>
          Only these: others that match stay, also those that are not loaded. To delete all of them, use{" "}
          <code>wireglass rm</code> with the filter.
        </p>
      )}
      {open > 0 && <p>Not finished, and therefore not deleted: {count(open, "exchange")}.</p>}
      {starred > 0 && <p>With a star: {count(starred, "exchange")}.</p>}
    </ConfirmDialog>
  );
}

export function NoteDialog({ chosen, onClose }: RowDialogProps) {
  const [note, setNote] = useState(chosen[0]?.note ?? "");
  return (
    <ConfirmDialog
      title={chosen.length > 1 ? `Note on ${count(chosen.length, "exchange")}` : "Note"}
      isOpen
      onClose={onClose}
      action="Save"
      hasFields
      onConfirm={() => mark(chosen.map(idOf), { note: note.trim() })}
    >
      <TextField
        label="Note"
        value={note}
        onChange={setNote}
        hasFocus
        help="Leave it empty to take the note away. Find notes again with has:note."
      />
    </ConfirmDialog>
  );
}
