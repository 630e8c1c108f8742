import type { SettingShown } from "../api/types";

/** Where the value comes from, in words. */
export function originOf({ origin, flag, env }: SettingShown): string {
  if (origin === "") return "Default";
  if (origin === flag) return `Flag ${flag}`;
  if (origin === env) return `Variable ${env}`;
  // Variables of other programs, such as https_proxy, have no path.
  return origin.includes("/") || origin.includes("\\") ? "config.toml" : `Variable ${origin}`;
}

/** As it is shown: durations and sizes are numbers there, in seconds and bytes. */
export function shownValue(setting: SettingShown): string {
  const { value, unit } = setting;
  if (value === null || value === undefined || value === "") return hasNone(setting) ? "None" : "Not set";
  if (value === true) return "On";
  if (value === false) return "Off";
  if (Array.isArray(value)) return value.length === 0 ? "None" : value.map(textOf).join(", ");
  if (typeof value === "number" && unit.startsWith("time")) return seconds(value);
  if (typeof value === "number" && unit.startsWith("bytes")) return bytes(value);
  return textOf(value);
}

/** The line of `config.toml` that says the value it has now; empty where there is none, or it is not all shown. */
export function fileLineOf(setting: SettingShown): string {
  if (!setting.in_file || setting.secret || (setting.value === null && !hasNone(setting))) return "";
  return `${setting.name} = ${tomlOf(setting)}`;
}

/** It takes the word `none`, and has no value then. */
function hasNone({ unit, default: usual }: SettingShown): boolean {
  return usual !== null && /\bnone$/.test(unit);
}

function tomlOf({ value, unit, repeatable }: SettingShown): string {
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (unit.startsWith("time")) return JSON.stringify(seconds(value));
    return String(value);
  }
  // A TOML string and list are written as those of JSON are.
  if (Array.isArray(value)) return JSON.stringify(repeatable ? value.map(textOf) : value.map(textOf).join(","));
  if (value === null || value === undefined) return '"none"';
  return JSON.stringify(textOf(value));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** As the setting takes it: whole numbers of one unit. */
function seconds(value: number): string {
  const units: ReadonlyArray<readonly [number, string]> = [
    [86_400, "d"],
    [3600, "h"],
    [60, "m"],
    [1, "s"],
  ];
  for (const [length, name] of units) {
    if (value >= length && Number.isInteger(value / length)) return `${value / length}${name}`;
  }
  return `${Math.round(value * 1000)}ms`;
}

function bytes(value: number): string {
  const units: ReadonlyArray<readonly [number, string]> = [
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
  ];
  for (const [length, name] of units) {
    if (value >= length && Number.isInteger(value / length)) return `${value / length}${name}`;
  }
  return `${value}`;
}
