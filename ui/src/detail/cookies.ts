export interface Cookie {
  name: string;
  value: string;
}

export interface SetCookie extends Cookie {
  /** As they were sent, in their order; the value is empty where there is none (`Secure`). */
  attributes: Cookie[];
}

/** The pairs of all `Cookie` headers (RFC 6265 4.2.1; over HTTP/2 there may be several, RFC 9113 8.2.3). */
export function cookiesOf(headers: ReadonlyArray<readonly [string, string]>): Cookie[] {
  return headers
    .filter(([name]) => name.toLowerCase() === "cookie")
    .flatMap(([, value]) => value.split(";"))
    .filter((piece) => piece.trim() !== "")
    .map(pair);
}

/** Each `Set-Cookie` header, split where browsers do (RFC 6265 5.2). */
export function setCookiesOf(headers: ReadonlyArray<readonly [string, string]>): SetCookie[] {
  return headers
    .filter(([name]) => name.toLowerCase() === "set-cookie")
    .map(([, value]) => {
      const [first = "", ...rest] = value.split(";");
      return { ...pair(first), attributes: rest.filter((piece) => piece.trim() !== "").map(pair) };
    });
}

/** The parameters of a URL's query string, decoded; empty where the URL cannot be read. */
export function parametersOf(url: string): Cookie[] {
  try {
    return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));
  } catch {
    return [];
  }
}

function pair(text: string): Cookie {
  const at = text.indexOf("=");
  if (at < 0) return { name: text.trim(), value: "" };
  return { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
}
