import { Share } from "lucide-react";
import type { Summary } from "../api/types";
import { IconButton, Menu } from "../parts";
import { takeEntries } from "./menu";

/** A button with all that can be taken away of one exchange. */
export function TakeButton({ summary }: { summary: Summary }) {
  return (
    <Menu
      label="Take away"
      placement="bottom end"
      trigger={<IconButton label="Take away" icon={<Share />} />}
      entries={takeEntries([summary])}
    />
  );
}
