import { Filter } from "lucide-react";
import { IconButton, Menu } from "../parts";
import { useNarrow } from "../shell";

/** The menu "only this / not this" of a value; `term` is what asks for it in the query language. */
export function TermMenu({ name, term, className }: { name: string; term: string; className?: string | undefined }) {
  const narrow = useNarrow();
  return (
    <Menu
      label={`Filter by ${name}`}
      trigger={<IconButton label={`Filter by ${name}`} icon={<Filter />} className={className} />}
      placement="bottom end"
      entries={[
        { id: "only", label: "Only this", onAction: () => narrow(term, false) },
        { id: "not", label: "Not this", onAction: () => narrow(term, true) },
      ]}
    />
  );
}
