import { expect, test } from "vitest";
import type { SettingShown } from "../api/types";
import { limitsOf } from "./limits";
import { fileLineOf, originOf, shownValue } from "./origins";

const USUAL: SettingShown = {
  name: "idle_timeout",
  value: 600,
  default: "10m",
  help: "",
  unit: "time: 500ms, 30s, none",
  flag: "--idle-timeout",
  env: "WIREGLASS_IDLE_TIMEOUT",
  origin: "",
  in_file: true,
  repeatable: false,
  secret: false,
};

test("values as they are written", () => {
  expect(shownValue(USUAL)).toBe("10m");
  expect(fileLineOf(USUAL)).toBe('idle_timeout = "10m"');
  expect(fileLineOf({ ...USUAL, name: "insecure", value: false, unit: "" })).toBe("insecure = false");
  expect(fileLineOf({ ...USUAL, name: "mode", value: ["a", "b"], unit: "", repeatable: true })).toBe(
    'mode = ["a","b"]',
  );
  expect(fileLineOf({ ...USUAL, name: "refuse", value: ["a", "b"], unit: "" })).toBe('refuse = "a,b"');
  expect(fileLineOf({ ...USUAL, secret: true })).toBe("");
  expect(fileLineOf({ ...USUAL, value: 2.5 })).toBe('idle_timeout = "2500ms"');
});

test("no limit is a value, nothing said is none", () => {
  expect(shownValue({ ...USUAL, value: null })).toBe("None");
  expect(fileLineOf({ ...USUAL, value: null })).toBe('idle_timeout = "none"');
  const session: SettingShown = { ...USUAL, name: "session", value: null, default: null, unit: "" };
  expect(shownValue(session)).toBe("Not set");
  expect(fileLineOf(session)).toBe("");
});

test("who says it", () => {
  expect(originOf(USUAL)).toBe("Default");
  expect(originOf({ ...USUAL, origin: "--idle-timeout" })).toBe("Flag --idle-timeout");
  expect(originOf({ ...USUAL, origin: "WIREGLASS_IDLE_TIMEOUT" })).toBe("Variable WIREGLASS_IDLE_TIMEOUT");
  expect(originOf({ ...USUAL, origin: "/home/a/config.toml" })).toBe("config.toml");
  expect(originOf({ ...USUAL, origin: "https_proxy" })).toBe("Variable https_proxy");
});

test("what stays is a number of days, exchanges or gigabytes", () => {
  expect(limitsOf("age", " 30 ")).toEqual({ age: 2_592_000 });
  expect(limitsOf("age", "0.5")).toEqual({ age: 43_200 });
  expect(limitsOf("count", "10,000")).toEqual({ count: 10_000 });
  expect(limitsOf("size", "1.5")).toEqual({ size: 1_500_000_000 });
  for (const wrong of ["", "0", "-1", "1e3", "ten", "1 GB"]) expect(limitsOf("size", wrong)).toBeNull();
  expect(limitsOf("count", "1.5")).toBeNull();
});
