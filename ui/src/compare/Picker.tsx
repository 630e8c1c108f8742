import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/client";
import { endpointQuery, pathOf } from "../api/queryWords";
import type { Answers } from "../api/types";
import { useExchange } from "../detail";
import { Button, Menu, TextField } from "../parts";
import { clock } from "../shell";
import styles from "./Compare.module.css";

const OFFERED = 12;

export interface PickerProps {
  name: "A" | "B";
  /** The number in the address bar; empty where none is chosen. */
  id: string;
  other: string;
  onPick: (id: string) => void;
}

/** One of the two: by its number, or one of those to the same path as the other. */
export function Picker({ name, id, other, onPick }: PickerProps) {
  const [written, setWritten] = useState(id);
  const [before, setBefore] = useState(id);
  if (before !== id) {
    setBefore(id);
    setWritten(id);
  }
  const isNumber = /^[1-9]\d{0,15}$/.test(written);
  return (
    <form
      className={styles.picker}
      aria-label={`Exchange ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (isNumber) onPick(written);
      }}
    >
      <TextField
        label={`${name}: number of the exchange`}
        value={written}
        onChange={setWritten}
        error={written && !isNumber ? "A number, as the column # of the traffic has it" : undefined}
      />
      <Button type="submit" isDisabled={!isNumber || written === id}>
        Show
      </Button>
      {other && <Similar name={name} to={Number(other)} onPick={onPick} />}
      {id && <Named id={Number(id)} />}
    </form>
  );
}

function Named({ id }: { id: number }) {
  const { data } = useExchange(id);
  const words = data ? `${data.summary.method} ${data.summary.url}` : "";
  return (
    <span className={styles.named} title={words}>
      {words}
    </span>
  );
}

/** Those to the same endpoint come first to mind. */
function Similar({ name, to, onPick }: { name: string; to: number; onPick: (id: string) => void }) {
  const { data: exchange } = useExchange(to);
  const query = exchange
    ? endpointQuery(exchange.summary.method, exchange.summary.host, pathOf(exchange.summary.url))
    : "";
  const { data } = useQuery({
    queryKey: ["similar", query],
    queryFn: ({ signal }) =>
      call<Answers["listExchanges"]>("GET", "/exchanges", { query: { query, limit: OFFERED + 1 }, signal }),
    enabled: query !== "",
  });
  const items = (data?.items ?? []).filter(({ id }) => id !== to).slice(0, OFFERED);
  return (
    <Menu
      label={`Exchanges like it, for ${name}`}
      trigger={<Button isDisabled={items.length === 0}>Like the other …</Button>}
      entries={items.map(({ id = 0, status, started }) => ({
        id: String(id),
        label: `${id}: ${status ?? "no status"}, ${clock(started)}`,
        onAction: () => onPick(String(id)),
      }))}
    />
  );
}
