import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import type { Answers } from "../api/types";
import { Button, ConfirmDialog, Select, TextField } from "../parts";
import { count, tell } from "../shell";
import { KINDS, type Kind, limitsOf } from "./limits";
import styles from "./settings.module.css";

/** Deletes what is old, and gives its space back to the disk. */
export function Prune() {
  const [isAsked, setAsked] = useState(false);
  const [chosen, setChosen] = useState<Kind>("age");
  const [amount, setAmount] = useState("30");
  const [isTried, setTried] = useState(false);
  const cache = useQueryClient();
  const limits = limitsOf(chosen, amount);

  async function prune() {
    setTried(true);
    if (limits === null) throw new Error("Write how much stays: a number above 0.");
    const { exchanges } = await call<Answers["prune"]>("POST", "/prune", { body: limits });
    void cache.invalidateQueries();
    tell(
      exchanges === 0 ? "Nothing was deleted: all is within this limit." : `${count(exchanges, "exchange")} deleted.`,
    );
  }

  return (
    <>
      <Button icon={<Trash2 />} onPress={() => setAsked(true)}>
        Prune the store
      </Button>
      <ConfirmDialog
        title="Prune the store"
        isOpen={isAsked}
        onClose={() => {
          setTried(false);
          setAsked(false);
        }}
        action="Delete the rest"
        isDanger
        hasFields
        onConfirm={prune}
      >
        <div className={styles.row}>
          <Select label="What stays" options={KINDS} value={chosen} onChange={setChosen} />
          <TextField
            label={KINDS.find(({ value }) => value === chosen)?.unit ?? ""}
            value={amount}
            onChange={setAmount}
            hasFocus
            {...(isTried && limits === null && { error: "A number above 0" })}
          />
        </div>
        <p>Older exchanges go from all sessions, and cannot be brought back. What is starred stays whatever its age.</p>
      </ConfirmDialog>
    </>
  );
}
