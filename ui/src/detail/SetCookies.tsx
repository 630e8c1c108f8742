import { cookieTerm } from "../api/queryWords";
import { DataTable } from "../parts";
import type { SetCookie } from "./cookies";
import styles from "./Message.module.css";
import { TermMenu } from "./TermMenu";

const ATTRIBUTES = ["Domain", "Path", "Expires", "Max-Age", "SameSite"] as const;

interface Row {
  cookie: SetCookie;
  at: number;
}

/** The cookies that a response sets, with their attributes; columns of attributes that none has are left out. */
export function SetCookies({ cookies }: { cookies: SetCookie[] }) {
  const named = ATTRIBUTES.filter((name) => cookies.some((cookie) => attribute(cookie, name) !== undefined));
  return (
    <div className={styles.wide}>
      <DataTable<Row>
        label="Cookies that were set"
        rows={cookies.map((cookie, at) => ({ cookie, at }))}
        rowKey={({ at }) => at}
        columns={[
          { id: "name", heading: "Name", cell: ({ cookie }) => <code className={styles.words}>{cookie.name}</code> },
          { id: "value", heading: "Value", width: "30%", cell: ({ cookie }) => <code>{cookie.value}</code> },
          ...named.map((name) => ({
            id: name,
            heading: name,
            cell: ({ cookie }: Row) => attribute(cookie, name) ?? "",
          })),
          {
            id: "flags",
            heading: "Flags",
            cell: ({ cookie }) => <span className={styles.words}>{flagsOf(cookie).join(", ")}</span>,
          },
          {
            id: "filter",
            heading: "Filter",
            isHeadingHidden: true,
            width: "40px",
            cell: ({ cookie }) => (
              <TermMenu name={cookie.name} term={cookieTerm("response", cookie.name, cookie.value)} />
            ),
          },
        ]}
      />
    </div>
  );
}

/** Of several of one name the last one counts (RFC 6265 5.3). */
function attribute({ attributes }: SetCookie, name: string): string | undefined {
  return attributes.findLast((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
}

/** `Secure`, `HttpOnly`, `Partitioned`, and what else has no column. */
function flagsOf({ attributes }: SetCookie): string[] {
  return attributes
    .filter(({ name }) => !ATTRIBUTES.some((one) => one.toLowerCase() === name.toLowerCase()))
    .map(({ name, value }) => (value ? `${name}=${value}` : name));
}
