import { useEffect, useId, useRef, useState } from "react";
import { ConfirmDialog } from "../parts";
import { moment } from "../shell";
import styles from "./Traffic.module.css";

export interface JumpDialogProps {
  /** What is written there at first, Unix seconds. */
  seconds: number | undefined;
  onJump: (seconds: number, signal: AbortSignal) => Promise<void>;
  onClose: () => void;
}

/** A million rows are not dragged through: to those of a time. */
export function JumpDialog({ seconds, onJump, onClose }: JumpDialogProps) {
  const [text, setText] = useState(() => moment(seconds ?? Date.now() / 1000).replace(" ", "T"));
  const id = useId();
  const searching = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    searching.current = controller;
    return () => controller.abort();
  }, []);

  return (
    <ConfirmDialog
      title="Go to a time"
      isOpen
      onClose={onClose}
      action="Go"
      hasFields
      onConfirm={async () => {
        const milliseconds = new Date(text).getTime();
        if (Number.isNaN(milliseconds)) throw new Error("Write a date and a time.");
        await onJump(milliseconds / 1000, searching.current.signal);
      }}
    >
      <div>
        <label className={styles.jump} htmlFor={id}>
          Date and time
        </label>
        <input
          id={id}
          // biome-ignore lint/a11y/noAutofocus: the only field of a dialog
          autoFocus
          className={styles.time}
          type="datetime-local"
          step={1}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <p className={styles.hint}>The list goes to the first exchange that began then or later.</p>
      </div>
    </ConfirmDialog>
  );
}
