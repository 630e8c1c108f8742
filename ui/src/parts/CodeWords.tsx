/** A text of Wireglass in which commands and options stand between backticks, as its command line writes them. */
export function CodeWords({ text }: { text: string }) {
  return text.split("`").map((part, at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text that does not change
    at % 2 === 1 ? <code key={at}>{part}</code> : part,
  );
}
