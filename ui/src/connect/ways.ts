import type { OwnAddress } from "../api/types";

/** What came in which way, as far as an exchange tells it: by the client's address, and by what it calls itself. Who has
 * sent it is not known, so the cards say no more than that. */
export interface Ways {
  terminal: string;
  browser: string;
  program: string;
  device: string;
  any: string;
}

const TOOLS = "curl/*,Wget/*,HTTPie/*,git/*,PowerShell/*";
const BROWSER = "Mozilla/*";

/** Queries for what came since `started` (Unix seconds). */
export function waysOf(started: number, own: readonly Pick<OwnAddress, "address">[]): Ways {
  const since = `since:@${Math.floor(started)} source:proxy`;
  const here = ["127.*", "[::1]:*", ...own.map(({ address }) => clients(address))].join(",");
  return {
    terminal: `${since} client:${here} request_header:user-agent=${TOOLS}`,
    browser: `${since} client:${here} request_header:user-agent=${BROWSER}`,
    program: `${since} client:${here} -request_header:user-agent=${BROWSER} -request_header:user-agent=${TOOLS}`,
    device: `${since} -client:${here}`,
    any: since,
  };
}

/** As the record has it: with a port, an IPv6 address in brackets. */
function clients(address: string): string {
  return address.includes(":") ? `[${address}]:*` : `${address}:*`;
}
