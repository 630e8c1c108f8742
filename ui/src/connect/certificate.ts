/** The bytes within the armour of PEM (RFC 7468). */
export function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const inner = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (inner === undefined) throw new Error("The certificate that Wireglass gave is no PEM. Please report it.");
  return Uint8Array.from(atob(inner.replace(/\s/g, "")), (character) => character.charCodeAt(0));
}
