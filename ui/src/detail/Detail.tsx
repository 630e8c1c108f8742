import { GitCompare, Maximize2, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { ApiError } from "../api/client";
import type { ExchangeShape, Summary } from "../api/types";
import { Badge, CopyButton, EmptyState, ErrorText, IconButton, type TabItem, Tabs, type Tone } from "../parts";
import { useGo } from "../shell";
import { TakeButton } from "../take";
import styles from "./Detail.module.css";
import { hasMessages, useExchange } from "./exchange";
import { Message } from "./Message";
import { Overview } from "./Overview";
import { Conversation } from "./stream/Conversation";

export interface DetailProps {
  /** The exchange's number. */
  id: number;
  onClose: () => void;
  /** It has the whole page: it offers no larger one. */
  isWhole?: boolean;
}

let lastTab = "";

/** One exchange, beside the list. */
export function Detail({ id, onClose, isWhole = false }: DetailProps) {
  const { data: exchange, error } = useExchange(id);
  const go = useGo();
  if (error && !(exchange && error instanceof ApiError && error.status === 0)) {
    const isGone = error instanceof ApiError && error.status === 404;
    return (
      <Frame actions={<IconButton label="Close" icon={<X />} onPress={onClose} />} head={`Exchange ${id}`}>
        {isGone ? (
          <EmptyState title={`Exchange ${id} is not in the store`}>
            <p>It was deleted, or the address is of another store.</p>
          </EmptyState>
        ) : (
          <ErrorText error={error} />
        )}
      </Frame>
    );
  }
  if (!exchange) return <Frame head={`Exchange ${id}`}>{null}</Frame>;
  const actions = (
    <>
      <CopyButton label="Copy the URL" text={exchange.summary.url} />
      <TakeButton summary={exchange.summary} />
      <IconButton label="Compare with another one" icon={<GitCompare />} onPress={() => go("/compare", { a: id })} />
      {!isWhole && (
        <IconButton label="On a page of its own" icon={<Maximize2 />} onPress={() => go(`/exchange/${id}`)} />
      )}
      <IconButton label="Close" icon={<X />} onPress={onClose} />
    </>
  );
  return (
    <Frame head={<Head summary={exchange.summary} />} actions={actions}>
      <Rooms key={id} exchange={exchange} />
    </Frame>
  );
}

function Frame({ head, actions, children }: { head: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.detail} aria-label="Exchange">
      <header className={styles.header}>
        <div className={styles.head}>{head}</div>
        {actions}
      </header>
      {children}
    </section>
  );
}

function Head({ summary }: { summary: Summary }) {
  return (
    <>
      <Badge tone={toneOf(summary)}>{statusWord(summary)}</Badge>
      <span className={styles.method}>{summary.method}</span>
      <span className={styles.url} title={summary.url}>
        {summary.url}
      </span>
    </>
  );
}

function Rooms({ exchange }: { exchange: ExchangeShape }) {
  const { summary } = exchange;
  const isStream = hasMessages(exchange);
  const first = summary.state === "failed" ? "overview" : isStream ? "messages" : "response";
  const [tab, setTab] = useState(lastTab || first);
  const items: TabItem[] = [
    { id: "overview", label: "Overview", content: () => <Overview exchange={exchange} /> },
    { id: "request", label: "Request", content: () => <Message exchange={exchange} side="request" /> },
    { id: "response", label: "Response", content: () => <Message exchange={exchange} side="response" /> },
  ];
  if (isStream) items.push({ id: "messages", label: "Messages", content: () => <Conversation exchange={exchange} /> });
  return (
    <Tabs
      label="Parts of the exchange"
      items={items}
      selected={items.some(({ id }) => id === tab) ? tab : first}
      onSelect={(id) => {
        lastTab = id;
        setTab(id);
      }}
    />
  );
}

function statusWord({ status, state, protocol }: Summary): string {
  if (state === "failed") return status ? `${status}, failed` : "Failed";
  if (status) return String(status);
  return state === "open" ? "Open" : (protocol ?? "No status");
}

function toneOf({ status, state }: Summary): Tone {
  if (state === "failed") return "server-error";
  if (!status) return "neutral";
  if (status < 200) return "stream";
  if (status < 300) return "success";
  if (status < 400) return "redirect";
  return status < 500 ? "client-error" : "server-error";
}
