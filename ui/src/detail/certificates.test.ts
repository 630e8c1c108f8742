import { expect, it } from "vitest";
import { nameOf, validity } from "./Certificates";

it("calls a certificate by its common name", () => {
  expect(nameOf("OU=x,CN=a\\,b.test,O=y")).toBe("a,b.test");
  expect(nameOf("O=Example,DCN=z")).toBe("O=Example,DCN=z");
});

it("says what was wrong with its time when the exchange began", () => {
  const one = { sha256: "", subject: "", issuer: "", not_before: 100, not_after: 200, names: [], error: null };
  expect([50, 150, 250].map((at) => validity(one, at))).toEqual(["Not yet valid then", "", "Expired then"]);
});
