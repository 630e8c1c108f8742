const LATER = 60_000; // milliseconds: the browser may ask where to put it before it reads

/** Gives a file to the browser's downloads. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  saveFrom(address, name);
  setTimeout(() => URL.revokeObjectURL(address), LATER);
}

/** Has the browser download what is at an address of ours. What file systems refuse in names becomes `_`. */
export function saveFrom(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[/\\:*?"<>|]/g, "_");
  link.click();
}
