import { ApiError, ask, call } from "../api/client";
import { headerOf, mediaType, messageOf, type Side } from "../api/heads";
import type { Answers, Summary } from "../api/types";
import { saveFile, saveFrom } from "../parts";
import { count, tell, tellError } from "../shell";
import { fileName } from "./fileName";

const LONGEST = 4000; // characters of a query, of which the API takes 4096

/** A query that finds exactly these: neighbours as ranges, so that many fit. Throws where they are too many. */
export function queryOf(ids: readonly number[]): string {
  const sorted = [...new Set(ids)].sort((a, b) => a - b);
  const parts: Array<{ from: number; to: number }> = [];
  for (const id of sorted) {
    const last = parts.at(-1);
    if (last && id === last.to + 1) last.to = id;
    else parts.push({ from: id, to: id });
  }
  const query = `id:${parts.map(({ from, to }) => (from === to ? from : `${from}..${to}`)).join(",")}`;
  if (query.length <= LONGEST) return query;
  throw new Error(`${count(sorted.length, "exchange")} are too many to name. Select fewer, or neighbours.`);
}

export type Secrets = "redact" | "keep";

/** Throws what the API says. */
export async function saveHar(ids: readonly number[], secrets: Secrets): Promise<void> {
  const name = secrets === "redact" ? "wireglass-redacted.har" : "wireglass.har";
  await exportHar(queryOf(ids), secrets, name);
  tell(`${count(ids.length, "exchange")}: the browser downloads ${name}.`);
}

/** All that a query finds: the browser fetches it itself, so that its size does not matter. Throws what the API says. */
export async function exportHar(query: string, secrets: Secrets, name: string): Promise<void> {
  const { path } = await call<Answers["startExport"]>("POST", "/export", { body: { query, secrets } });
  saveFrom(path, name);
}

/** With its content codings undone, as a file named by its address and type. */
export async function saveBody(id: number, side: Side): Promise<void> {
  try {
    const exchange = await call<Answers["getExchange"]>("GET", `/exchanges/${id}`);
    const { headers } = messageOf(exchange, side);
    const name = fileName(exchange.summary.url, mediaType(headers), id, side);
    // Without a coding it may be larger than what the server decodes.
    if (!headerOf(headers, "content-encoding")) return saveFile(await bodyOf(id, side, "raw"), name);
    try {
      saveFile(await bodyOf(id, side, "decoded"), name);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "usage")) throw error;
      saveFile(await bodyOf(id, side, "raw"), name);
      tell(`${error.message} It is saved as it passed.`);
    }
  } catch (error) {
    tellError(`Save the ${side}'s body`, error);
  }
}

async function bodyOf(id: number, side: Side, as: "raw" | "decoded"): Promise<Blob> {
  return (await ask("GET", `/exchanges/${id}/${side}/body`, { query: { as } })).blob();
}

/** The request's body as it passed, for the code that reads it from `name`. */
export async function saveBodyForCode(id: number, name: string): Promise<void> {
  try {
    saveFile(await bodyOf(id, "request", "raw"), name);
  } catch (error) {
    tellError(`Save ${name}`, error);
  }
}

/** Whether there is a request to send again. */
export function isRepeatable({ method, protocol }: Summary): boolean {
  return method !== "" && method !== "CONNECT" && protocol !== "tunnel" && protocol !== "websocket";
}
