import type { ViewChoice } from "../../api/types";

export interface ViewOption {
  /** `best`; one of `OWN`; or the name of a view of the server. */
  value: string;
  label: string;
}

/** Made here, of the bytes. */
export const OWN: Record<string, string> = {
  tree: "JSON tree",
  image: "Image",
  parts: "Parts",
  form: "Form",
  preview: "Preview",
  text: "Raw text",
  hex: "Hex",
};

/** What is shown in the place of a view of the server: it says the same, and can be folded, searched or seen. */
const INSTEAD: Record<string, string> = { json: "tree", image: "image", multipart: "parts", urlencoded: "form" };

/** Those that have another one here in their place, and nothing to add to it. */
const LEFT_OUT = ["hex", "image", "multipart", "urlencoded"];

const OF_SERVER: Record<string, string> = {
  json: "JSON, laid out",
  xml: "XML",
  html: "HTML source",
  css: "CSS",
  javascript: "JavaScript",
  graphql: "GraphQL",
  ndjson: "JSON lines",
  grpc: "gRPC",
  protobuf: "Protobuf",
  messagepack: "MessagePack",
  cbor: "CBOR",
};

/** CodeMirror's language for the text of a view. Indentation alone says more than nothing: `notation` folds by it. */
export const LANGUAGE_OF: Record<string, string> = {
  json: "json",
  xml: "xml",
  html: "html",
  css: "css",
  javascript: "javascript",
  graphql: "notation",
  grpc: "notation",
  protobuf: "notation",
  messagepack: "notation",
  cbor: "notation",
};

export function isJson(type: string): boolean {
  return /^[\w.+-]+\/(?:[\w.-]+\+)?json$/.test(type);
}

/** A view in words; that of a plug-in has its name. */
export function labelOf(view: string): string {
  return OWN[view] ?? OF_SERVER[view] ?? (view === "raw" ? "Raw text" : view);
}

/** The view that fits best, as the server says: `raw` where none does, which is text or bytes. */
export function bestOf(choices: readonly ViewChoice[]): string {
  const best = choices.find(({ fits }) => fits);
  return best ? (INSTEAD[best.name] ?? best.name) : "raw";
}

/** What a body can be shown as: what fits it, raw text and bytes, and all others. */
export function optionsOf(choices: readonly ViewChoice[]): ViewOption[] {
  const fitting = choices.filter(({ fits }) => fits).flatMap(({ name }) => besides(name));
  const others = choices.flatMap(({ name }) => besides(name));
  const values = new Set([...fitting, "text", "hex", ...others]);
  return [
    { value: "best", label: `Best fit: ${labelOf(bestOf(choices))}` },
    ...[...values].map((value) => ({ value, label: labelOf(value) })),
  ];
}

/** A view of the server, and those that are made here of the same. */
function besides(name: string): string[] {
  const instead = INSTEAD[name];
  return [
    ...(instead ? [instead] : []),
    ...(LEFT_OUT.includes(name) ? [] : [name]),
    ...(name === "html" ? ["preview"] : []),
  ];
}

/** How bytes are shown that have no view of the server: the parts of a multipart body. */
export function viewOfPart(type: string, bytes: Uint8Array): string {
  if (isJson(type)) return "tree";
  if (type.startsWith("image/")) return "image";
  return bytes.subarray(0, 4096).includes(0) ? "hex" : "text";
}
