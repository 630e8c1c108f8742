/** Class names of those that are there: CSS modules' names have the type `string | undefined`. */
export function classes(...names: Array<string | false | null | undefined>): string {
  return names.filter(Boolean).join(" ");
}
