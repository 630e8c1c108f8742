import { refuseToken, token } from "./token";
import type { Problem } from "./types";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Value = string | number | boolean | null | undefined;
export type Query = Record<string, Value | readonly Value[]>;

export interface CallOptions {
  /** Parameters; null, undefined and empty lists are left out, a list is repeated. */
  query?: Query;
  /** JSON; a `Blob` goes as it is. */
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** What failed, in the words of the API (`Problem`), or that there was no answer (`code` is `unreachable`, status 0). */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly field: string;
  readonly at: [number, number] | null;
  readonly status: number;

  constructor(problem: Problem, status: number) {
    super(problem.message);
    this.name = "ApiError";
    this.code = problem.code;
    this.hint = problem.hint;
    this.field = problem.field;
    this.at = problem.at;
    this.status = status;
  }
}

/** Calls `path` below `/api` and gives its JSON: `call<Answers["listExchanges"]>("GET", "/exchanges", …)`. Throws
 * ApiError; what `signal` has ended throws its reason. */
export async function call<Answer>(method: Method, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await ask(method, path, options);
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch (failure) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw failure instanceof SyntaxError ? new ApiError(notJson(response), response.status) : unreachable();
  }
}

/** The same, for what is no JSON: bodies, exports. */
export async function ask(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const { query, body, signal } = options;
  const used = token();
  const headers: Record<string, string> = { Authorization: `Bearer ${used}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api${path}${parameters(query)}`, {
      method,
      headers,
      cache: "no-store",
      ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch {
    if (signal?.aborted) throw signal.reason;
    throw unreachable();
  }
  if (response.ok) return response;
  if (response.status === 401) refuseToken(used);
  throw new ApiError(await problem(response), response.status);
}

/** Words for anything that was thrown. */
export function said(error: unknown): { message: string; hint: string } {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : String(error), hint: "" };
}

export function parameters(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined) search.append(name, String(one));
    }
  }
  const text = search.toString();
  return text && `?${text}`;
}

function unreachable(): ApiError {
  const message = `Wireglass does not answer at ${location.host}.`;
  const hint = "Is it still running? Start it again with `wireglass`, and open the address that it prints.";
  return new ApiError({ code: "unreachable", message, hint, field: "", at: null }, 0);
}

function notJson(response: Response): Problem {
  const message = `The answer of ${new URL(response.url, location.href).pathname} (status ${response.status}) is no JSON.`;
  return { code: "no_json", message, hint: "Please report it.", field: "", at: null };
}

async function problem(response: Response): Promise<Problem> {
  try {
    const given: unknown = await response.json();
    if (typeof given === "object" && given !== null && "code" in given && "message" in given) {
      return { hint: "", field: "", at: null, ...given } as Problem;
    }
  } catch {
    // Told below: what stands before the API, such as a limit of the server, answers in other words.
  }
  return notJson(response);
}
