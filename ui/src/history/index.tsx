import { ArrowUp, Clock, SearchX } from "lucide-react";
import { useMemo } from "react";
import { Link } from "wouter";
import { useSessions } from "../api/program";
import { allOf, termOf } from "../api/queryWords";
import { Detail } from "../detail";
import { Button, EmptyState, ErrorText, Select, Splitter } from "../parts";
import { PageFilter } from "../query";
import { PageLayout, useParameter } from "../shell";
import { Days } from "./Days";
import { dayOf, daysOf } from "./days";
import { ExchangeList } from "./ExchangeList";
import styles from "./History.module.css";
import { useDays, useHistory } from "./useHistory";

const SOURCES = [
  { value: "", label: "All sources" },
  { value: "proxy", label: "Captured by the proxy" },
  { value: "interceptor", label: "Sent by the interceptor" },
  { value: "import", label: "Imported" },
];

export default function HistoryPage() {
  const [day, setDay] = useParameter("day");
  const [id, setId] = useParameter("id");
  const [filter, setFilter] = useParameter("q");
  const [source, setSource] = useParameter("source");
  const query = allOf(filter, source && termOf("source", source));
  const { data: all, error: failure } = useDays("");
  const { data: matching, error: refusal } = useDays(query);
  const { data: sessions = [] } = useSessions();
  const days = useMemo(() => all && matching && daysOf(matching, all.days), [all, matching]);
  const history = useHistory(query, days, day);
  const { shown, window, reload } = history;
  const selected = Number(id) || null;
  const isEmpty = all?.exact && all.days.length === 0 && shown.rows.length + shown.fresh.length === 0;

  function goTo(next: string) {
    if (next === day) reload();
    else setDay(next);
  }

  const actions = !isEmpty && (
    <>
      {shown.hasNewer && (
        <Button icon={<ArrowUp />} onPress={() => goTo("")}>
          Back to the newest
        </Button>
      )}
      <label className={styles.jump}>
        Go to a day
        <input
          type="date"
          value={day}
          min={all?.days.at(-1)?.day}
          max={dayOf(Date.now() / 1000)}
          onChange={({ target }) => setDay(target.value)}
        />
      </label>
      <Select label="Source" isLabelHidden options={SOURCES} value={source} onChange={setSource} />
      <div className={styles.filter}>
        <PageFilter label="Filter the history" query={filter} onQuery={(next) => setFilter(next, { replace: true })} />
      </div>
    </>
  );
  const nothing = days?.length === 0 && shown.rows.length + shown.fresh.length === 0 && !isEmpty && (
    <EmptyState icon={<SearchX />} title="Nothing matches">
      <p>No exchange of the record has this source and matches the filter.</p>
    </EmptyState>
  );
  const list = nothing || (
    <ExchangeList
      shown={shown}
      window={window}
      days={matching?.days ?? []}
      selected={selected}
      onSelect={(id) => setId(id, { replace: true })}
    />
  );
  return (
    <PageLayout title="History" actions={actions}>
      {(failure ?? refusal) && <ErrorText error={failure ?? refusal} />}
      {isEmpty ? (
        <EmptyState icon={<Clock />} title="Nothing is recorded yet">
          <p>
            Everything that is captured, sent or imported will stand here by day.{" "}
            <Link href="/connect">Connect a client.</Link>
          </p>
        </EmptyState>
      ) : (
        <div className={styles.page}>
          <Days
            days={matching?.days ?? []}
            isExact={matching?.exact ?? true}
            isCounting={query === ""}
            sessions={sessions}
            chosen={day}
            onChoose={goTo}
          />
          <Splitter
            id="history"
            direction="horizontal"
            label="Width of the list"
            first={list}
            second={selected === null ? null : <Detail key={selected} id={selected} onClose={() => setId("")} />}
          />
        </div>
      )}
    </PageLayout>
  );
}
