import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../api/client";
import { mediaType } from "../api/heads";
import type { Answers, ExchangeShape, MarkChange } from "../api/types";
import { useFeed } from "../api/useFeed";

export { headerOf, mediaType, messageOf, type Side } from "../api/heads";

/** One exchange, as it is now: asked anew when the feed says that it has changed. */
export function useExchange(id: number) {
  const cache = useQueryClient();
  const again = () => void cache.invalidateQueries({ queryKey: ["exchange", id] });
  useFeed(`id:${id}`, { changes: (items) => items.length > 0 && again(), gap: again });
  return useQuery({
    queryKey: ["exchange", id],
    queryFn: ({ signal }) => call<Answers["getExchange"]>("GET", `/exchanges/${id}`, { signal }),
    // While another one is loaded the one before must not be taken for it.
    staleTime: 0,
  });
}

export function mark(change: MarkChange): Promise<Answers["markExchanges"]> {
  return call("POST", "/exchanges/marks", { body: change });
}

/** Whether it passes messages rather than two bodies: `/messages` answers for these alone. */
export function hasMessages({ summary, request, response }: ExchangeShape): boolean {
  if (summary.protocol === "websocket") return true;
  const types = [mediaType(request.headers), mediaType(response.headers)];
  return types.some((type) => type === "text/event-stream" || type.startsWith("application/grpc"));
}
