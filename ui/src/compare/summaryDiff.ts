import type { ExchangeShape } from "../api/types";
import { duration, size } from "../shell";
import type { Difference } from "./jsonDiff";

/** What a row of the traffic says of each. */
export function summaryDiff(left: ExchangeShape, right: ExchangeShape): Difference[] {
  const a = words(left);
  const b = words(right);
  return Object.entries(a).map(([path, value]) => {
    const other = b[path] ?? "";
    return { path, left: value, right: other, kind: value === other ? "same" : "changed" };
  });
}

function words({ summary, response, server_connection }: ExchangeShape): Record<string, string> {
  return {
    Method: summary.method,
    URL: summary.url,
    Status: summary.status ? `${summary.status} ${response.reason}`.trim() : "none",
    Error: summary.error ?? "none",
    Type: summary.type || "none",
    "GraphQL operation": summary.operation || "none",
    Protocol: summary.protocol ?? "",
    Duration: summary.duration_ms == null ? "still open" : duration(summary.duration_ms),
    "Request body": size(summary.request_size ?? 0),
    "Response body": size(summary.response_size ?? 0),
    Server: server_connection?.peer ?? "none",
    TLS: server_connection?.tls?.version ?? "none",
  };
}
