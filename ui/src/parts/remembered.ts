/** What the browser keeps for this address, such as the theme, widths and the filters that were used: no rows, no
 * bodies. A browser may refuse it (private windows, policies); then it holds until the page is left. */
const PREFIX = "wireglass.";
const held = new Map<string, string>();

export const remembered = {
  getItem(name: string): string | null {
    try {
      return localStorage.getItem(PREFIX + name) ?? held.get(name) ?? null;
    } catch {
      return held.get(name) ?? null;
    }
  },
  setItem(name: string, value: string): void {
    held.set(name, value);
    try {
      localStorage.setItem(PREFIX + name, value);
    } catch {
      // Kept in `held`.
    }
  },
};
