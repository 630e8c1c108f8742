import type { Tally } from "./types";

/** From values to the query language: the one place that knows how a value is written so that it stands for itself.
 * `queryTerms.json` has an example of each, which the language's own tests read as well. */

const LONGEST = 500; // characters of a value or a regular expression; a query has 4096, an expression 500

/** Fields of which a part is enough behind a colon. */
const OF_PARTS = new Set(["url", "body", "request_body", "response_body", "error", "operation", "note"]);
/** What the language reads as a day, if it is not in quotes. */
const DAYS = /^(today|yesterday)$/i;

/** What is the same with quotes and without: no sign of the language in it, and none that begins a regular expression. */
function isPlain(field: string, value: string): boolean {
  // A path is asked for as a whole if it begins with a slash, and is no regular expression without signs of one.
  if (field === "path") return /^\/[\w.~%@/-]*$/.test(value);
  return /^\w[\w./+-]*$/.test(value) && !(field === "session" && DAYS.test(value));
}

const ESCAPES: Record<string, string> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function quoted(text: string): string {
  return `"${text.replace(/[\\"\n\r\t]/g, (sign) => ESCAPES[sign] ?? sign)}"`;
}

/** A regular expression for this text alone, between slashes. */
function literal(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}/]/g, "\\$&");
}

/** A value as it stands behind its field. */
export function asValue(field: string, value: string): string {
  return isPlain(field, value) ? value : quoted(value);
}

/** `field:value`: all of the value, as it stands. Of one that is very long, its beginning. */
export function termOf(field: string, value: string): string {
  if (value.length > LONGEST) return `${field}~${quoted(value.slice(0, LONGEST))}`;
  return `${field}${OF_PARTS.has(field) ? "=" : ":"}${asValue(field, value)}`;
}

/** A client's address, whatever its port was: each connection has another one. */
export function clientTerm(client: string): string {
  return `client:${client.replace(/:\d+$/, "")}`;
}

export function parameterTerm(name: string, value: string): string {
  return keyed("param", ":", nameOf(name), value);
}

/** The name of a parameter or header in front of `=`: a bare word. A backslash before a letter or digit stands for itself. */
export function nameOf(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]/gu, "\\$&");
}

type Side = "request" | "response";

export function headerTerm(side: Side, name: string, value: string): string {
  return keyed(`${side}_header`, "=", nameOf(name.toLowerCase()), value);
}

function keyed(field: string, operator: string, key: string, value: string): string {
  if (value.length > LONGEST) return `${field}~${key}=${quoted(value.slice(0, LONGEST))}`;
  return `${field}${operator}${key}=${asValue(field, value)}`;
}

/** A cookie that was sent, among the others of its header; or one that was set, whatever its attributes are. */
export function cookieTerm(side: Side, name: string, value: string): string {
  const [field, before] = side === "request" ? ["request_header:cookie", "(^|;)"] : ["response_header:set-cookie", "^"];
  const pair = value ? `${name}=${value}` : `${name}=?`;
  const pattern = `${before}\\s*${value ? literal(pair) : `${literal(name)}=?`}\\s*(;|$)`;
  return pattern.length <= LONGEST ? `${field}=/${pattern}/` : `${field}=${quoted(pair.slice(0, LONGEST))}`;
}

/** A field of a form, as browsers encode it. */
export function formTerm(side: Side, name: string, value: string): string {
  const [first, second] = [name, value].map((text) =>
    literal(encodeURIComponent(text).replace(/[!'()~]/g, percent)).replaceAll("%20", "(\\+|%20)"),
  );
  const pattern = `(^|&)${first}=${second}(&|$)`;
  return pattern.length <= LONGEST ? `${side}_body:/${pattern}/` : `${side}_body:${quoted(value.slice(0, LONGEST))}`;
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** A value of a JSON body with its key, both as they stand in its text; of an object or a list (`{` or `[`) the key alone.
 * Without a key: an item of a list, or all of the body. */
export function jsonTerm(side: Side, key: string, value: string): string {
  const before = key ? `${literal(key)}\\s*:\\s*` : "(^|[[,])\\s*";
  const pattern = before + (/^[{[]/.test(value) ? literal(value.charAt(0)) : `${literal(value)}\\s*([\\]},]|$)`);
  if (pattern.length <= LONGEST) return `${side}_body:/${pattern}/`;
  return `${side}_body:${quoted(value.slice(0, LONGEST))}`;
}

/** The path of a recorded URL, without its query string, as the field `path` has it; empty for a tunnel's `host:port`. */
export function pathOf(url: string): string {
  const found = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*)([^?#]*)/.exec(url);
  return found?.[1] ?? "";
}

/** A path with `{id}` or `{date}` in the place of what names single things: one part each, where `*` would be several. */
export function pathTerm(path: string): string {
  const parts = path.split(/\{(?:id|date)\}/);
  if (parts.length === 1) return termOf("path", path);
  const pattern = `^${parts.map(literal).join("[^\\/]+")}$`;
  return pattern.length <= LONGEST ? `path~/${pattern}/` : `path~${quoted((parts[0] ?? "").slice(0, LONGEST))}`;
}

/** What finds an endpoint: `{id}` in its path stands for any text. */
export function endpointQuery(method: string, host: string, path: string): string {
  return [termOf("method", method), termOf("host", host), ...(path ? [pathTerm(path)] : [])].join(" ");
}

/** What finds the exchanges of a bar of a breakdown. */
export function tallyQuery({ dimension, value }: Pick<Tally, "dimension" | "value">): string {
  if (dimension === "status") return value === "failed" ? "is:failed" : `status:${value}`;
  if (dimension === "type" && !value) return "-type:?*";
  return termOf(dimension === "domain" ? "host" : dimension, value);
}

/** All of these queries together; empty ones are left out, and one with `or` keeps its sense. */
export function allOf(...queries: string[]): string {
  const some = queries.map((query) => query.trim()).filter(Boolean);
  return some.length < 2
    ? some.join("")
    : some.map((query) => (mayChoose(query) ? `(${query})` : query)).reduce(joined);
}

/** `query` with one more term, or with its opposite; one that says the contrary goes. */
export function narrowed(query: string, term: string, isNegated = false): string {
  const wanted = isNegated ? negated(term) : term;
  return stands(query, wanted) ? query.trim() : allOf(stands(query, negated(wanted))?.rest ?? query, wanted);
}

/** Whether a term is one of those that stand side by side, and what else there is; null where that is not plain to see. */
function stands(query: string, term: string): { rest: string } | null {
  for (let at = query.indexOf(term); at >= 0; at = query.indexOf(term, at + 1)) {
    const [before, after] = [query.slice(0, at), query.slice(at + term.length)];
    const isWhole = /(^|\s)$/.test(before) && /^(\s|$)/.test(after);
    const isInNothing = !/["'()\\]|\b(or|not)\b/i.test(before) && !SLASH.test(before);
    if (isWhole && isInNothing && !mayChoose(before) && !mayChoose(after)) return { rest: `${before}${after.trim()}` };
  }
  return null;
}

/** The opposite of one term. */
export function negated(term: string): string {
  const bare = /^(?:[-!]|not\s+)(.+)$/is.exec(term);
  return bare?.[1] ?? `-${term}`;
}

/** `or` is weaker than what stands side by side. Brackets that are not needed do no harm. */
function mayChoose(query: string): boolean {
  return /\||\bor\b/i.test(query) && !isOneTerm(query);
}

/** A text or a list of texts in quotes, or an expression between slashes: made here, or as simple as those. */
function isOneTerm(query: string): boolean {
  return /^-?[\w]+[:=~](?:[^\s"'/()|]+=)?(?:"(?:[^"\\]|\\.)*"|\/(?:[^\s/\\]|\\.)+\/i?)$/s.test(query);
}

/** A word or a value that begins with a slash, but of `path:`: the next slash may make a regular expression of it. */
const SLASH = /(?<=^|[\s(!,:=~-])(?<!\bpath:)\//i;

function joined(before: string, after: string): string {
  const mayGoFirst = isOneTerm(after) || !SLASH.test(after);
  return SLASH.test(before) && after.includes("/") && mayGoFirst ? `${after} ${before}` : `${before} ${after}`;
}
