import { Link } from "wouter";
import { allOf, endpointQuery } from "../api/queryWords";
import type { Endpoint, Overview } from "../api/types";
import { type DataColumn, DataTable, Tabs } from "../parts";
import { addressOf, duration, number, size, useParameter } from "../shell";
import styles from "./Overview.module.css";

type Kind = "slowest" | "largest" | "failing";

const KINDS: ReadonlyArray<{ id: Kind; label: string }> = [
  { id: "slowest", label: "Slowest" },
  { id: "largest", label: "Largest" },
  { id: "failing", label: "Most failing" },
];

/** Requests of one method to one path, whose ids are left aside. */
export function Endpoints({ overview, query }: { overview: Overview; query: string }) {
  const [chosen, setChosen] = useParameter("endpoints");
  const kind = KINDS.find(({ id }) => id === chosen)?.id ?? "slowest";
  return (
    <section aria-label="Endpoints" className={styles.endpoints}>
      <Tabs
        label="Endpoints"
        selected={kind}
        onSelect={(id) => setChosen(id, { replace: true })}
        items={KINDS.map(({ id, label }) => ({
          id,
          label: `${label} endpoints`,
          content: () =>
            overview[id].length > 0 ? (
              <DataTable
                label={`${label} endpoints`}
                rows={overview[id]}
                rowKey={({ method, host, path }) => `${method} ${host} ${path}`}
                columns={columns(query)}
              />
            ) : (
              <p className={styles.none}>
                No request fails: none has a status of 400 and above, and none has no response.
              </p>
            ),
        }))}
      />
    </section>
  );
}

function columns(query: string): DataColumn<Endpoint>[] {
  return [
    {
      id: "endpoint",
      heading: "Endpoint",
      cell: ({ method, host, path }) => (
        <Link
          href={addressOf("/traffic", { q: allOf(query, endpointQuery(method, host, path)) })}
          className={styles.endpoint}
          title={`${method} ${host}${path}`}
        >
          <span className={styles.method}>{method}</span>
          <span className={styles.path}>
            <span className={styles.host}>{host}</span>
            {path}
          </span>
        </Link>
      ),
    },
    { id: "exchanges", heading: "Requests", isNumber: true, width: "90px", cell: (one) => number(one.exchanges) },
    {
      id: "failing",
      heading: "Failing",
      isNumber: true,
      width: "110px",
      cell: ({ failing, exchanges }) =>
        failing ? `${number(failing)} (${((100 * failing) / exchanges).toFixed(0)}%)` : "0",
    },
    { id: "mean", heading: "Mean time", isNumber: true, width: "100px", cell: (one) => duration(one.mean_ms) },
    {
      id: "slowest",
      heading: "Slowest",
      isNumber: true,
      width: "100px",
      cell: ({ slowest, slowest_ms }) =>
        slowest ? <Link href={addressOf("/traffic", { q: query, id: slowest })}>{duration(slowest_ms)}</Link> : "–",
    },
    { id: "bytes", heading: "Responses", isNumber: true, width: "100px", cell: (one) => size(one.response_bytes) },
  ];
}
