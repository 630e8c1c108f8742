import { ArrowLeftRight } from "lucide-react";
import { useState } from "react";
import type { ExchangeShape } from "../api/types";
import { LINE, messageOf, type Side, useExchange } from "../detail";
import { EmptyState, ErrorText, IconButton, Switch, Tabs } from "../parts";
import { PageLayout, useGo, useParameter } from "../shell";
import { BodyDiff } from "./BodyDiff";
import styles from "./Compare.module.css";
import { DifferenceLines } from "./DifferenceLines";
import { headerDiff } from "./headerDiff";
import { Picker } from "./Picker";
import { summaryDiff } from "./summaryDiff";

/** Two exchanges beside each other: `/compare?a=1&b=2`. */
export default function ComparePage() {
  const [a] = useParameter("a");
  const [b] = useParameter("b");
  const [isShort, setShort] = useState(true);
  const go = useGo();
  const actions = (
    <>
      <Switch isOn={isShort} onChange={setShort}>
        Only differences
      </Switch>
      <IconButton
        label="Change sides"
        icon={<ArrowLeftRight />}
        isDisabled={!a || !b}
        onPress={() => go("/compare", { a: b, b: a })}
      />
    </>
  );
  return (
    <PageLayout title="Compare" actions={actions}>
      <div className={styles.page}>
        <div className={styles.pickers}>
          <Picker name="A" id={a} other={b} onPick={(id) => go("/compare", { a: id, b })} />
          <Picker name="B" id={b} other={a} onPick={(id) => go("/compare", { a, b: id })} />
        </div>
        {a && b ? (
          <Both key={`${a} ${b}`} a={Number(a)} b={Number(b)} isShort={isShort} />
        ) : (
          <EmptyState title="Choose two exchanges">
            <p>Write their numbers above, or select two rows of the traffic and choose Compare.</p>
          </EmptyState>
        )}
      </div>
    </PageLayout>
  );
}

function Both({ a, b, isShort }: { a: number; b: number; isShort: boolean }) {
  const left = useExchange(a);
  const right = useExchange(b);
  const [part, setPart] = useState("response");
  const error = left.error ?? right.error;
  if (error) return <ErrorText error={error} />;
  if (!left.data || !right.data) return null;
  const pair = { left: left.data, right: right.data, isShort };
  return (
    <Tabs
      label="What is compared"
      selected={part}
      onSelect={setPart}
      items={[
        { id: "summary", label: "Summary", content: () => <Summaries {...pair} /> },
        { id: "request", label: "Request", content: () => <Messages {...pair} side="request" /> },
        { id: "response", label: "Response", content: () => <Messages {...pair} side="response" /> },
      ]}
    />
  );
}

interface PairProps {
  left: ExchangeShape;
  right: ExchangeShape;
  isShort: boolean;
}

function Summaries({ left, right, isShort }: PairProps) {
  const all = summaryDiff(left, right);
  return <Listed label="Differences of the summaries" all={all} isShort={isShort} />;
}

function Messages({ left, right, isShort, side }: PairProps & { side: Side }) {
  const all = headerDiff(messageOf(left, side).headers, messageOf(right, side).headers);
  return (
    <div className={styles.message}>
      <section className={styles.headers}>
        <h2>Headers</h2>
        <Listed label="Differences of the headers" all={all} isShort={isShort} />
      </section>
      <section className={styles.body}>
        <h2>Body</h2>
        <BodyDiff left={left} right={right} side={side} isShort={isShort} />
      </section>
    </div>
  );
}

function Listed({ label, all, isShort }: { label: string; all: ReturnType<typeof headerDiff>; isShort: boolean }) {
  const shown = isShort ? all.filter(({ kind }) => kind !== "same") : all;
  if (shown.length === 0) return <p className={styles.same}>No differences.</p>;
  return (
    <div className={styles.listed} style={{ height: shown.length * LINE }}>
      <DifferenceLines label={label} differences={shown} />
    </div>
  );
}
