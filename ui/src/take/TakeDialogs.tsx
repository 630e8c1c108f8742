import { CodeDialog } from "./CodeDialog";
import { openTake, useTaken } from "./dialogs";
import { HarDialog } from "./HarDialog";

/** What the menus open; once, in the frame around the pages. */
export function TakeDialogs() {
  const taken = useTaken();
  const close = () => openTake(null);
  if (taken?.kind === "code") return <CodeDialog id={taken.id} onClose={close} />;
  if (taken?.kind === "har") return <HarDialog ids={taken.ids} isShared={taken.isShared} onClose={close} />;
  return null;
}
