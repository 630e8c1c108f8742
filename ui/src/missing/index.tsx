import { useQuery } from "@tanstack/react-query";
import { CircleCheck, SearchX } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import { useSessions } from "../api/program";
import type { Answers, Missing } from "../api/types";
import { Button, CodeWords, type DataColumn, DataTable, EmptyState, ErrorText, SearchField, Select } from "../parts";
import { count, moment, number, PageLayout, useParameter } from "../shell";
import styles from "./missing.module.css";
import { Remedy } from "./Remedy";
import { groupsOf, REASONS, type ReasonGroup } from "./reasons";

// The feed tells of what is kept. Of what is not, nothing is sent: it is counted, and asked for.
const EVERY = 2000; // milliseconds
const SHOWN = 20; // hosts of a reason

export default function MissingPage() {
  const [session, setSession] = useParameter("session");
  const [host, setHost] = useParameter("host");
  const { data: sessions } = useSessions();
  const { data, error } = useQuery({
    queryKey: ["missing", session],
    queryFn: ({ signal }) =>
      call<Answers["listMissing"]>("GET", "/missing", { query: { session: session || null }, signal }),
    refetchInterval: EVERY,
  });
  const groups = groupsOf(data ?? [], host);
  const options = [
    { value: "", label: "All sessions" },
    ...(sessions ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
  ];
  return (
    <PageLayout
      title="Missing"
      actions={
        <>
          <SearchField
            label="Host"
            placeholder="Which host is missing?"
            value={host}
            onChange={(value) => setHost(value, { replace: true })}
          />
          <Select label="Session" isLabelHidden options={options} value={session} onChange={(id) => setSession(id)} />
        </>
      }
    >
      {error && !data && <ErrorText error={error} />}
      {data?.length === 0 && (
        <EmptyState icon={<CircleCheck />} title="Nothing is missing">
          <p>Everything that came through the proxy was kept. What does not come through it is not known here.</p>
        </EmptyState>
      )}
      {data && data.length > 0 && groups.length === 0 && (
        <EmptyState icon={<SearchX />} title={`Nothing of ${host} is missing`}>
          <p>If it is not in the traffic either, it did not come through the proxy: see Connect.</p>
        </EmptyState>
      )}
      {groups.map((group) => (
        <Group key={group.reason} group={group} isOfAll={session === ""} />
      ))}
    </PageLayout>
  );
}

function Group({ group: { reason, rows, count: total, last }, isOfAll }: { group: ReasonGroup; isOfAll: boolean }) {
  const [isAll, setAll] = useState(false);
  const { title, why } = REASONS[reason];
  const shown = isAll ? rows : rows.slice(0, SHOWN);
  return (
    <section aria-label={title} className={styles.group}>
      <header className={styles.head}>
        <div>
          <h2>
            {title}{" "}
            <span className={styles.total}>
              {count(total, "time")}, last {moment(last)}
            </span>
          </h2>
          <p>{why}</p>
        </div>
        <div className={styles.actions}>
          <Remedy reason={reason} />
        </div>
      </header>
      <DataTable
        label={title}
        columns={columnsOf(isOfAll)}
        rows={shown}
        rowKey={(row) => `${row.session} ${row.host}`}
      />
      {rows.length > shown.length && (
        <Button kind="quiet" onPress={() => setAll(true)}>
          Show all {count(rows.length, "host")}
        </Button>
      )}
    </section>
  );
}

function columnsOf(isOfAll: boolean): DataColumn<Missing>[] {
  return [
    { id: "host", heading: "Host", width: "22%", cell: ({ host }) => host || "Not known" },
    { id: "count", heading: "Times", isNumber: true, width: "80px", cell: (row) => number(row.count) },
    { id: "last", heading: "Last", width: "170px", cell: ({ last }) => <Last seconds={last} /> },
    { id: "detail", heading: "The last one", cell: ({ detail }) => <Detail text={detail} /> },
    { id: "client", heading: "Client", width: "120px", cell: ({ client }) => client },
    ...(isOfAll
      ? [{ id: "session", heading: "Session", width: "14%", cell: ({ session }: Missing) => session || "None" }]
      : []),
  ];
}

function Last({ seconds }: { seconds: number }) {
  return <span className={styles.last}>{moment(seconds)}</span>;
}

function Detail({ text }: { text: string }) {
  return (
    <span className={styles.detail} title={text.replaceAll("`", "")}>
      <CodeWords text={text} />
    </span>
  );
}
