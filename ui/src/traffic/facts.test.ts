import { expect, it } from "vitest";
import { endpointOf } from "./facts";

it.each([
  ["/users/17/orders", "/users/{id}/orders"],
  ["/a/0b6c1f1e-1111-4222-8333-444455556666?x=1", "/a/{id}"],
  ["/files/deadbeef01", "/files/{id}"],
  ["/days/2026-11-21", "/days/{date}"],
  ["/feedface/v2", "/feedface/v2"],
])("%s is of the endpoint %s", (path, endpoint) => {
  const summary = { id: 1, method: "GET", url: `http://a.test${path}`, host: "a.test", started: 1 };
  expect(endpointOf(summary)).toBe(endpoint);
});
