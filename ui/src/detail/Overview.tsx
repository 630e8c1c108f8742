import { Fragment, type ReactNode } from "react";
import { clientTerm, pathOf, termOf } from "../api/queryWords";
import type { Connection, ExchangeShape } from "../api/types";
import { CodeWords, type Property, PropertyTable } from "../parts";
import { clock, count, duration, moment, size } from "../shell";
import { adviceFor } from "./advice";
import { Certificates } from "./Certificates";
import { Marks } from "./Marks";
import styles from "./Overview.module.css";
import { TermMenu } from "./TermMenu";
import { Waterfall } from "./Waterfall";

export function Overview({ exchange }: { exchange: ExchangeShape }) {
  const { summary, timings, notes, client_connection: client, server_connection: server } = exchange;
  return (
    <div className={styles.overview}>
      {summary.error && (
        <section role="alert" className={styles.error}>
          <h3>{summary.error}</h3>
          <p>
            <CodeWords text={adviceFor(summary.error_kind ?? "")} />
          </p>
          <p className={styles.code}>{summary.error_kind}</p>
        </section>
      )}
      {notes.length > 0 && (
        <ul className={styles.notes} aria-label="Notes of Wireglass">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <Marks summary={summary} />
      <Section title="Exchange">
        <PropertyTable label="Exchange" rows={factsOf(exchange)} />
      </Section>
      <Section title="Timing">
        <Waterfall timings={timings} total={summary.duration_ms ?? null} />
      </Section>
      {client && (
        <Section title="Client's connection">
          <PropertyTable label="Client's connection" rows={connectionRows(client, "client")} />
        </Section>
      )}
      {server && (
        <Section title="Server's connection">
          <PropertyTable label="Server's connection" rows={connectionRows(server, "server")} />
        </Section>
      )}
      {server?.tls && server.tls.certificates.length > 0 && (
        <Section title="Certificate chain">
          <Certificates chain={server.tls.certificates} at={summary.started} />
        </Section>
      )}
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function filter(name: string, term: string): ReactNode {
  return <TermMenu name={name} term={term} />;
}

function factsOf({ summary, response }: ExchangeShape): Property[] {
  const { status, started, duration_ms: took, request_size = 0, response_size = 0, sessions = [] } = summary;
  const path = pathOf(summary.url);
  const rows: Array<Property | null> = [
    {
      name: "URL",
      value: <span className={styles.url}>{summary.url}</span>,
      copied: summary.url,
      actions: path && filter("path", termOf("path", path)),
    },
    { name: "Host", value: summary.host, actions: filter("host", termOf("host", summary.host)) },
    { name: "Method", value: summary.method, actions: filter("method", termOf("method", summary.method)) },
    status
      ? { name: "Status", value: `${status} ${response.reason}`.trim(), actions: filter("status", `status:${status}`) }
      : null,
    summary.type ? { name: "Type", value: summary.type, actions: filter("type", termOf("type", summary.type)) } : null,
    summary.operation
      ? {
          name: "GraphQL operation",
          value: summary.operation,
          actions: filter("operation", termOf("operation", summary.operation)),
        }
      : null,
    {
      name: "Protocol",
      value: summary.protocol ?? "",
      actions: filter("protocol", termOf("protocol", summary.protocol ?? "")),
    },
    { name: "Started", value: `${moment(started).slice(0, 10)} ${clock(started)}` },
    { name: "Duration", value: took == null ? "still open" : duration(took), copied: null },
    { name: "Bodies", value: `${size(request_size)} sent, ${size(response_size)} received`, copied: null },
    sessions.length > 0
      ? {
          name: count(sessions.length, "Session").replace(/^\S+ /, ""),
          value: sessions.join(", "),
          actions: sessions.map((name) => (
            <Fragment key={name}>{filter(`session ${name}`, termOf("session", name))}</Fragment>
          )),
        }
      : null,
    summary.source
      ? {
          name: "Source",
          value: summary.source,
          copied: null,
          actions: filter("source", termOf("source", summary.source)),
        }
      : null,
  ];
  return rows.filter((row) => row !== null);
}

function connectionRows({ peer, local, number, tls }: Connection, whose: "client" | "server"): Property[] {
  const rows: Property[] = [
    whose === "client"
      ? { name: "Client's address", value: peer, actions: filter("client", clientTerm(peer)) }
      : { name: "Server's address", value: peer },
    { name: "Our address", value: local },
    {
      name: "Number",
      value: `Connection ${number}`,
      help: "Exchanges with the same number went over the same connection.",
      copied: null,
    },
  ];
  if (!tls) return [...rows, { name: "TLS", value: "none: readable by everybody on the way", copied: null }];
  return [
    ...rows,
    { name: "TLS", value: tls.version },
    { name: "Cipher", value: tls.cipher },
    { name: "ALPN", value: tls.alpn ?? "none", help: "The protocol that both sides agreed on inside TLS." },
    { name: "SNI", value: tls.sni ?? "none", help: "The host that the client named in its TLS hello." },
  ];
}
