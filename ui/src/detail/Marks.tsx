import { useQueryClient } from "@tanstack/react-query";
import { Star } from "lucide-react";
import { useEffect, useState } from "react";
import type { MarkChange, Summary } from "../api/types";
import { Button, Select, TextField, ToggleIconButton } from "../parts";
import { tellError } from "../shell";
import { mark } from "./exchange";
import styles from "./Marks.module.css";

const COLOURS = ["", "red", "orange", "yellow", "green", "blue", "purple", "grey"] as const;
const OPTIONS = COLOURS.map((value) => ({
  value,
  label: value ? `${value[0]?.toUpperCase()}${value.slice(1)}` : "No colour",
}));

/** Colour, star and note, which anybody may change at any time. */
export function Marks({ summary }: { summary: Summary }) {
  const { id = 0, color = "", star = false, note = "" } = summary;
  const [written, setWritten] = useState(note);
  const cache = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another exchange has a note of its own
  useEffect(() => setWritten(note), [id, note]);

  async function change(what: Omit<MarkChange, "ids">) {
    try {
      await mark({ ids: [id], ...what });
      await cache.invalidateQueries({ queryKey: ["exchange", id] });
    } catch (error) {
      tellError("Mark the exchange", error);
    }
  }

  return (
    <form
      className={styles.marks}
      aria-label="Marks and note"
      onSubmit={(event) => {
        event.preventDefault();
        void change({ note: written });
      }}
    >
      <ToggleIconButton label="Star" icon={<Star />} isOn={star} onChange={(star) => void change({ star })} />
      <Select
        label="Colour"
        isLabelHidden
        options={OPTIONS}
        value={color}
        onChange={(color) => void change({ color })}
      />
      <div className={styles.note}>
        <TextField label="Note" isLabelHidden value={written} onChange={setWritten} placeholder="Note" />
      </div>
      <Button type="submit" aria-label="Save the note" isDisabled={written === note}>
        Save
      </Button>
    </form>
  );
}
