import { beforeEach, expect, it } from "vitest";
import { forgetFilters, rememberFilter, usedFilters } from "./filterHistory";

beforeEach(forgetFilters);

it("has the newest first, each once", () => {
  for (const query of ["host:a", " status:5xx ", "host:a", ""]) rememberFilter(query);
  expect(usedFilters()).toEqual(["host:a", "status:5xx"]);
});

it("keeps no values of headers, bodies and parameters: they may be secrets", () => {
  for (const query of [
    'request_header=authorization="Bearer x"',
    "host:a -header:cookie=/(^|;)sid=1/",
    "response_body:secret",
    "param:token=1",
  ])
    rememberFilter(query);
  expect(usedFilters()).toEqual([]);
  rememberFilter("has:body is:https header");
  expect(usedFilters()).toEqual(["has:body is:https header"]);
});
