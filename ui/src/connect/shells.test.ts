import { expect, test } from "vitest";
import { derOf } from "./certificate";
import { commandOf, dockerOf } from "./environment";
import { lineFor, quoted } from "./shells";
import { waysOf } from "./ways";

const VARIABLES = {
  http_proxy: "http://127.0.0.1:8080",
  SSL_CERT_FILE: "/a b/it's.pem",
  no_proxy: "",
  grpc_proxy: null,
};

test("one line for each shell, with what is taken away", () => {
  expect(lineFor("sh", VARIABLES)).toBe(
    "export http_proxy=http://127.0.0.1:8080 SSL_CERT_FILE='/a b/it'\\''s.pem' no_proxy=''; unset grpc_proxy",
  );
  expect(lineFor("fish", VARIABLES)).toContain("set -gx SSL_CERT_FILE '/a b/it\\'s.pem'; set -gx no_proxy ''");
  expect(lineFor("powershell", VARIABLES)).toContain("$env:SSL_CERT_FILE = '/a b/it''s.pem'");
  expect(lineFor("cmd", VARIABLES)).toBe(
    'set "http_proxy=http://127.0.0.1:8080" & set "no_proxy=" & set "grpc_proxy="',
  );
});

test("a container has the proxy and the certificates of its host", () => {
  expect(dockerOf({ http_proxy: "http://127.0.0.1:8080", SSL_CERT_FILE: "/a b/ca.pem" })).toBe(
    "docker run --network host -e http_proxy=http://127.0.0.1:8080 -e https_proxy=http://127.0.0.1:8080 " +
      "-v '/a b/ca.pem:/wireglass.pem:ro' -e SSL_CERT_FILE=/wireglass.pem IMAGE",
  );
  expect(commandOf("run node app.js", "/a b")).toBe("wireglass run --home '/a b' node app.js");
  expect(commandOf("run node app.js", "")).toBe("wireglass run node app.js");
});

test("what needs no quotes has none", () => {
  expect(quoted("/home/a/ca.pem")).toBe("/home/a/ca.pem");
  expect(quoted("")).toBe("''");
});

test("ways are told by address and name", () => {
  const ways = waysOf(1_700_000_000.5, [{ address: "192.0.2.1" }, { address: "2001:db8::1" }]);
  expect(ways.device).toBe("since:@1700000000 source:proxy -client:127.*,[::1]:*,192.0.2.1:*,[2001:db8::1]:*");
  expect(ways.browser).toContain("request_header:user-agent=Mozilla/*");
});

test("the bytes of a certificate", () => {
  expect([...derOf("x\n-----BEGIN CERTIFICATE-----\nAAEC\n/w==\n-----END CERTIFICATE-----\n")]).toEqual([0, 1, 2, 255]);
  expect(() => derOf("nothing")).toThrow("no PEM");
});
