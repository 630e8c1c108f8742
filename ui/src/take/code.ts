import { call } from "../api/client";
import type { Answers, Snippet } from "../api/types";
import { copy, remembered } from "../parts";
import { tell, tellError } from "../shell";
import type { Secrets } from "./files";

const LANGUAGE = "language";

export function rememberedLanguage(): string {
  return remembered.getItem(LANGUAGE) ?? "curl";
}

export function rememberLanguage(language: string): void {
  remembered.setItem(LANGUAGE, language);
}

/** Throws what the API says. */
export function codeOf(id: number, language: string, secrets: Secrets, signal?: AbortSignal): Promise<Snippet> {
  return call<Answers["getCode"]>("GET", `/exchanges/${id}/code`, { query: { language, secrets }, signal });
}

export async function copyCode(id: number, language: string, name: string): Promise<void> {
  try {
    const { text, notes } = await codeOf(id, language, "keep");
    await copy(text);
    tell(`Copied as ${name}.`, { hint: notes.join(" ") });
  } catch (error) {
    tellError(`Copy as ${name}`, error);
  }
}
