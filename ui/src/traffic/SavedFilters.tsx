import { Pencil, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import type { SavedFilter } from "../api/types";
import { Button, ConfirmDialog, Dialog, ErrorText, IconButton, TextField } from "../parts";
import { tell, tellError } from "../shell";
import styles from "./FilterBar.module.css";
import { useFilterActions } from "./savedFilters";

const SHORT = 40; // characters: of the filter itself, as its name

interface Saved {
  saved: readonly SavedFilter[];
  onClose: () => void;
}

export function SaveFilter({ query, saved, onClose }: Saved & { query: string }) {
  const [name, setName] = useState(query.slice(0, SHORT));
  const { save } = useFilterActions();
  const wanted = name.trim();
  return (
    <ConfirmDialog
      title="Save this filter"
      isOpen
      onClose={onClose}
      action={saved.some((one) => one.name === wanted) ? "Replace" : "Save"}
      hasFields
      onConfirm={async () => {
        await save(wanted, query);
        tell(`The filter is saved as ${wanted}.`);
      }}
    >
      <div className={styles.form}>
        <code>{query}</code>
        <TextField label="Name" value={name} onChange={setName} hasFocus help="One of the same name is replaced." />
      </div>
    </ConfirmDialog>
  );
}

/** Each to rename or delete. */
export function SavedFilters({ saved, onClose }: Saved) {
  const [renamed, setRenamed] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const { save, remove } = useFilterActions();

  /** What had the focus is gone, and with it Esc would reach no dialog. */
  function done() {
    setRenamed("");
    list.current?.focus();
  }

  async function forget({ name, query }: SavedFilter) {
    try {
      await remove(name);
      done();
      const undo = () => save(name, query).catch((error: unknown) => tellError(`Save the filter ${name} again`, error));
      tell(`The filter ${name} is deleted.`, { action: { label: "Undo", onPress: () => void undo() } });
    } catch (error) {
      tellError(`Delete the filter ${name}`, error);
    }
  }

  return (
    <Dialog title="Saved filters" isOpen onClose={onClose} footer={<Button onPress={onClose}>Done</Button>}>
      {saved.length === 0 && <p>None is saved.</p>}
      <ul ref={list} tabIndex={-1} aria-label="Saved filters" className={styles.saved}>
        {saved.map((filter) => (
          <li key={filter.name}>
            {renamed === filter.name ? (
              <Rename filter={filter} onDone={done} />
            ) : (
              <>
                <strong>{filter.name}</strong>
                <code title={filter.query}>{filter.query}</code>
                <IconButton label={`Rename ${filter.name}`} icon={<Pencil />} onPress={() => setRenamed(filter.name)} />
                <IconButton label={`Delete ${filter.name}`} icon={<Trash2 />} onPress={() => void forget(filter)} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Rename({ filter, onDone }: { filter: SavedFilter; onDone: () => void }) {
  const [name, setName] = useState(filter.name);
  const [error, setError] = useState<unknown>(null);
  const { rename } = useFilterActions();
  const wanted = name.trim();

  async function go() {
    if (wanted === filter.name) return onDone();
    try {
      await rename(filter, wanted);
      onDone();
    } catch (failure) {
      setError(failure);
    }
  }

  return (
    <form
      className={styles.rename}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted) void go();
      }}
    >
      <TextField label="New name" value={name} onChange={setName} hasFocus />
      <Button onPress={onDone}>Cancel</Button>
      <Button kind="primary" type="submit" isDisabled={!wanted}>
        Rename
      </Button>
      {error !== null && <ErrorText error={error} />}
    </form>
  );
}
