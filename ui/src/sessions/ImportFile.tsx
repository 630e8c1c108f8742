import { FileUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { termOf } from "../api/queryWords";
import { Button, Dialog } from "../parts";
import { count, size, tell, tellError, useGo } from "../shell";
import { useChanged } from "./actions";
import styles from "./Sessions.module.css";
import { importFile } from "./upload";

interface Running {
  file: File;
  /** From 0 to 1; 1: it is read now. */
  sent: number;
  /** How many wait behind it. */
  waiting: number;
}

/** HAR files, chosen or dropped anywhere on the page, one after the other. */
export function ImportFile() {
  const [running, setRunning] = useState<Running | null>(null);
  const [isOver, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const ending = useRef<AbortController | null>(null);
  const changed = useChanged();
  const go = useGo();

  async function take(files: readonly File[]) {
    if (ending.current) {
      tell("A file is being imported: wait until it is done.");
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    ending.current = controller;
    for (const [at, file] of files.entries()) {
      if (signal.aborted) break;
      const waiting = files.length - at - 1;
      setRunning({ file, sent: 0, waiting });
      try {
        const session = await importFile(file, (sent) => setRunning({ file, sent, waiting }), signal);
        tell(`${file.name}: ${count(session.exchanges, "exchange")} imported into ${session.name}.`, {
          action: { label: "Show them", onPress: () => go("/traffic", { q: termOf("session", session.name) }) },
        });
      } catch (error) {
        if (!signal.aborted) tellError(`Import ${file.name}`, error);
      }
    }
    ending.current = null;
    setRunning(null);
    await changed();
  }

  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    function over(event: DragEvent) {
      if (!hasFile(event)) return;
      event.preventDefault();
      setOver(true);
    }
    function leave(event: DragEvent) {
      if (event.relatedTarget === null) setOver(false);
    }
    function drop(event: DragEvent) {
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      void latest.current(files);
    }
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  useEffect(() => () => ending.current?.abort(), []);

  return (
    <>
      <Button icon={<FileUp />} onPress={() => chooser.current?.click()}>
        Import a HAR file
      </Button>
      <input
        ref={chooser}
        type="file"
        multiple
        accept=".har,.json,application/json"
        aria-label="HAR file"
        tabIndex={-1}
        hidden
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = "";
          if (files.length > 0) void take(files);
        }}
      />
      {isOver && <div className={styles.drop}>Drop HAR files: each becomes a session of its own</div>}
      <Dialog
        title="Import"
        isOpen={running !== null}
        onClose={() => ending.current?.abort()}
        footer={<Button onPress={() => ending.current?.abort()}>Cancel</Button>}
      >
        {running && (
          <>
            <p>
              {running.file.name} ({size(running.file.size)})
              {running.waiting > 0 && `, and ${count(running.waiting, "more file")}`}
            </p>
            <progress
              className={styles.progress}
              aria-label={running.sent < 1 ? "Sent" : "Read"}
              {...(running.sent < 1 && { value: running.sent })}
            />
            <p className={styles.hint}>
              {running.sent < 1 ? "Sending it" : "Reading it: all of it is kept, or nothing"}
            </p>
          </>
        )}
      </Dialog>
    </>
  );
}
