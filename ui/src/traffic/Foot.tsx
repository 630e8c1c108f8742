import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";
import type { Answers } from "../api/types";
import { Button } from "../parts";
import { count, number } from "../shell";
import type { TrafficState } from "./state";
import styles from "./Traffic.module.css";

const COUNTED = 5000; // milliseconds

export interface FootProps {
  query: string;
  state: TrafficState;
  /** What was done with the rows, in a word; empty: they are by arrival. */
  arranged: string;
  selected: number;
  onNewest: () => void;
}

/** How many there are, and how many of them are here. */
export function Foot({ query, state, arranged, selected, onNewest }: FootProps) {
  const { rows, hasOlder, hasNewer, isSearching } = state;
  const isPartial = hasOlder || hasNewer;
  return (
    <div className={styles.foot}>
      <Total query={query} loaded={rows.length} isPartial={isPartial} />
      {arranged && isPartial && <span>{arranged} is what is loaded: a filter makes it less</span>}
      {selected > 1 && <span>{number(selected)} selected</span>}
      <span className={styles.room} />
      {isSearching && <span role="status">Loading</span>}
      {hasNewer && (
        <Button kind="quiet" onPress={onNewest}>
          Go to the newest
        </Button>
      )}
    </div>
  );
}

/** How many the filter finds in the whole store; of a search that takes long an estimate, and said so. */
function Total({ query, loaded, isPartial }: { query: string; loaded: number; isPartial: boolean }) {
  const { data } = useQuery({
    queryKey: ["count", query],
    queryFn: ({ signal }) => call<Answers["countExchanges"]>("GET", "/count", { query: { query }, signal }),
    enabled: isPartial,
    refetchInterval: COUNTED,
    retry: false,
  });
  if (!isPartial) return <span>{count(loaded, "exchange")}</span>;
  if (!data) return <span>{count(loaded, "exchange")} loaded</span>;
  return (
    <span>
      {data.exact ? "" : "About "}
      {count(data.exchanges, "exchange")}, {number(loaded)} loaded
    </span>
  );
}
