import { useState } from "react";
import { cookieTerm, parameterTerm } from "../api/queryWords";
import type { ExchangeShape } from "../api/types";
import { PropertyTable, type TabItem, Tabs } from "../parts";
import { BodyView } from "./body/BodyView";
import { cookiesOf, parametersOf, setCookiesOf } from "./cookies";
import { messageOf, type Side } from "./exchange";
import { HeaderTable } from "./HeaderTable";
import styles from "./Message.module.css";
import { SetCookies } from "./SetCookies";
import { TermMenu } from "./TermMenu";

let lastPart = "body";

/** A request or a response: body, headers, query, cookies, trailers. What was looked at last is shown again, for the next
 * exchange too. */
export function Message({ exchange, side }: { exchange: ExchangeShape; side: Side }) {
  const [part, setPart] = useState(lastPart);
  const items = partsOf(exchange, side);
  const selected = items.some(({ id }) => id === part) ? part : "body";
  return (
    <Tabs
      label={`Parts of the ${side}`}
      items={items}
      selected={selected}
      onSelect={(id) => {
        lastPart = id;
        setPart(id);
      }}
    />
  );
}

function partsOf(exchange: ExchangeShape, side: Side): TabItem[] {
  const { headers, trailers } = messageOf(exchange, side);
  const query = side === "request" ? parametersOf(exchange.summary.url) : [];
  const sent = side === "request" ? cookiesOf(headers) : [];
  const set = side === "response" ? setCookiesOf(headers) : [];
  const informational = side === "response" ? exchange.informational : [];
  const items: TabItem[] = [
    { id: "body", label: "Body", content: () => <BodyView exchange={exchange} side={side} /> },
    {
      id: "headers",
      label: "Headers",
      badge: headers.length,
      content: () => (
        <div className={styles.part}>
          <p className={styles.start}>{startLine(exchange, side)}</p>
          {informational.map(({ status, headers }, at) => (
            // Several 103 may come.
            // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows
            <HeaderTable key={at} label={`${status}, before the final response`} headers={headers} />
          ))}
          <HeaderTable label="Headers" headers={headers} side={side} />
          {trailers.length > 0 && <HeaderTable label="Trailers, behind the body" headers={trailers} side={side} />}
        </div>
      ),
    },
  ];
  if (query.length > 0) {
    const rows = query.map(({ name, value }) => ({
      name,
      value,
      actions: <TermMenu name={name} term={parameterTerm(name, value)} />,
    }));
    items.push({
      id: "query",
      label: "Query",
      badge: query.length,
      content: () => <PropertyTable label="Query parameters" rows={rows} isCode />,
    });
  }
  if (sent.length > 0) {
    const rows = sent.map(({ name, value }) => ({
      name,
      value,
      actions: <TermMenu name={name} term={cookieTerm("request", name, value)} />,
    }));
    items.push({
      id: "cookies",
      label: "Cookies",
      badge: sent.length,
      content: () => <PropertyTable label="Cookies that were sent" rows={rows} isCode />,
    });
  }
  if (set.length > 0) {
    items.push({ id: "cookies", label: "Cookies", badge: set.length, content: () => <SetCookies cookies={set} /> });
  }
  return items;
}

function startLine({ summary, request, response }: ExchangeShape, side: Side): string {
  if (side === "request") return `${summary.method} ${request.target} ${request.version}`;
  if (response.status === null) return "No response has come.";
  return `${response.version ?? ""} ${response.status} ${response.reason}`.trim();
}
