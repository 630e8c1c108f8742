import { lazy, Suspense } from "react";
import type { ExchangeShape } from "../api/types";
import { headerOf, isJson, MOST, mediaType, messageOf, type Side, textOf, useBytes } from "../detail";
import { EmptyState, ErrorText } from "../parts";
import { number } from "../shell";
import styles from "./Compare.module.css";
import { DifferenceLines } from "./DifferenceLines";
import { useJsonDiff } from "./useJsonDiff";
import type { JsonCompared } from "./worker";

const TextDiff = lazy(() => import("./TextDiff"));
const LONGEST = 2_000_000; // characters that are compared line by line

export interface BodyDiffProps {
  left: ExchangeShape;
  right: ExchangeShape;
  side: Side;
  isShort: boolean;
}

export function BodyDiff({ left, right, side, isShort }: BodyDiffProps) {
  const a = useBody(left, side);
  const b = useBody(right, side);
  const isTree = a.isJson && b.isJson;
  const compared = useJsonDiff(isTree ? a.bytes : undefined, isTree ? b.bytes : undefined);
  if (a.kept === 0 && b.kept === 0) return <EmptyState title="Neither has a body" />;
  if (Math.max(a.kept, b.kept) > MOST) return <EmptyState title="The bodies are too large to compare" />;
  const error = a.error ?? b.error;
  if (error) return <ErrorText error={error} />;
  if (!a.bytes || !b.bytes || (isTree && !compared)) return <Waiting />;
  if (compared && "json" in compared) return <JsonLines compared={compared.json} isShort={isShort} />;
  const [first, second] = [textOf(a.bytes, a.type), textOf(b.bytes, b.type)];
  if (first === second) return <EmptyState title="The bodies are the same" />;
  if (Math.max(first.length, second.length) > LONGEST) {
    return (
      <EmptyState title="The bodies differ, and are too large to compare by line">
        <p>Save both, and compare them with another program.</p>
      </EmptyState>
    );
  }
  return (
    <Suspense fallback={<Waiting />}>
      <TextDiff left={first} right={second} isShort={isShort} />
    </Suspense>
  );
}

function Waiting() {
  return (
    <p role="status" className={styles.same}>
      Loading the bodies …
    </p>
  );
}

function JsonLines({ compared, isShort }: { compared: JsonCompared; isShort: boolean }) {
  const { lines, total } = isShort ? compared.different : compared.all;
  if (total === 0) return <EmptyState title="The bodies say the same" />;
  return (
    <>
      {total > lines.length && (
        <p className={styles.same}>{`The first ${number(lines.length)} of ${number(total)} are listed.`}</p>
      )}
      <DifferenceLines label="Differences of the bodies" differences={lines} />
    </>
  );
}

const NOTHING = new ArrayBuffer(0);

function useBody(exchange: ExchangeShape, side: Side) {
  const { headers, body } = messageOf(exchange, side);
  const kept = body.kept ?? 0;
  const place = { id: exchange.summary.id ?? 0, side, size: kept };
  const { data, error } = useBytes(place, "decoded", kept > 0 && kept <= MOST);
  const type = headerOf(headers, "content-type");
  return { kept, type, bytes: kept === 0 ? NOTHING : data, isJson: isJson(mediaType(headers)) && kept > 0, error };
}
