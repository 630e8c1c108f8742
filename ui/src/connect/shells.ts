import type { Environment } from "../api/types";

export type Shell = "sh" | "fish" | "powershell" | "cmd";

export const SHELLS: ReadonlyArray<{ id: Shell; label: string }> = [
  { id: "sh", label: "bash, zsh" },
  { id: "fish", label: "fish" },
  { id: "powershell", label: "PowerShell" },
  { id: "cmd", label: "cmd" },
];

/** One line that sets the variables in a terminal that is open already. */
export function lineFor(shell: Shell, variables: Environment["variables"]): string {
  const entries = Object.entries(variables);
  const set = entries.filter((entry): entry is [string, string] => entry[1] !== null);
  const gone = entries.filter(([, value]) => value === null).map(([name]) => name);
  switch (shell) {
    case "sh":
      return joined(
        "; ",
        [`export ${set.map(([name, value]) => `${name}=${quoted(value)}`).join(" ")}`],
        [gone.length > 0 && `unset ${gone.join(" ")}`],
      );
    case "fish":
      return joined(
        "; ",
        set.map(([name, value]) => `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}'`),
        [gone.length > 0 && `set -e ${gone.join(" ")}`],
      );
    case "powershell":
      return joined(
        "; ",
        set.map(([name, value]) => powershell(name, value)),
        gone.map(powershellGone),
      );
    case "cmd":
      // Files of this system are none of Windows': the certificate is to be trusted there by itself.
      return joined(
        " & ",
        set
          .filter(([, value]) => !value.includes("/") || value.startsWith("http"))
          .map(([name, value]) => `set "${name}=${value}"`),
        gone.map((name) => `set "${name}="`),
      );
  }
}

/** For a shell that reads as POSIX says (2.2.2): nothing in single quotes but the quote itself means anything. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function powershell(name: string, value: string): string {
  // An empty value would take the variable away before PowerShell 7.5, which is as good here.
  return `$env:${name} = '${value.replaceAll("'", "''")}'`;
}

function powershellGone(name: string): string {
  return `Remove-Item Env:${name} -ErrorAction Ignore`;
}

function joined(by: string, ...parts: ReadonlyArray<ReadonlyArray<string | false>>): string {
  return parts.flat().filter(Boolean).join(by);
}
