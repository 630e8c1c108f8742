// Made by `make docs` from the program: do not edit.

/** Everything: the empty query. */
export interface All {
  type: "All";
}

export interface And {
  type: "And";
  /** At least two. */
  items: Array<All | And | Or | Not | Term>;
}

/** From the first to the second number, both included. */
export interface Between {
  type: "Between";
  low: number;
  high: number;
}

/** A body in the store: never the bytes. */
export interface BodyRef {
  /** Bytes that passed; of a body that is kept decoded (`Detail.decoded`) those that are kept. */
  size?: number;
  /** Bytes of these that are kept, from the start. */
  kept?: number;
  /** SHA-256 of the kept bytes in hex; empty while open, or if nothing is kept. */
  hash?: string;
  /** Why `kept` is less than `size`. */
  note?: string;
}

/** One that is installed. */
export interface Browser {
  /** As `wireglass browser --browser` takes it. */
  name: string;
  title: string;
  path: string;
  /** How many of those that were started here are open. */
  running: number;
  /** Why the last one that was started here could not be used. */
  problem: string;
}

export interface BrowserStart {
  /** Of one that is installed. */
  name: string;
  /** What it opens; without a scheme it is http. Empty: the page of Wireglass. */
  url?: string;
}

/** What started in the `width` seconds of the overview from `start` on. */
export interface Bucket {
  start: number;
  exchanges: number;
  failing: number;
  response_bytes: number;
}

export interface CertificateAuthority {
  path: string;
  name: string;
  /** As people compare it: upper-case hex, colon between bytes. */
  sha256: string;
  pem: string;
}

/** What a certificate says of itself; null where `error` says why it cannot be read. */
export interface CertificateShape {
  sha256: string;
  /** As RFC 4514 writes it: `CN=example.com,O=Example`. */
  subject: string | null;
  issuer: string | null;
  /** Unix time in seconds; it holds from then on. */
  not_before: number | null;
  not_after: number | null;
  /** Hosts and addresses that it is for (RFC 5280 4.2.1.6). */
  names: Array<string>;
  error: string | null;
}

/** All that matters of the changes behind `after` up to `to`, by `seq`, each exchange once. Remember `to`: a later `Subscribe` goes on from it. */
export interface Changes {
  type: "changes";
  after: number;
  to: number;
  items: Array<Item>;
}

/** A query, read: its `tree` and `terms`, or the `error` with its place. */
export interface Checked {
  /** The same query in the plainest words; empty where it cannot be read. */
  text: string;
  tree: All | And | Or | Not | Term | null;
  /** Where the terms stand that are in no bracket, each with what negates it: offsets of its first character and of the one behind it. What joins them (nothing, `and`, `or`) is between. */
  terms: Array<[number, number]>;
  error: Problem | null;
  /** What can stand at the cursor. */
  completions: Array<Completion>;
  /** Which value stands at the cursor. */
  writing: Writing | null;
}

/** A language or tool in which a request can be had as code. */
export interface CodeLanguage {
  id: string;
  name: string;
  /** How it is highlighted. */
  syntax: string;
}

/** A number: a status; bytes; milliseconds; Unix seconds; an id. */
export interface Compares {
  type: "Compares";
  operator: "<" | "<=" | "=" | ">" | ">=";
  number: number;
}

export interface Completion {
  /** Takes the place of the query's characters from `start` up to `end`. */
  text: string;
  help: string;
  start: number;
  end: number;
  /** `field`: a name and its colon. `operator`: takes the place of the colon. `word`: `and`, `or`, or `not`. */
  kind: "field" | "operator" | "value" | "word";
}

export interface Connection {
  /** `host:port` of the other side. */
  peer: string;
  local: string;
  /** Counts the connections of one proxy process, so that reuse can be seen. */
  number: number;
  tls: TlsShape | null;
}

export interface Count {
  exchanges: number;
  /** False: the time limit came first, and the number is what the part that was looked at lets expect. */
  exact: boolean;
}

/** What started on one day. */
export interface Day {
  /** `2026-01-31`. */
  day: string;
  /** Its midnight, Unix seconds. */
  start: number;
  /** The midnight after it. */
  end: number;
  exchanges: number;
  failed: number;
  request_bytes: number;
  response_bytes: number;
}

export interface Days {
  /** The latest first; those with nothing are left out. */
  days: Array<Day>;
  /** False: there are more, and this is of the newest ones. */
  exact: boolean;
}

export interface Door {
  id: number;
  /** As `--mode` takes it: `regular@127.0.0.1:8080`, `reverse:https://api.example.com@127.0.0.1:9000`. */
  mode: string;
  /** `host:port` as bound; while it is not open, where it was, or was asked for. */
  listen: string;
  state: "failed" | "open" | "stopped";
  /** In reverse mode, the URL of the server behind it. */
  target: string;
  /** Why it could not be opened. */
  error: string;
}

export interface DoorChange {
  state: "open" | "stopped";
}

export interface DoorStart {
  /** As `--mode` takes it: `regular@127.0.0.1:9000`, `reverse:https://api.example.com@127.0.0.1:9001`. */
  mode: string;
}

/** A file that is ready to be fetched. */
export interface Download {
  /** It needs no token, and is there once, for 30 seconds. */
  path: string;
}

/** What is asked of one host with one method below one path. */
export interface Endpoint {
  method: string;
  host: string;
  /** `{id}` in the place of ids: `/users/{id}/orders`. */
  path: string;
  exchanges: number;
  /** With a status of 400 and above, or none. */
  failing: number;
  response_bytes: number;
  mean_ms: number;
  slowest_ms: number;
  /** The exchange that took longest. */
  slowest: number;
}

/** What makes programs on this machine use the proxy and trust it: the variables of `wireglass run`. */
export interface Environment {
  /** Variable to its value; null takes it away. Without a proxy's password: they are empty where it wants one. */
  variables: Record<string, string | null>;
  /** Of the proxy's password; empty where it wants none. */
  username: string;
  /** To be given with `--home`; empty where commands find this home without it. */
  home: string;
}

/** Where secrets are in one exchange, without any of them. */
export interface ExchangeSecrets {
  id: number;
  /** More than are listed where there are many. */
  count: number;
  secrets: Array<Finding>;
}

/** One exchange with everything but its bodies and messages. */
export interface ExchangeShape {
  summary: Summary;
  request: RequestShape;
  response: ResponseShape;
  informational: Array<InformationalShape>;
  timings: Timings;
  client_connection: Connection | null;
  server_connection: Connection | null;
  /** Of a streamed exchange: the times of its bytes; its messages are at `/messages`. */
  timeline: BodyRef;
  /** What a reader should know: retried on a new connection, accepted an unverified certificate … */
  notes: Array<string>;
}

/** As the parameters of `GET /api/export`. */
export interface ExportStart {
  query?: string;
  format?: "har";
  secrets?: "keep" | "redact";
}

/** Who runs here. */
export interface Facts {
  version: string;
  pid: number;
  /** Unix time in seconds. */
  started: number;
  home: string;
  /** `host:port` of the first door. */
  proxy: string;
  /** `host:port` of this API. */
  ui: string;
}

/** The last `Subscribe` was refused. What was subscribed before goes on; without one the feed is closed. */
export interface Failed {
  type: "error";
  problem: Problem;
}

export interface FilterToSave {
  name: string;
  query: string;
}

/** A secret, by all that may be told of it. */
export interface Finding {
  /** Where in an exchange: `request header authorization`, `response body`, … */
  place: string;
  /** `bearer`, `password`, `jwt`, `github-token`, … */
  kind: string;
  /** Characters of it, decoded from what it was wrapped in (percent-encoding, JSON escapes). */
  length: number;
  /** Keyed; equal for equal secrets of one home. */
  hash: string;
}

/** Changes behind `after` up to `to` were left out: the client was too slow, or they are too long ago. Read the list again; what follows is complete from `to` on. */
export interface Gap {
  type: "gap";
  after: number;
  to: number;
}

/** Nothing has come for some seconds, and all is well. */
export interface Heartbeat {
  type: "heartbeat";
  /** Everything up to here was said. */
  to: number;
  /** Number of the newest change in the store: more than `to` while the feed is behind. */
  newest: number;
}

/** The value holds this text somewhere, letter case aside (of ASCII letters: SQLite's and ours agree on those). */
export interface Holds {
  type: "Holds";
  text: string;
}

/** A 1xx response that came before the final one. */
export interface InformationalShape {
  status: number;
  headers: Array<[string, string]>;
}

/** The value is this text, letter case aside. Of a media type: or is called so (`leaf.type_words`). */
export interface Is {
  type: "Is";
  text: string;
}

export interface Item {
  /** `new`: it was not shown before; `changed`: here it is anew; `gone`: it was deleted, or the query does not find it any more. Harmless for one that was never shown. */
  what: "changed" | "gone" | "new";
  seq: number;
  id: number;
  /** Null where it is gone. */
  exchange?: Summary | null;
}

/** How far the index is behind the record. What it has not seen is searched all the same, but slowly. */
export interface Lag {
  /** False: there is no index, or none that can be used. */
  ready: boolean;
  /** New and changed exchanges that it has not seen. */
  changes: number;
}

/** The whole value has this form, letter case aside: `*` is any text, `?` any one character; one that is meant as it stands, and the backslash itself, has a backslash before it. Without any of the two it would be `Is`. */
export interface Like {
  type: "Like";
  pattern: string;
}

/** What is null or left out stays as it is. */
export interface MarkChange {
  ids: Array<number>;
  /** Empty: none. */
  color?: "" | "blue" | "green" | "grey" | "orange" | "purple" | "red" | "yellow" | null;
  star?: boolean | null;
  note?: string | null;
}

export interface Marked {
  /** How many there were; others are passed over. */
  exchanges: number;
}

/** An RE2 expression is found somewhere in the value. */
export interface Matches {
  type: "Matches";
  pattern: string;
  ignore_case: boolean;
}

export interface MessagePage {
  items: Array<MessageShape>;
  /** `after` of the next page; null where there are no more so far. */
  next: number | null;
  /** More may come: the exchange still runs. */
  open: boolean;
}

/** A message of a stream: `text` where its bytes are text, else `base64`. */
export interface MessageShape {
  /** From 1, over both sides, in the order of arrival. */
  number: number;
  side: "request" | "response";
  /** Unix time in seconds, when its last byte arrived; null where that is not known. */
  time: number | null;
  /** `text`, `binary`, `ping`, `pong`, `close`, `event`, `line` or `message`. */
  kind: string;
  size: number;
  fields: Record<string, string>;
  text: string | null;
  base64: string | null;
  /** A message of gRPC as text for people, with names where they are known; null of all others. */
  decoded: string | null;
  /** What a reader should know: cut off, damaged, only its start … */
  note: string | null;
}

/** Why something is not there: connections or exchanges of one reason and host that did not become kept ones. */
export interface Missing {
  reason: "certificate_rejected" | "filtered" | "no_session" | "passed_through" | "paused" | "refused" | "store_full";
  /** `host:port` where it is a connection, the host of the URL else; empty where it was not learned. */
  host: string;
  count: number;
  /** Unix time in seconds. */
  first: number;
  last: number;
  /** Of the last one: method and URL, or the rule or error. */
  detail: string;
  /** Of the last one: the client's address without its port. */
  client: string;
  /** The session whose filter or pause it was; empty for others. */
  session: string;
}

export interface Not {
  type: "Not";
  item: All | And | Or | Not | Term;
}

export interface Or {
  type: "Or";
  items: Array<All | And | Or | Not | Term>;
}

/** Of the ended exchanges. `slowest` by mean time, `largest` by the bytes of all responses. */
export interface Overview {
  exchanges: number;
  /** Those that ended with an error. */
  failed: number;
  request_bytes: number;
  response_bytes: number;
  /** False: there are more, and this is of the newest ones. */
  exact: boolean;
  /** When the earliest one started, Unix seconds; null where there is none. */
  since: number | null;
  /** Seconds of a bucket. */
  width: number;
  /** By time; empty ones are left out. */
  buckets: Array<Bucket>;
  /** By dimension; in each the largest first. */
  tallies: Array<Tally>;
  endpoints: number;
  slowest: Array<Endpoint>;
  largest: Array<Endpoint>;
  /** Those of which any fails. */
  failing: Array<Endpoint>;
}

/** An address of this machine, as other devices reach it. */
export interface OwnAddress {
  address: string;
  interface: string;
  /** `virtual`: a bridge to containers and virtual machines on this machine. */
  kind: "network" | "virtual" | "vpn";
  /** The proxy that listens there; null: none does. */
  door: number | null;
  port: number | null;
  /** Our page for devices, with the certificate and steps; empty where no proxy listens there. */
  url: string;
  /** The same as a QR code: an image, as a `data:` URL. */
  qr: string;
}

export interface Page {
  items: Array<Summary>;
  /** Cursor of the page behind this one; None at the end. */
  next: string | null;
  /** False: the time limit came before the page was full; `next` goes on where it was. */
  scanned_all: boolean;
  lag: Lag;
}

/** What failed. `code` is stable and for programs, the others are for people. */
export interface Problem {
  code: string;
  /** What failed, with which value. */
  message: string;
  /** What to do next. */
  hint: string;
  /** The parameter or the member of the body that is meant; empty where none is. */
  field: string;
  /** Of a query: the offsets of the mistake's first character and of the one behind it. */
  at: [number, number] | null;
}

/** What may stay; null: no limit. Without a session, of the whole store. */
export interface Prune {
  /** Seconds since an exchange started. */
  age?: number | null;
  count?: number | null;
  /** Bytes of bodies as they passed and, for the whole store, of its files. */
  size?: number | null;
  session?: number | null;
}

export interface Removed {
  /** How many went. */
  exchanges: number;
}

export interface RequestShape {
  /** As the client sent it (RFC 9112 3.2). */
  target: string;
  version: string;
  headers: Array<[string, string]>;
  body: BodyRef;
  trailers: Array<[string, string]>;
}

export interface ResponseShape {
  version: string | null;
  status: number | null;
  reason: string;
  headers: Array<[string, string]>;
  body: BodyRef;
  trailers: Array<[string, string]>;
}

/** What may stay; the oldest goes first. What is starred stays whatever its age, and goes for a count or size only when nothing else is left. None: no limit. */
export interface Retention {
  /** Seconds since an exchange started; of an imported one, since it was imported. */
  age?: number | null;
  /** Exchanges. */
  count?: number | null;
  /** Bytes of bodies as they passed; for the whole store, of its database and files, without the search index. */
  size?: number | null;
}

export interface SavedFilter {
  name: string;
  query: string;
}

export interface SecretsPage {
  items: Array<ExchangeSecrets>;
  /** `after` of the next page; null at the end. */
  next: number | null;
}

export interface Session {
  id: number;
  name: string;
  /** The way in it was begun for: `proxy`, `interceptor`, `import`, … */
  source: string;
  state: "ended" | "paused" | "recording";
  /** Unix time in seconds. */
  started: number;
  ended: number | null;
  /** Seconds in which it was recording: pauses are left out. */
  duration: number;
  note: string;
  options: SessionOptions;
  /** Ended ones that are kept. */
  exchanges: number;
  /** Of `exchanges`: those that ended with an error. */
  failed: number;
  open: number;
  /** Of bodies, as they passed; of ended exchanges, like the next one. */
  request_bytes: number;
  response_bytes: number;
  /** Exchanges that passed while it ran and were not kept, for whatever reason. */
  missing: number;
}

/** What is null or left out stays as it is. */
export interface SessionChange {
  name?: string | null;
  note?: string | null;
  /** All of them anew; they hold for what comes from now on. */
  options?: SessionOptions | null;
}

export interface SessionOptions {
  /** The capture filter, in the query language: what does not match is proxied, counted, and not kept. */
  filter?: string;
  /** False: response bodies are not kept. */
  response_bodies?: boolean;
  /** Media types of bodies that are not kept: `image/*`, `video/mp4`. */
  skip_bodies?: Array<string>;
  /** False: the values of `Cookie` and `Set-Cookie` are not kept. */
  cookies?: boolean;
  retention?: Retention;
}

export interface SessionStart {
  /** Empty: one is made of the time. That of an ended session goes on recording into it. */
  name?: string;
  source?: string;
  note?: string;
  options?: SessionOptions;
}

export interface SessionStats {
  session: Session;
  /** By dimension; in each the largest first. */
  tallies: Array<Tally>;
}

export interface SettingShown {
  name: string;
  /** What Wireglass runs with; text where it has a form of its own, and without passwords. */
  value: unknown;
  default: string | null;
  help: string;
  unit: string;
  flag: string;
  env: string;
  /** The flag, the variable or the file that says the value; empty: nobody does, and it is the default. */
  origin: string;
  /** Whether `config.toml` may have it. */
  in_file: boolean;
  /** The flag may be given more than once, and `config.toml` may have a list. */
  repeatable: boolean;
  /** The value may have a password, which is not shown. */
  secret: boolean;
}

export interface Shown {
  /** Name of the view; `raw` where there is none, or where it could not. */
  view: string;
  /** None for bytes that are no text, and have no view. */
  text: string | null;
  fields: Record<string, string>;
  notes: Array<string>;
  /** Why the view that was asked for or fits best could not; empty where it could, or none fits. */
  reason: string;
}

/** Code, and what a reader of it should know. */
export interface Snippet {
  language: string;
  text: string;
  /** The same stand in the text as comments. */
  notes: Array<string>;
  /** Where the code reads the body from: the exchange's, as it passed, has to be saved there. */
  file: string;
}

export interface Stats {
  exchanges: number;
  failed: number;
  request_bytes: number;
  response_bytes: number;
  /** False where the time ran out: then it is of the newest ones. */
  exact: boolean;
  /** By dimension; in each the largest first. */
  tallies: Array<Tally>;
}

export interface Status {
  running: Facts;
  /** Those that are not ended. */
  sessions: Array<Session>;
  doors: Array<Door>;
  /** Number of the newest change: where a feed can begin. */
  seq: number;
}

export interface Subscribe {
  /** Wanted in the first message. */
  token?: string;
  query?: string;
  /** Go on behind this number; null: from now on. */
  after?: number | null;
}

/** The answer to `Subscribe`: what follows is of this query, and of changes behind `after`. */
export interface Subscribed {
  type: "subscribed";
  after: number;
}

/** One row of a list. Sizes are body bytes as they passed, transfer coding removed and content coding kept. */
export interface Summary {
  method: string;
  url: string;
  host: string;
  /** Unix time in seconds, when the first byte of the request was read. */
  started: number;
  /** What the client spoke: `http/1.0`, `http/1.1`, `websocket` (its bodies are frames then), `tunnel`; `socks5` or `socks4` of a client that got no further. */
  protocol?: string;
  source?: string;
  /** Address of the client as `host:port`. */
  client?: string;
  status?: number | null;
  /** Media type of the response, lower case, without parameters. */
  type?: string;
  /** What a GraphQL request asks for, as `content.graphql.operation_of` says it; empty for others. */
  operation?: string;
  /** What kind of body the request has (Postman's data mode): `raw`, `urlencoded`, `form-data`, `graphql`, `binary`; empty for none. */
  mode?: string;
  request_size?: number;
  response_size?: number;
  /** From `started` to the last byte; None while open. */
  duration_ms?: number | null;
  state?: "done" | "failed" | "open";
  /** `code` of the error in `wireglass.errors` that ended it. */
  error_kind?: string | null;
  error?: string | null;
  /** The store's number, counting from 1; 0 until the store has accepted it. */
  id?: number;
  /** Number of the newest change in the whole store; grows with every change of any exchange. */
  seq?: number;
  sessions?: Array<string>;
  /** What people have said of it (`model.Mark`), like the next two. */
  color?: "" | "blue" | "green" | "grey" | "orange" | "purple" | "red" | "yellow";
  star?: boolean;
  note?: string;
}

/** One bar of a breakdown: the ended exchanges of a session that have this value. */
export interface Tally {
  dimension: "domain" | "method" | "mode" | "status" | "type";
  /** A method; a host; a media type, empty if there was none; `1xx` … `5xx`, `failed` where there was no response; for the data mode `none`, `raw`, `urlencoded`, `form-data`, `graphql` or `binary`. */
  value: string;
  exchanges: number;
  request_bytes: number;
  response_bytes: number;
}

export interface Term {
  type: "Term";
  /** The canonical name of a field of `query.fields.TABLE`. */
  field: string;
  test: Is | Holds | Like | Matches | Compares | Between | There;
  /** Of a field that has parts (`header:content-type=json`, `param:page=2`): which, letter case aside; `*` is any text. Lower case for headers. Empty: the test is of all of them, as `name: value` or `name=value`. */
  key: string;
}

/** There is one at all. */
export interface There {
  type: "There";
}

/** Milliseconds of each phase; None where the phase did not happen (a reused connection has no dns). */
export interface Timings {
  dns?: number | null;
  connect?: number | null;
  tls?: number | null;
  send?: number | null;
  wait?: number | null;
  receive?: number | null;
}

export interface TlsShape {
  version: string;
  cipher: string;
  alpn: string | null;
  sni: string | null;
  /** Those the peer sent, leaf first. */
  certificates: Array<CertificateShape>;
}

export interface Usage {
  exchanges: number;
  /** What is in use of the database and of the files of bodies; without the search index. */
  bytes: number;
}

/** A way to show a body as text. */
export interface ViewChoice {
  /** As the parameter `view` of a body takes it. */
  name: string;
  /** What it shows, in a line. */
  about: string;
  /** It can show this body; of those that do, the best comes first. */
  fits: boolean;
}

/** The value that is being written. */
export interface Writing {
  /** The canonical name of a field of `query.fields.TABLE`. */
  field: string;
  /** Offset of its first character: behind the operator, or behind the last comma of a list. */
  start: number;
  /** Offset behind what a completion takes the place of. */
  end: number;
}

/** Everything that the server says on the feed. */
export type Said = Subscribed | Changes | Gap | Heartbeat | Failed;

/** The answer of each operation, by its id. */
export interface Answers {
  listAddresses: Array<OwnAddress>;
  listBrowsers: Array<Browser>;
  startBrowser: Browser;
  getCa: CertificateAuthority;
  countExchanges: Count;
  listDays: Days;
  listDoors: Array<Door>;
  startDoor: Door;
  changeDoor: Door;
  removeDoor: undefined;
  fetchDownload: Record<string, unknown>;
  getEnvironment: Environment;
  listExchanges: Page;
  deleteExchanges: Removed;
  markExchanges: Marked;
  getExchange: ExchangeShape;
  getCode: Snippet;
  listMessages: MessagePage;
  getBody: Blob | Shown;
  listViews: Array<ViewChoice>;
  exportExchanges: Record<string, unknown>;
  startExport: Download;
  feed: never;
  listFilters: Array<SavedFilter>;
  saveFilter: SavedFilter;
  removeFilter: undefined;
  importFile: Session;
  listLanguages: Array<CodeLanguage>;
  listMissing: Array<Missing>;
  getOverview: Overview;
  prune: Removed;
  checkQuery: Checked;
  listSecrets: SecretsPage;
  listSessions: Array<Session>;
  startSession: Session;
  getSession: Session;
  changeSession: Session;
  deleteSession: Removed;
  clearSession: Removed;
  getSessionStats: SessionStats;
  controlSession: Session;
  getSettings: Array<SettingShown>;
  getStats: Stats;
  getStatus: Status;
  getStore: Usage;
}
