import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** For all that is asked but the traffic's rows. Nothing is tried again by itself: the status bar says that the program
 * is away, and what is shown is asked anew when it is there again. */
export function newCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // The program is on this machine: it answers without any network as well.
      queries: {
        networkMode: "always",
        retry: (times, error) => times < 1 && error instanceof ApiError && error.status === 503,
        staleTime: 2000,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
