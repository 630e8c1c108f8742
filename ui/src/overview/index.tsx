import { ChartColumn, ListTree, X } from "lucide-react";
import { lazy, Suspense } from "react";
import { call } from "../api/client";
import { useSessions } from "../api/program";
import { allOf, tallyQuery, termOf } from "../api/queryWords";
import type { Answers, Overview, Tally } from "../api/types";
import { useFollowed } from "../api/useFollowed";
import { Bars, Button, EmptyState, ErrorText, Select } from "../parts";
import { PageFilter } from "../query";
import { addressOf, clock, count, moment, number, PageLayout, size, useGo, useParameter, ZONE } from "../shell";
import { Endpoints } from "./Endpoints";
import styles from "./Overview.module.css";

const Timeline = lazy(() => import("./Timeline"));

const BREAKDOWNS: ReadonlyArray<{ dimension: Tally["dimension"]; title: string }> = [
  { dimension: "domain", title: "Domain" },
  { dimension: "type", title: "Type" },
  { dimension: "status", title: "Status" },
  { dimension: "method", title: "Method" },
  { dimension: "mode", title: "Data mode" },
];

export default function OverviewPage() {
  const [filter, setFilter] = useParameter("q");
  const [session, setSession] = useParameter("session");
  const [time, setTime] = useParameter("time");
  const go = useGo();
  const query = allOf(filter, session && termOf("session", session), time && `started:${time}`);
  const { data, error, isFetching } = useFollowed({
    name: "overview",
    query,
    load: (signal) => call<Answers["getOverview"]>("GET", "/overview", { query: { query, zone: ZONE }, signal }),
  });
  const leadTo = (tally: Tally) => addressOf("/traffic", { q: allOf(query, tallyQuery(tally)) });

  return (
    <PageLayout title="Overview" actions={<Scope filter={filter} session={session} {...{ setFilter, setSession }} />}>
      {error && <ErrorText error={error} />}
      {data && data.exchanges === 0 && !error ? (
        <Nothing isFiltered={query !== ""} />
      ) : (
        data && (
          <>
            <header className={styles.top}>
              <Figures data={data} />
              <span className={styles.room} />
              <Button icon={<ListTree />} onPress={() => go("/traffic", { q: query })}>
                Show the traffic
              </Button>
            </header>
            {!data.exact && data.since !== null && (
              <p className={styles.sample}>
                Only the newest {count(data.exchanges, "exchange")} are counted here, since {moment(data.since)}. Choose
                a session, a filter or a time to count others.
              </p>
            )}
            <section aria-labelledby="over-time" className={styles.card}>
              <header className={styles.heading}>
                <h2 id="over-time">Requests over time</h2>
                <span className={styles.hint}>
                  {widthInWords(data.width)} per bar. Click a bar, drag across several, or use the arrow keys, Shift and
                  Enter, to see that time alone.
                </span>
                <span className={styles.room} />
                {time && (
                  <Button
                    icon={<X />}
                    aria-label={`All times, not only ${timeInWords(time)}`}
                    onPress={() => setTime("")}
                  >
                    {timeInWords(time)}
                  </Button>
                )}
              </header>
              <Suspense fallback={<div className={styles.plot} />}>
                <Timeline
                  buckets={data.buckets}
                  width={data.width}
                  onChoose={(from, to) => setTime(`${from}..${to}`)}
                />
              </Suspense>
            </section>
            <div className={styles.grid}>
              {BREAKDOWNS.map(({ dimension, title }) => (
                <div key={dimension} className={styles.card}>
                  <Bars
                    title={title}
                    tallies={data.tallies.filter((tally) => tally.dimension === dimension)}
                    whole={data.exchanges}
                    addressOf={leadTo}
                  />
                </div>
              ))}
            </div>
            <Endpoints overview={data} query={query} />
          </>
        )
      )}
      <span role="status" className="visually-hidden">
        {isFetching && !data && "Counting"}
      </span>
    </PageLayout>
  );
}

interface ScopeProps {
  filter: string;
  session: string;
  setFilter: (filter: string, how: { replace: boolean }) => void;
  setSession: (session: string) => void;
}

/** Of what: everything, a session, a filter. */
function Scope({ filter, session, setFilter, setSession }: ScopeProps) {
  const { data: sessions = [] } = useSessions();
  const names = sessions.map(({ name }) => name).reverse();
  if (session && !names.includes(session)) names.unshift(session);
  return (
    <>
      <Select
        label="Session"
        isLabelHidden
        value={session}
        onChange={setSession}
        options={[{ value: "", label: "All sessions" }, ...names.map((name) => ({ value: name, label: name }))]}
      />
      <div className={styles.filter}>
        <PageFilter label="Filter the overview" query={filter} onQuery={(next) => setFilter(next, { replace: true })} />
      </div>
    </>
  );
}

function Figures({ data }: { data: Overview }) {
  return (
    <dl aria-label="Figures" className={styles.figures}>
      <Figure name="Exchanges" value={number(data.exchanges)} />
      <Figure name="Failed" value={number(data.failed)} />
      <Figure name="Endpoints" value={number(data.endpoints)} />
      <Figure name="Sent" value={size(data.request_bytes)} />
      <Figure name="Received" value={size(data.response_bytes)} />
    </dl>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <EmptyState icon={<ChartColumn />} title="Nothing matches">
      <p>No ended exchange is in this session, filter and time together. Take one of them away.</p>
    </EmptyState>
  ) : (
    <EmptyState icon={<ChartColumn />} title="Nothing is captured yet">
      <p>What is requested, by whom and how fast is shown here as soon as the first exchange has ended.</p>
    </EmptyState>
  );
}

/** Of `1769850000..1769850060`. */
function timeInWords(time: string): string {
  const [from, to] = time.split("..").map(Number);
  return from && to ? `${moment(from)} – ${clock(to).slice(0, 8)}` : time;
}

const UNITS: ReadonlyArray<[number, string]> = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

function widthInWords(seconds: number): string {
  for (const [unit, word] of UNITS) if (seconds >= unit && seconds % unit === 0) return count(seconds / unit, word);
  return count(seconds, "second");
}
