import type { SessionOptions } from "../api/types";

/** What stands in the fields of the form. */
export interface OptionsForm {
  filter: string;
  responseBodies: boolean;
  cookies: boolean;
  /** Media types, by commas. */
  skipBodies: string;
  /** Each empty for "no limit". */
  days: string;
  count: string;
  megabytes: string;
}

const DAY = 86_400;
const MEGABYTE = 1_000_000;
const NUMBER = /^\d+(\.\d+)?$/;
const MEDIA_TYPE = /^[\w.+*-]+\/[\w.+*-]+$/;

export function formOf(options: SessionOptions): OptionsForm {
  const { age, count, size } = options.retention ?? {};
  return {
    filter: options.filter ?? "",
    responseBodies: options.response_bodies ?? true,
    cookies: options.cookies ?? true,
    skipBodies: (options.skip_bodies ?? []).join(", "),
    days: written(age, DAY),
    count: written(count, 1),
    megabytes: written(size, MEGABYTE),
  };
}

export function optionsOf(form: OptionsForm): SessionOptions {
  return {
    filter: form.filter.trim(),
    response_bodies: form.responseBodies,
    cookies: form.cookies,
    skip_bodies: mediaTypes(form.skipBodies),
    retention: {
      age: read(form.days, DAY),
      count: read(form.count, 1),
      size: read(form.megabytes, MEGABYTE),
    },
  };
}

/** What is wrong with a limit, empty where nothing is. */
export function limitError(text: string, isWhole: boolean): string {
  const value = text.trim();
  if (value === "" || (NUMBER.test(value) && (!isWhole || !value.includes(".")))) return "";
  return isWhole ? "Write a whole number, or nothing for no limit." : "Write a number, or nothing for no limit.";
}

export function mediaTypesError(text: string): string {
  const wrong = mediaTypes(text).find((type) => !MEDIA_TYPE.test(type));
  return wrong === undefined ? "" : `${wrong} is no media type. Write image/* or video/mp4, with commas between.`;
}

export function isValid(form: OptionsForm): boolean {
  return !(
    mediaTypesError(form.skipBodies) ||
    limitError(form.days, false) ||
    limitError(form.count, true) ||
    limitError(form.megabytes, false)
  );
}

function mediaTypes(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((type) => type.toLowerCase())
    .filter(Boolean);
}

function written(value: number | null | undefined, unit: number): string {
  return value === null || value === undefined ? "" : String(value / unit);
}

function read(text: string, unit: number): number | null {
  return text.trim() === "" ? null : unit === DAY ? Number(text) * unit : Math.round(Number(text) * unit);
}
