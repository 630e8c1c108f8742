import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";
import type { Answers } from "../api/types";
import { quoted } from "./shells";

/** What makes programs on this machine use the proxy. `listen`: where it is now, so that it is asked anew when a door is
 * opened or closed. */
export function useEnvironment(listen: string) {
  return useQuery({
    queryKey: ["environment", listen],
    queryFn: ({ signal }) => call<Answers["getEnvironment"]>("GET", "/environment", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** `wireglass WORDS`, for this home. */
export function commandOf(words: string, home: string): string {
  const [first = "", ...rest] = words.split(" ");
  return ["wireglass", first, ...(home ? ["--home", quoted(home)] : []), ...rest].join(" ");
}

/** A container in the network of its host, so that it reaches the proxy where programs do; with the same certificates. */
export function dockerOf({ http_proxy: proxy, SSL_CERT_FILE: bundle }: Record<string, string | null>): string {
  const to = quoted(proxy ?? "");
  const file = "/wireglass.pem";
  const trusted = bundle ? ` -v ${quoted(`${bundle}:${file}:ro`)} -e SSL_CERT_FILE=${file}` : "";
  return `docker run --network host -e http_proxy=${to} -e https_proxy=${to}${trusted} IMAGE`;
}
